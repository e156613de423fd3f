"""A running edge with a stand-in gateway and the log's files over HTTP: real sockets, real streams, real keys."""

import asyncio
import contextlib
import dataclasses
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tests.edge.world import POLICY, World

from consentry.edge.addresses import keep_address
from consentry.edge.clock import EdgeClock, system_clock
from consentry.edge.key_files import load_keys
from consentry.edge.main import EdgeProcess, serve
from consentry.edge.settings import EdgeSettings
from consentry.edge.store import Store
from consentry.kernel.canonical import canonical_json, from_b64, to_b64
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.opening import Opening, dump_opening
from consentry.kernel.wire import WireUnit, parse_unit

Message = dict[str, Any]


class StandInGateway:
    """Serves `/edge` and the log's files, and keeps all that an edge sends."""

    def __init__(self, world: World, files: Path) -> None:
        self.world = world
        self.messages: list[Message] = []
        self.units: list[WireUnit] = []
        self.edge_key = b""
        self.socket: web.WebSocketResponse | None = None
        self.app = web.Application()
        self.app.add_routes([web.get("/edge", self._edge)])
        files.mkdir(exist_ok=True)
        self.app.router.add_static("/ledger", files)
        self.port = 0
        self._news, self.reads = asyncio.Event(), asyncio.Event()
        self.reads.set()

    async def start(self, port: int = 0) -> None:
        self._runner = web.AppRunner(self.app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self.socket is not None:
            await self.socket.close()
        await self._runner.cleanup()

    async def say(self, message: Message) -> None:
        assert self.socket is not None
        await self.socket.send_json(message)

    async def hear(self, kind: str, where: Callable[[Message], bool] = lambda _: True) -> Message:
        """The first message of `kind`, waiting for it."""
        async with asyncio.timeout(10):
            while True:
                for message in self.messages:
                    if message["type"] == kind and where(message):
                        return message
                await self._more()

    async def see(self, count: int) -> None:
        """Wait until `count` units have come."""
        async with asyncio.timeout(10):
            while len(self.units) < count:
                await self._more()

    async def _more(self) -> None:
        self._news.clear()
        await self._news.wait()

    async def _edge(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("consentry.edge.1",))
        await socket.prepare(request)
        nonce = secrets.token_bytes(32)
        await socket.send_json({"type": "challenge", "nonce": to_b64(nonce), "gateway": self.world.gateway})
        hello = await socket.receive_json()
        message = b"consentry-edge-v1\n" + nonce + self.world.gateway.encode()
        Ed25519PublicKey.from_public_bytes(self.edge_key).verify(from_b64(hello["signature"]), message)
        self.socket = socket
        async for received in socket:
            self._news.set()
            await self.reads.wait()
            if received.type is aiohttp.WSMsgType.BINARY:
                self.units.append(parse_unit(received.data))
            elif received.type is aiohttp.WSMsgType.TEXT:
                self.messages.append(json.loads(received.data))
        return socket


class RunningHome:
    """One home: its world, its edge's process (on this loop), the gateway, the folder of the log's files."""

    def __init__(self, folder: Path) -> None:
        self.world = World(now_ms=to_ms(utc_now()))
        self.folder, self.files = folder / "edge", folder / "ledger"
        self.gateway = StandInGateway(self.world, self.files)
        self.server = ""  # where it sends answers; the stand-in gateway when it is empty
        self.settings = EdgeSettings(self.folder, page_port=0)
        self.process: EdgeProcess | None = None
        self.shift_ms = 0  # both clocks of the home, and the world's time, are so much later than this machine's
        system = system_clock()
        self.clock = EdgeClock(lambda: system.now_ms() + self.shift_ms, lambda: system.steady_ms() + self.shift_ms)
        self._task: asyncio.Task[None] | None = None

    def publish(self, *, witnesses: int = 3) -> None:
        """Put the log's files out, cosigned now."""
        self.world.serve_files(self.files, witnesses=witnesses, time_ms=self.clock.now_ms())

    def prepare(self, camera_url: str, *, gateway_port: int = 0) -> None:
        """Pair, give an address and terms, as commands and letters would."""
        store, keys = Store(self.folder), load_keys(self.folder)
        self.gateway.edge_key = keys.public_key()
        origin = f"127.0.0.1:{self.gateway.port}"
        gateway_url = f"ws://127.0.0.1:{gateway_port or self.gateway.port}/edge"
        pins = self.world.pins(gateway_url=gateway_url, ledger_url=f"http://{origin}/ledger/")
        pins = dataclasses.replace(pins, server=self.server or f"http://{origin}")
        store.pin(pins, (POLICY,))
        keep_address(store, keys, self.world.camera, camera_url)
        store.put_terms(self.world.camera, self.world.terms(expires_at_ms=self.world.now_ms + 10**9), version=1)
        store.close()

    async def start_edge(self) -> None:
        ready = asyncio.Event()

        def note(process: EdgeProcess) -> None:
            self.process = process
            ready.set()

        self._task = asyncio.create_task(serve(self.settings, clock=self.clock, on_ready=note))
        await ready.wait()

    async def stop_edge(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def close(self) -> None:
        await self.stop_edge()
        await self.gateway.stop()

    def look(self, **private: str | int) -> tuple[Opening, bytes]:
        """A look that is logged now, under the terms held here."""
        self.world.now_ms = self.clock.now_ms()
        assert self.process is not None
        state = self.process.store.camera(self.world.camera)
        assert state is not None
        opening, ticket = self.world.look(state.terms, **private)
        self.publish(witnesses=0)
        return opening, ticket

    async def present(self, opening: Opening, ticket: bytes) -> str:
        session = str(opening.private["session"])
        await self.gateway.say(
            {"type": "open", "session": session, "opening": json.loads(dump_opening(opening)), "ticket": to_b64(ticket)}
        )
        return session

    async def post(self, body: Message) -> Message:
        """Send a letter and return the edge's answer, its signature verified."""
        letter_id = str(secrets.randbelow(10**9))
        await self.gateway.say({"type": "letter", "id": letter_id, "body": body})
        heard = await self.gateway.hear("letter", lambda message: message["body"]["letter"].get("id") == letter_id)
        letter: Message = heard["body"]["letter"]
        message = b"consentry-edge-letter-v1\n" + canonical_json(letter)
        Ed25519PublicKey.from_public_bytes(self.gateway.edge_key).verify(from_b64(heard["body"]["signature"]), message)
        return letter


async def start_home(folder: Path, camera_url: str) -> RunningHome:
    """A home whose camera is online at the gateway."""
    home = RunningHome(folder)
    await home.gateway.start()
    home.prepare(camera_url)
    home.publish()
    await home.start_edge()
    await home.gateway.hear("health", lambda message: message["cameras"].get(home.world.camera) == "online")
    return home
