"""A small world around a real gateway: a log with keys, a web that speaks the control stream, viewers and edges."""

import asyncio
import contextlib
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.checkpoint import Checkpoint, sign_checkpoint
from consentry.kernel.gateway_auth import Request, parse_header, verify_claim
from consentry.kernel.ids import CameraId, EdgeId, GatewayId, ItemId, new_id
from consentry.kernel.item_signed import Acknowledgement, sign_acknowledgement
from consentry.kernel.merkle import inclusion_ranges, root_of
from consentry.kernel.note import Signer
from consentry.kernel.opening import PRIVATE_FIELDS, PUBLIC_FIELDS, Opening, dump_opening, leaf_of
from consentry.kernel.ticket import Mode, Ticket, sign_ticket

ORIGIN = "http://console.test"
VAULT = Signer.generate("log.test/vault")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Holder:
    """A viewer's P-256 key as a browser makes it."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@dataclass
class Authority:
    """The log and the ticket key: what the real signer and sequencer hold."""

    log: Signer = field(default_factory=lambda: Signer.generate("log.test"))
    ticket_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    serial: int = 0

    def opening(self, gateway: GatewayId, camera: CameraId, holder: Holder, **private: Any) -> Opening:
        """An opening whose leaf is really the third of five in the log."""
        shared = dict.fromkeys(PRIVATE_FIELDS & PUBLIC_FIELDS, "x")
        own = dict.fromkeys(PRIVATE_FIELDS, "x") | {
            "audience": gateway, "camera": camera, "distance_m": 200, "max_until": now_ms() + 600_000,
            "reported_at": now_ms(), "session": new_id("session"),
            "holder_key": to_b64(hashlib.sha256(holder.point).digest()),
        }  # fmt: skip
        bare = Opening(
            dict.fromkeys(PUBLIC_FIELDS, "x") | shared, own | private, bytes(32), bytes(32), now_ms(), 2, (), ""
        )
        leaves = [bytes([number]) * 32 for number in range(5)]
        leaves[2] = leaf_of(bare)
        proof = tuple(root_of(leaves[start:end]) for start, end in inclusion_ranges(2, 5))
        text = sign_checkpoint(Checkpoint("log.test", 5, root_of(leaves)), self.log)
        return Opening(bare.public, bare.private, bare.salt_pub, bare.salt_priv, bare.t_ms, 2, proof, text)

    def ticket(self, opening: Opening, *, life_ms: int = 60_000, start_ms: int | None = None, **other: Any) -> bytes:
        """The next ticket for `opening`; `other` replaces fields."""
        self.serial += 1
        start = now_ms() - 100 if start_ms is None else start_ms
        fields: dict[str, Any] = {
            "leaf": leaf_of(opening), "camera": opening.private["camera"], "audience": opening.private["audience"],
            "holder_sha256": from_b64(opening.text("holder_key")), "not_before_ms": start,
            "not_after_ms": start + life_ms, "serial": self.serial, "mode": Mode.PLAIN,
        }  # fmt: skip
        return sign_ticket(Ticket(**(fields | other)), self.ticket_key)


class Web:
    """The web's two internal endpoints on a real port; checks every signature like the real one."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.gateway_key: Any = None
        self.edges: dict[EdgeId, tuple[Ed25519PrivateKey, list[CameraId]]] = {}
        self.public: dict[CameraId, str] = {}
        self.low: dict[CameraId, str] = {}  # their sub-streams
        self.audible: set[CameraId] = set()  # city cameras whose manager allows sound
        self.turned: dict[CameraId, str] = {}  # … who gave the address of its motors
        self.pushed: dict[CameraId, str] = {}
        self.leased: set[str] = set()
        self.reports: list[dict[str, Any]] = []
        self.silent_reports = 0
        self.keeps: dict[str, Any] = {"recordings": [], "over": [], "vault_keys": [VAULT.verifier.vkey]}
        self.brought: dict[str, bytes] = {}  # what was put into the vault, by path
        self.vault_says = 200
        self.vault_item = new_id("item")
        self.beats = True
        self.lease_every_s = 0.1
        self.state_override: Any = None
        self.url = ""
        self._streams: set[asyncio.Queue[tuple[str, Any]]] = set()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application(client_max_size=100_000_000)
        app.router.add_put("/internal/gateway/segments/{recording}/{run}/{number}", self._segment)
        app.router.add_get("/internal/gateway/control", self._control)
        app.router.add_post("/internal/gateway/reports", self._reports)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        for stream in self._streams:
            stream.put_nowait(("stop", None))
        if self._runner:
            await self._runner.cleanup()

    def state(self) -> dict[str, Any]:
        if self.state_override is not None:
            return self.state_override
        key = self.authority.ticket_key.public_key().public_bytes_raw()
        return {
            "edges": [{"id": edge, "public_key": to_b64(secret.public_key().public_bytes_raw()), "cameras": cameras}
                      for edge, (secret, cameras) in self.edges.items()],
            "public_cameras": [*({"id": camera, "url": url, "audio": camera in self.audible,
                                  "low_url": self.low.get(camera), "turn": self.turned.get(camera, "")}
                                 for camera, url in self.public.items()),
                               *({"id": camera, "push_sha256": hashed, "audio": camera in self.audible}
                                 for camera, hashed in self.pushed.items())],
            "log_vkey": self.authority.log.verifier.vkey, "ticket_keys": [to_b64(key)], "origin": ORIGIN,
        }  # fmt: skip

    def tell(self, kind: str, data: Any) -> None:
        for stream in self._streams:
            stream.put_nowait((kind, data))

    def tell_state(self) -> None:
        self.tell("state", self.state())

    async def _control(self, request: web.Request) -> web.StreamResponse:
        self._check(request, b"")
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        stream: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        stream.put_nowait(("state", self.state()))
        stream.put_nowait(("keeps", self.keeps))
        self._streams.add(stream)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    kind, data = await asyncio.wait_for(stream.get(), self.lease_every_s)
                    if kind == "stop":
                        return answer
                    await self._send(answer, kind, data)
                if self.beats:
                    await self._send(answer, "lease", {"at_ms": now_ms(), "sessions": sorted(self.leased)})
        except ConnectionResetError:
            return answer
        finally:
            self._streams.discard(stream)

    @staticmethod
    async def _send(answer: web.StreamResponse, kind: str, data: Any) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        await answer.write(f"event: {kind}\ndata: {text}\n\n".encode())

    async def _reports(self, request: web.Request) -> web.Response:
        body = await request.read()
        self._check(request, body)
        events = json.loads(body)["events"]
        self.reports += events
        self.silent_reports += not events
        return web.Response(status=204)

    async def _segment(self, request: web.Request) -> web.Response:
        """The vault's door: holds the bytes against the signed path and acknowledges them."""
        body = await request.read()
        self._check(request, b"")
        if self.vault_says != 200:
            return web.json_response({"kind": "said-no"}, status=self.vault_says)
        digest = hashlib.sha256(body).hexdigest()
        assert (request.query["sha256"], request.query["size_bytes"]) == (digest, str(len(body)))
        self.brought[request.path] = body
        number = len(self.brought) - 1
        said = Acknowledgement(ItemId(self.vault_item), number, digest, hashlib.sha256(b"line").hexdigest())
        return web.Response(body=sign_acknowledgement(said, VAULT), content_type="application/json")

    def tell_keeps(self) -> None:
        self.tell("keeps", self.keeps)

    def _check(self, request: web.Request, body: bytes) -> None:
        claim = parse_header(request.headers["Authorization"])
        verify_claim(claim, self.gateway_key, Request(request.method, request.path_qs, body), now_ms=now_ms())


