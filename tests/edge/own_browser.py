"""An owner's browser as the console is one: signs, dials the gateway, opens what the edge sealed to it alone."""

import asyncio
import contextlib
import json
import time
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tests.gateway.world import ORIGIN, until

from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.ids import OwnLookId, new_id
from consentry.kernel.own_channel import (
    ChannelKeys,
    FrameKind,
    channel_keys,
    open_frame,
    opened_message,
    own_context,
    seal_word,
)
from consentry.kernel.owner_record import owner_record, public_point, sign_as_device
from consentry.kernel.sealed_box import open_box
from consentry.kernel.wire import WireUnit, parse_unit


class OwnBrowser:
    """`said`: answers in order; `units`: pictures; `pieces`: (id, at, bytes); `raw`: all binary messages."""

    def __init__(self, owner: ec.EllipticCurvePrivateKey, **fields: str | int) -> None:
        self.owner, self.fields = owner, fields
        self.session = OwnLookId(str(fields.get("session") or new_id("own_look")))
        self.box_key = ec.generate_private_key(ec.SECP256R1())
        self.texts: list[dict[str, Any]] = []
        self.said: list[dict[str, Any]] = []
        self.units: list[WireUnit] = []
        self.pieces: list[tuple[int, int, bytes]] = []
        self.raw: list[bytes] = []
        self.counters: list[int] = []
        self.keys: ChannelKeys | None = None
        self.closed: int | None = None
        self._up = self._id = 0
        self._stack = contextlib.AsyncExitStack()
        self.socket: aiohttp.ClientWebSocketResponse
        self.record: dict[str, str | int] = {}

    def sign(self, *, t_ms: int = 0) -> str:
        """The owner's word, for now."""
        fields = {**self.fields, "session": self.session, "reply_key": to_b64(public_point(self.box_key))}
        self.record = owner_record("own.look", t_ms=t_ms or time.time_ns() // 1_000_000, **fields)
        return sign_as_device(self.record, self.owner)

    async def dial(self, port: int, *, signed: str = "", origin: str = ORIGIN) -> "OwnBrowser":
        """Connect and present."""
        http = await self._stack.enter_async_context(aiohttp.ClientSession())
        self.socket = await self._stack.enter_async_context(http.ws_connect(
            f"ws://127.0.0.1:{port}/own", protocols=("consentry.own.1",), headers={"Origin": origin},
            max_msg_size=0, compress=0))  # fmt: skip
        await self.socket.send_json({"type": "present", "owner_signature": signed or self.sign()})
        self.reading = asyncio.create_task(self._read())
        return self

    async def opened(self, edge_key: bytes) -> "OwnBrowser":
        """Wait for the edge's answer and verify it."""
        await until(lambda: any(text["type"] == "opened" for text in self.texts) or self.reading.done())
        answer = next((text for text in self.texts if text["type"] == "opened"), None)
        assert answer is not None, self.texts
        box = from_b64(answer["box"])
        message = opened_message(self.record, box)
        Ed25519PublicKey.from_public_bytes(edge_key).verify(from_b64(answer["signature"]), message)
        self.keys = channel_keys(open_box(box, self.box_key, context=own_context(self.session)), self.session)
        return self

    async def word(self, do: str, **more: Any) -> int:
        """Say something; its number."""
        self._id += 1
        await self.raw_word(json.dumps({"id": self._id, "do": do, **more}).encode())
        return self._id

    async def raw_word(self, plain: bytes) -> None:
        self._up += 1
        assert self.keys is not None
        await self.socket.send_json({"type": "say", "box": seal_word(self.keys, self._up, plain)})

    async def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """Say something and wait for the answer."""
        number = await self.word(do, **more)
        await until(lambda: self.answer(number) is not None or self.reading.done(), 20)
        answer = self.answer(number)
        assert answer is not None, self.texts
        return answer

    def answer(self, number: int) -> dict[str, Any] | None:
        return next((said for said in self.said if said["id"] == number), None)

    async def fetch(self, clip: str, size: int, *, at: int = 0) -> bytes:
        """A clip from `at` on, piece by piece."""
        whole = b""
        while at + len(whole) < size:
            number = await self.word("piece", clip=clip, at=at + len(whole))
            await until(lambda number=number: any(piece[0] == number for piece in self.pieces), 20)
            whole += next(piece[2] for piece in self.pieces if piece[0] == number)
        return whole

    async def pictures(self, count: int) -> list[WireUnit]:
        await until(lambda: len(self.units) >= count or self.reading.done(), 20)
        assert len(self.units) >= count, (self.texts, self.said)
        return self.units

    async def ended(self) -> str:
        """The last word: the reason of an end, or the kind of a refusal."""
        await asyncio.wait_for(self.reading, 15)
        last = self.texts[-1] if self.texts else {}
        return str(last.get("reason") or last.get("kind") or "")

    async def close(self) -> None:
        await self._stack.aclose()

    async def _read(self) -> None:
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self.texts.append(json.loads(message.data))
            elif message.type is aiohttp.WSMsgType.BINARY:
                self._take(message.data)
        self.closed = self.socket.close_code

    def _take(self, frame: bytes) -> None:
        self.raw.append(frame)
        assert self.keys is not None
        head, plain = open_frame(self.keys, frame)
        self.counters.append(head.counter)
        if head.kind & FrameKind.PICTURE:
            self.units.append(parse_unit(plain))
        elif head.kind == FrameKind.PIECE:
            self.pieces.append((int.from_bytes(plain[:8], "big"), int.from_bytes(plain[8:16], "big"), plain[16:]))
        else:
            self.said.append(json.loads(plain))
