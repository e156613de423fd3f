"""What the box says to its own server about an answer that it sends: each request signed by the edge, no redirects."""

import json
from dataclasses import dataclass
from urllib.parse import urljoin

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentry.edge.clock import EdgeClock
from consentry.edge.pins import require_private
from consentry.kernel.box_auth import BoxRequest, write_box_header
from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import Conflict, Malformed, Refused, Unavailable
from consentry.kernel.ids import AnswerId, EdgeId
from consentry.media.http_fetch import read_bounded

MAX_ANSWER_BYTES = 16_384
# A part is 1 MiB: a line that needs longer carries less than 90 kbit/s.
REQUEST_S = 100.0
_AGAIN = frozenset({408, 425, 429})


@dataclass(frozen=True)
class Told:
    """How the server says that an answer stands, and from which byte it goes on."""

    state: str
    offset: int


class SendLine:
    """`server`: as pinned at pairing; only HTTPS beyond this machine. Every method raises:

    Unavailable: not reached, or it cannot now. Conflict `upload-offset`: it goes on elsewhere. Refused: it says no,
    with its kind. Malformed: its answer is none.
    """

    def __init__(self, server: str, edge: EdgeId, key: Ed25519PrivateKey, clock: EdgeClock) -> None:
        self._server, self._edge, self._key, self._clock = server, edge, key, clock
        self.http: aiohttp.ClientSession | None = None

    async def read(self, answer: AnswerId) -> Told:
        """How it stands."""
        return await self._ask("GET", f"/api/edges/answers/{answer}")

    async def part(self, answer: AnswerId, offset: int, data: bytes) -> Told:
        """The next bytes, durable there when this returns."""
        return await self._ask("PATCH", f"/api/edges/answers/{answer}/part?offset={offset}", data)

    async def finish(self, answer: AnswerId, signed: str) -> Told:
        """All was sent; `signed` is the owner's word."""
        return await self._ask("POST", f"/api/edges/answers/{answer}/finish", _json({"owner_signature": signed}))

    async def fail(self, answer: AnswerId, why: str) -> Told:
        """It will not be sent, and why."""
        return await self._ask("POST", f"/api/edges/answers/{answer}/fail", _json({"why": why}))

    async def _ask(self, method: str, path: str, body: bytes = b"") -> Told:
        if self.http is None:
            raise Unavailable("not started")
        request = BoxRequest(method, path, body)
        headers = {
            "Authorization": write_box_header(self._edge, self._key, request, now_ms=self._clock.now_ms()),
            "Content-Type": "application/octet-stream" if method == "PATCH" else "application/json",
        }
        try:
            async with self.http.request(
                method, self._url(path), data=body or None, headers=headers, allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=REQUEST_S),
            ) as reply:  # fmt: skip
                return _read(reply.status, await read_bounded(reply, MAX_ANSWER_BYTES))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"the server cannot be reached: {error}") from error

    def _url(self, path: str) -> str:
        try:
            return urljoin(require_private(self._server, ("http", "https")), path)
        except ValueError as error:
            raise Refused(f"server: {error}", kind="server") from error


def _read(status: int, answer: bytes) -> Told:
    if status >= 500 or status in _AGAIN:
        raise Unavailable(f"the server answered {status}")
    value = parse_object(answer, max_bytes=MAX_ANSWER_BYTES)
    if status != 200:
        kind = str(value.get("kind", "refused"))[:40]
        if kind == "upload-offset":
            raise Conflict("it goes on elsewhere", kind=kind)
        if kind == "box-time":  # a clock that is wrong may be set
            raise Unavailable("the clock of this box differs from the server's", kind=kind)
        raise Refused(f"the server says no ({kind})", kind=kind)
    state, offset = value.get("state"), value.get("offset")
    if not isinstance(state, str) or isinstance(offset, bool) or not isinstance(offset, int) or offset < 0:
        raise Malformed("not how an answer stands")
    return Told(state, offset)


def _json(value: dict[str, str]) -> bytes:
    return json.dumps(value).encode()
