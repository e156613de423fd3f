"""One viewer's WebSocket, from challenge to end. Specification: docs/spec/view.md.

Nothing but the challenge leaves before opening, ticket, log proof and the holder's signature have been checked here.
"""

import asyncio
import logging
import secrets

from aiohttp import WSCloseCode, WSMsgType, web

from consentry.gateway.admission import NONCE_BYTES, codecs_of
from consentry.gateway.cut import keep_little_unsent
from consentry.gateway.room import MAX_TEXT_BYTES, Room, Talk
from consentry.gateway.sessions import Session
from consentry.gateway.viewer import CLOSE_MALFORMED, CLOSE_REFUSED, SocketViewer
from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import ConsentryError, Malformed

_log = logging.getLogger(__name__)
SUBPROTOCOL = "consentry.view.1"


class ViewDoor:
    """The handler of `/view`."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._unpresented = 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Challenge, check, show, until it ends."""
        room = self._room
        if request.headers.get("Origin") != room.settings.origin:
            raise web.HTTPForbidden(text="only the platform's own pages may look\n")
        if SUBPROTOCOL not in request.headers.get("Sec-WebSocket-Protocol", ""):
            raise web.HTTPBadRequest(text=f"speak {SUBPROTOCOL}\n")
        if self._unpresented >= room.settings.max_unpresented:
            raise web.HTTPServiceUnavailable(text="too many connections\n")
        socket = web.WebSocketResponse(protocols=(SUBPROTOCOL,), compress=False, max_msg_size=MAX_TEXT_BYTES)
        await socket.prepare(request)
        if request.transport is None:
            return socket
        transport = request.transport
        keep_little_unsent(transport)
        viewer = SocketViewer(transport)
        session = await self._admit(socket, viewer)
        if session is not None:
            try:
                await self._listen(socket, session, viewer)
            finally:
                lost = socket.close_code in (None, WSCloseCode.ABNORMAL_CLOSURE)
                room.sessions.left(session.admission.session, viewer, lost=lost)
        await _drained(socket)
        return socket

    async def _admit(self, socket: web.WebSocketResponse, viewer: SocketViewer) -> Session | None:
        """The session, or None after the viewer was told why not."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        viewer.say({"type": "challenge", **self._room.challenge(nonce)})
        self._unpresented += 1
        try:
            message = await asyncio.wait_for(socket.receive(), self._room.settings.present_s)
        except TimeoutError:
            viewer.refuse("too-slow")
            return None
        finally:
            self._unpresented -= 1
        if message.type is not WSMsgType.TEXT:
            viewer.refuse("malformed", CLOSE_MALFORMED)
            return None
        try:
            value = parse_object(message.data.encode(), max_bytes=MAX_TEXT_BYTES)
            admission, edge = self._room.check(value, nonce)
            viewer.plays = codecs_of(value)
            return self._room.sessions.admit(admission, viewer, edge)
        except ConsentryError as error:
            _log.info("a viewer was refused: %s (%s)", error.kind, error)
            viewer.refuse(error.kind, CLOSE_MALFORMED if isinstance(error, Malformed) else CLOSE_REFUSED)
            return None

    async def _listen(self, socket: web.WebSocketResponse, session: Session, viewer: SocketViewer) -> None:
        talk = Talk(self._room, session.admission.session, viewer)
        async for message in socket:
            if viewer.over or not talk.hear(message.data if message.type is WSMsgType.TEXT else None):
                return


async def _drained(socket: web.WebSocketResponse) -> None:
    """Read on until the closing handshake or the cut, so that a farewell is not lost."""
    async for _ in socket:
        pass