class Viewer:
    """A viewer as the console is one; `texts` and `media` hold what arrived, `closed` the code."""

    def __init__(self, authority: Authority, gateway: GatewayId, port: int, camera: CameraId, **private: Any) -> None:
        self.authority, self.gateway, self.port = authority, gateway, port
        self.holder = Holder()
        self.opening = authority.opening(gateway, camera, self.holder, **private)
        self.session = self.opening.text("session")
        self.ticket = authority.ticket(self.opening)
        self.texts: list[dict[str, Any]] = []
        self.media: list[tuple[int, int, bytes]] = []
        self.arrived_s: list[float] = []
        self.arrived_wall_s: list[float] = []
        self.closed: int | None = None
        self.nonce = b""
        self._stack = contextlib.AsyncExitStack()
        self.socket: aiohttp.ClientWebSocketResponse

    async def dial(self, origin: str | None = ORIGIN) -> "Viewer":
        http = await self._stack.enter_async_context(aiohttp.ClientSession())
        headers = {"Origin": origin} if origin else {}
        self.socket = await self._stack.enter_async_context(http.ws_connect(
            f"ws://127.0.0.1:{self.port}/view", protocols=("consentry.view.1",), headers=headers,
            max_msg_size=0, compress=0))  # fmt: skip
        challenge = json.loads(await self.socket.receive_str())
        assert challenge["type"] == "challenge"
        assert challenge["gateway"] == self.gateway
        self.nonce = from_b64(challenge["nonce"], length=32)
        return self

    def message(self, **other: Any) -> dict[str, Any]:
        signature = self.holder.sign(b"consentry-holder-v1\n" + self.nonce + self.ticket)
        return {
            "type": "present", "opening": json.loads(dump_opening(self.opening)), "ticket": to_b64(self.ticket),
            "holder_key": to_b64(self.holder.point), "signature": to_b64(signature),
        } | other  # fmt: skip

    async def present(self, **other: Any) -> "Viewer":
        await self.socket.send_json(self.message(**other))
        self.reading = asyncio.create_task(self.read())
        return self

    async def read(self) -> None:
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self.texts.append(json.loads(message.data))
            elif message.type is aiohttp.WSMsgType.BINARY:
                self.arrived_s.append(time.monotonic())
                self.arrived_wall_s.append(time.time())
                data = message.data
                self.media.append((data[0], int.from_bytes(data[1:9], "big"), data[9:]))
        self.closed = self.socket.close_code

    async def refused(self, **other: Any) -> str:
        """Present, expect a refusal; its kind."""
        await self.present(**other)
        await asyncio.wait_for(self.reading, 5)
        assert not self.media
        return self.texts[-1]["kind"] if self.texts else f"closed {self.closed}"

    async def pictures(self, count: int) -> list[tuple[int, int, bytes]]:
        await until(lambda: len(self.media) > count or self.reading.done())
        assert len(self.media) > count, self.texts
        return self.media

    async def ended(self, timeout_s: float = 8) -> str | None:
        """The reason told, None when the line was cut without words."""
        await asyncio.wait_for(self.reading, timeout_s)
        return next((text["reason"] for text in self.texts if text["type"] == "end"), None)

    async def close(self) -> None:
        await self._stack.aclose()


