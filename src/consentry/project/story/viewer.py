"""A viewer as the console is one: holder key, opening and ticket presented, fragments decoded; docs/spec/view.md."""

import hashlib
import io
import json
from dataclasses import dataclass, field
from time import monotonic, time
from typing import Any

import aiohttp
import av
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.owner_record import public_point

INIT, FRAGMENT = 1, 2
CONTEXT = b"consentry-holder-v1\n"
HEADER_BYTES = 9


class HolderKey:
    """The P-256 key of one viewing session."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.point = public_point(self._key)

    @property
    def sha256(self) -> str:
        """What the opening and the ticket name."""
        return to_b64(hashlib.sha256(self.point).digest())

    def answer(self, nonce: bytes, ticket: bytes) -> str:
        """The signature (r ‖ s, base64url) that answers the gateway's challenge."""
        r, s = decode_dss_signature(self._key.sign(CONTEXT + nonce + ticket, ec.ECDSA(hashes.SHA256())))
        return to_b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


@dataclass
class Watched:
    """What was seen: fragments, when the first picture was there and the last byte came (monotonic s), how it ended."""

    frames: int = 0
    first_at_s: float | None = None
    last_byte_at_s: float | None = None
    latency_ms: list[int] = field(default_factory=list)
    end_reason: str = ""


class Viewer:
    """Watches one session over the gateway's WebSocket."""

    def __init__(self, key: HolderKey, opened: dict[str, Any], origin: str) -> None:
        self._key, self._opened, self._origin = key, opened, origin
        self._init = b""
        self.watched = Watched()

    async def watch(self) -> Watched:
        """Watch until the gateway ends it; decodes each fragment by itself (a key frame starts each GOP)."""
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(
                self._opened["gateway_url"], protocols=("consentry.view.1",), origin=self._origin, max_msg_size=2**24
            ) as link,
        ):
            async for message in link:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._text(link, json.loads(message.data))
                elif message.type is aiohttp.WSMsgType.BINARY:
                    self._binary(message.data)
        return self.watched

    async def _text(self, link: aiohttp.ClientWebSocketResponse, said: dict[str, Any]) -> None:
        if said["type"] == "challenge":
            ticket = from_b64(self._opened["ticket"])
            await link.send_json({
                "type": "present", "opening": self._opened["opening"], "ticket": self._opened["ticket"],
                "holder_key": to_b64(self._key.point), "signature": self._key.answer(from_b64(said["nonce"]), ticket),
            })  # fmt: skip
        elif said["type"] == "end":
            self.watched.end_reason = said["reason"]
        elif said["type"] == "error":
            self.watched.end_reason = f"error:{said['kind']}"

    def _binary(self, data: bytes) -> None:
        self.watched.last_byte_at_s = monotonic()
        kind, captured_us, body = data[0], int.from_bytes(data[1:HEADER_BYTES], "big"), data[HEADER_BYTES:]
        if kind == INIT:
            self._init = body
            return
        self.watched.latency_ms.append(int(time() * 1000 - captured_us / 1000))
        if self.watched.first_at_s is None and _pictures(self._init + body) == 0:
            return
        self.watched.frames += 1
        if self.watched.first_at_s is None:
            self.watched.first_at_s = monotonic()


def _pictures(mp4: bytes) -> int:
    """How many pictures decode from an initialisation segment with one fragment."""
    try:
        with av.open(io.BytesIO(mp4), "r") as container:
            return len(list(container.decode(video=0)))
    except av.FFmpegError:
        return 0
