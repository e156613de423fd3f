"""One owner's browser at `/own`: it presents the owner's signed word, then sealed words go up and sealed frames down.

The gateway asks who signed it, so that strangers cannot trouble a home; who may look is decided at the edge alone.
Specification: docs/spec/own-look.md.
"""

import asyncio
import logging

from aiohttp import WSMsgType, web

from consentry.gateway.cut import keep_little_unsent
from consentry.gateway.own_lines import OwnLine, OwnLines, finish
from consentry.gateway.room import Room
from consentry.gateway.viewer import CLOSE_MALFORMED
from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import ConsentryError, Malformed, Unavailable, Untrusted
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import MAX_CLOCK_SKEW_MS, MAX_OWN_WORDS_PER_S, OWN_LOOK_FRESH_MS
from consentry.kernel.own_channel import MAX_WORD_CHARS, parse_own_id
from consentry.kernel.owner_record import MAX_SIGNED_CHARS, open_owner_record

_log = logging.getLogger(__name__)
SUBPROTOCOL = "consentry.own.1"
MAX_TEXT_BYTES = 8_192


class OwnDoor:
    """The handler of `/own`."""

    def __init__(self, room: Room, lines: OwnLines) -> None:
        self._room, self._lines = room, lines
        self._unpresented = 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Check who signed, ask the edge, relay until it ends."""
        settings = self._room.settings
        if request.headers.get("Origin") != settings.origin:
            raise web.HTTPForbidden(text="only the platform's own pages may look\n")
        if SUBPROTOCOL not in request.headers.get("Sec-WebSocket-Protocol", ""):
            raise web.HTTPBadRequest(text=f"speak {SUBPROTOCOL}\n")
        if self._unpresented >= settings.max_unpresented:
            raise web.HTTPServiceUnavailable(text="too many connections\n")
        socket = web.WebSocketResponse(protocols=(SUBPROTOCOL,), compress=False, max_msg_size=MAX_TEXT_BYTES)
        await socket.prepare(request)
        if request.transport is None:
            return socket
        keep_little_unsent(request.transport)
        line = await self._admit(socket, request.transport)
        if line is not None:
            try:
                await self._listen(socket, line)
            finally:
                self._lines.left(line)
        async for _ in socket:  # until the closing handshake or the cut, so that a farewell is not lost
            pass
        return socket

    async def _admit(self, socket: web.WebSocketResponse, transport: asyncio.Transport) -> OwnLine | None:
        self._unpresented += 1
        try:
            async with asyncio.timeout(self._room.settings.present_s):
                message = await socket.receive()
        except TimeoutError:
            finish(transport, {"type": "error", "kind": "too-slow"})
            return None
        finally:
            self._unpresented -= 1
        try:
            return self._open(message.data if message.type is WSMsgType.TEXT else "", transport)
        except ConsentryError as error:
            _log.info("an own look was refused: %s", error.kind)
            said = {"type": "error", "kind": error.kind}
            if isinstance(error, Malformed):
                finish(transport, said, CLOSE_MALFORMED)
            else:
                finish(transport, said)
            return None

    def _open(self, text: str, transport: asyncio.Transport) -> OwnLine:
        state, room = self._room.state(), self._room
        if state is None:
            raise Unavailable("the web does not tell us whom to believe")
        present = parse_object(text.encode(), max_bytes=MAX_TEXT_BYTES)
        signed = present.get("owner_signature")
        if present.get("type") != "present" or not isinstance(signed, str):
            raise Malformed("present what the owner signed")
        claimed = parse_object(signed.encode(), max_bytes=MAX_SIGNED_CHARS).get("record")
        camera = CameraId(str(claimed.get("camera")) if isinstance(claimed, dict) else "")
        edge = state.edge_of.get(camera)
        owner = None if edge is None else state.edges[edge].owner
        if edge is None or owner is None:
            # As a wrong key is told: who guesses at cameras learns nothing.
            raise Untrusted("not the owner of this camera", kind="holder-signature")
        record = open_owner_record(signed, owner, kind="own.look")
        if record["gateway"] != room.gateway or record["edge"] != edge:
            raise Untrusted("this was signed for another gateway or edge", kind="audience-other")
        if (
            not -OWN_LOOK_FRESH_MS - MAX_CLOCK_SKEW_MS
            < int(record["t"]) - room.clocks.now_ms()
            <= 2 * MAX_CLOCK_SKEW_MS
        ):
            raise Untrusted("this was signed too long ago, or the device's clock is off", kind="owner-record-time")
        now_s = asyncio.get_running_loop().time()
        line = OwnLine(parse_own_id(record["session"]), edge, camera, transport, now_s)
        self._lines.open(line, signed)
        return line

    async def _listen(self, socket: web.WebSocketResponse, line: OwnLine) -> None:
        second = count = 0
        async for message in socket:
            now = int(asyncio.get_running_loop().time())
            second, count = now, (count + 1 if now == second else 1)
            box = _word(message.data if message.type is WSMsgType.TEXT else "")
            if line.over:
                return
            if box is None or count > MAX_OWN_WORDS_PER_S:
                self._lines.left(line)
                finish(line.transport, {"type": "end", "reason": "malformed"}, CLOSE_MALFORMED)
                return
            self._lines.say(line, box)


def _word(text: str) -> str | None:
    """The sealed word inside a message; None when it is none."""
    try:
        said = parse_object(text.encode(), max_bytes=MAX_TEXT_BYTES)
    except Malformed:
        return None
    box = said.get("box")
    return box if said.get("type") == "say" and isinstance(box, str) and len(box) <= MAX_WORD_CHARS else None
