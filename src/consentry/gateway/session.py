"""One viewer's WebSocket, from challenge to end. Specification: docs/spec/view.md.

Nothing but the challenge leaves before opening, ticket, log proof and the holder's signature have been checked here.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import WSCloseCode, WSMsgType, web

from consentry.gateway.admission import NONCE_BYTES, check_presented
from consentry.gateway.cut import keep_little_unsent
from consentry.gateway.sessions import Clocks, Session, Sessions
from consentry.gateway.settings import Settings
from consentry.gateway.state import ControlState
from consentry.gateway.viewer import CLOSE_MALFORMED, CLOSE_REFUSED, Viewer
from consentry.kernel.canonical import from_b64, parse_object, to_b64
from consentry.kernel.errors import ConsentryError, Malformed, Unavailable
from consentry.kernel.ids import GatewayId
from consentry.kernel.limits import MAX_OPENING_BYTES
from consentry.kernel.ticket import TICKET_BYTES

_log = logging.getLogger(__name__)
SUBPROTOCOL = "consentry.view.1"
MAX_TEXT_BYTES = MAX_OPENING_BYTES + 4_096
# A viewer says something each second at most (ping) and a ticket each 30 s; this is generous.
MAX_MESSAGES_PER_S = 20


@dataclass(frozen=True)
class Room:
    """What serves viewers. `state`: the control state, None until the web has told us, or when it has fallen silent."""

    gateway: GatewayId
    settings: Settings
    sessions: Sessions
    clocks: Clocks
    state: Callable[[], ControlState | None]


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
        viewer = Viewer(transport)
        session = await self._admit(socket, viewer)
        if session is not None:
            try:
                await self._listen(socket, session, viewer)
            finally:
                lost = socket.close_code in (None, WSCloseCode.ABNORMAL_CLOSURE)
                room.sessions.left(session.admission.session, viewer, lost=lost)
        await _drained(socket)
        return socket

    async def _admit(self, socket: web.WebSocketResponse, viewer: Viewer) -> Session | None:
        """The session, or None after the viewer was told why not."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        viewer.say({"type": "challenge", "nonce": to_b64(nonce), "gateway": self._room.gateway})
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
            return self._present(message.data, nonce, viewer)
        except ConsentryError as error:
            _log.info("a viewer was refused: %s (%s)", error.kind, error)
            viewer.refuse(error.kind, CLOSE_MALFORMED if isinstance(error, Malformed) else CLOSE_REFUSED)
            return None

    def _present(self, text: str, nonce: bytes, viewer: Viewer) -> Session:
        room, state = self._room, self._room.state()
        if state is None:
            raise Unavailable("the web does not tell us whom to believe")
        value = parse_object(text.encode(), max_bytes=MAX_TEXT_BYTES)
        if value.get("type") != "present":
            raise Malformed("present an opening and a ticket first")
        admission = check_presented(value, nonce, state.trust, now_ms=room.clocks.now_ms())
        edge = state.edge_of.get(admission.camera)
        if edge is None and admission.camera not in state.public_cameras:
            raise Unavailable("this camera is not here", kind="camera-unknown")
        return room.sessions.admit(admission, viewer, edge)

    async def _listen(self, socket: web.WebSocketResponse, session: Session, viewer: Viewer) -> None:
        loop = asyncio.get_running_loop()
        second, count = 0, 0
        async for message in socket:
            if viewer.over:
                return
            now = int(loop.time())
            second, count = now, count + 1 if now == second else 1
            try:
                if message.type is not WSMsgType.TEXT or count > MAX_MESSAGES_PER_S:
                    raise Malformed("text, and not so much of it")
                self._take(message.data, session)
            except Malformed as error:
                _log.info("viewer of %s: %s", session.admission.session, error)
                self._room.sessions.end(session.admission.session, "malformed", final=False)
                return

    def _take(self, text: str, session: Session) -> None:
        value = parse_object(text.encode(), max_bytes=MAX_TEXT_BYTES)
        if value.get("type") == "renew":
            self._renew(value.get("ticket"), session)
        elif value.get("type") == "ping":
            stamp = value.get("t")
            if not isinstance(stamp, int | float):
                raise Malformed("a ping carries a number")
            session.viewer.say({"type": "pong", "t": stamp})
        elif value.get("type") == "ptz":
            self._turn(value, session)
        else:
            raise Malformed("a viewer renews, pings or turns")

    def _turn(self, value: Mapping[str, object], session: Session) -> None:
        speeds = {
            name: float(item) for name in ("pan", "tilt", "zoom") if isinstance(item := value.get(name), int | float)
        }
        if len(speeds) != 3 or not all(-1 <= item <= 1 for item in speeds.values()):
            raise Malformed("speeds are numbers from -1 to 1")
        try:
            self._room.sessions.turn(session.admission.session, speeds)
        except ConsentryError as error:
            session.viewer.say({"type": "ptz", "state": error.kind})

    def _renew(self, ticket: object, session: Session) -> None:
        state = self._room.state()
        if not isinstance(ticket, str):
            raise Malformed("a renewal carries a ticket")
        try:
            if state is None:
                raise Unavailable("the web is silent")
            raw = from_b64(ticket, length=TICKET_BYTES)
            self._room.sessions.renew(session.admission.session, raw, state.trust)
            session.viewer.say({"type": "renewed", "until_ms": session.admission.until_ms})
        except ConsentryError as error:
            session.viewer.say({"type": "error", "kind": error.kind})  # the old ticket runs out by itself


async def _drained(socket: web.WebSocketResponse) -> None:
    """Read on until the closing handshake or the cut, so that a farewell is not lost."""
    async for _ in socket:
        pass