class Edge:
    """An edge that agrees to everything it is asked; the real one has its own tests."""

    def __init__(self, edge: EdgeId, key: Ed25519PrivateKey, gateway: GatewayId, port: int) -> None:
        self.edge, self.key, self.gateway, self.port = edge, key, gateway, port
        self.heard: list[dict[str, Any]] = []
        self.agrees = self.answers = True
        self.heard_by: set[str] = set()  # sessions whose terms allow sound
        self.pongs = 0
        self._stack = contextlib.AsyncExitStack()
        self.socket: aiohttp.ClientWebSocketResponse

    async def dial(self) -> "Edge":
        http = await self._stack.enter_async_context(aiohttp.ClientSession())
        self.socket = await self._stack.enter_async_context(http.ws_connect(
            f"ws://127.0.0.1:{self.port}/edge", protocols=("consentry.edge.1",), compress=0))  # fmt: skip
        challenge = json.loads(await self.socket.receive_str())
        nonce = from_b64(challenge["nonce"], length=32)
        signature = self.key.sign(b"consentry-edge-v1\n" + nonce + challenge["gateway"].encode())
        await self.socket.send_json({"type": "hello", "edge": self.edge, "signature": to_b64(signature)})
        self.reading = asyncio.create_task(self.read())
        return self

    async def read(self) -> None:
        async for message in self.socket:
            value = json.loads(message.data)
            if value["type"] == "ping":
                if self.answers:
                    await self.socket.send_json({"type": "pong"})
                    self.pongs += 1
                continue
            self.heard.append(value)
            if value["type"] == "open" and self.agrees:
                said = {"type": "opened", "session": value["session"], "codec": "avc1", "width": 1, "height": 1,
                        "audio": value["session"] in self.heard_by}  # fmt: skip
                await self.socket.send_json(said)

    def kinds(self) -> list[str]:
        return [value["type"] for value in self.heard]

    async def close(self) -> None:
        await self._stack.aclose()


async def until(holds: Any, timeout_s: float = 8) -> None:
    """Wait for something that must happen."""
    async with asyncio.timeout(timeout_s):
        while not holds():  # noqa: ASYNC110 - what is waited for is any condition
            await asyncio.sleep(0.01)
