"""What serves viewers, whichever transport they come by: admitting them, and hearing what they say."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from consentry.gateway.admission import Admission, check_presented
from consentry.gateway.city_turning import CityTurning
from consentry.gateway.clocks import Clocks
from consentry.gateway.sessions import Session, Sessions
from consentry.gateway.settings import Settings
from consentry.gateway.state import ControlState
from consentry.gateway.viewer import Viewer
from consentry.kernel.canonical import from_b64, parse_object, to_b64
from consentry.kernel.errors import ConsentryError, Malformed, Refused, Unavailable, Untrusted
from consentry.kernel.ids import EdgeId, GatewayId, SessionId
from consentry.kernel.limits import MAX_OPENING_BYTES
from consentry.kernel.ticket import TICKET_BYTES, Mode
from consentry.media.onvif.head import Wish, read_wish

_log = logging.getLogger(__name__)
MAX_TEXT_BYTES = MAX_OPENING_BYTES + 4_096
# A viewer says something each second at most (ping) and a ticket each 30 s; this is generous.
MAX_MESSAGES_PER_S = 20
_AXES = ("pan", "tilt", "zoom")


@dataclass(frozen=True)
class Room:
    """What serves viewers. `state`: the control state, None until the web has told us, or when it has fallen silent."""

    gateway: GatewayId
    settings: Settings
    sessions: Sessions
    clocks: Clocks
    state: Callable[[], ControlState | None]
    city: CityTurning | None = None

    def challenge(self, nonce: bytes) -> dict[str, object]:
        """What a viewer is asked first, and whether it may try by Janus too."""
        return {"nonce": to_b64(nonce), "gateway": self.gateway, "janus": self.settings.janus_url != ""}

    def check(self, value: Mapping[str, object], nonce: bytes) -> tuple[Admission, EdgeId | None]:
        """Check what was presented in answer to `nonce`: the admission, and the camera's edge unless it is the city's.

        A ConsentryError says why not.
        """
        state = self.state()
        if state is None:
            raise Unavailable("the web does not tell us whom to believe")
        if value.get("type") != "present":
            raise Malformed("present an opening and a ticket first")
        admission = check_presented(value, nonce, state.trust, now_ms=self.clocks.now_ms())
        edge = state.edge_of.get(admission.camera)
        if edge is None and admission.camera not in state.public_cameras:
            raise Unavailable("this camera is not here", kind="camera-unknown")
        if edge is None and admission.ticket.mode is Mode.SEALED:
            raise Untrusted("a city camera is read here, and so is not sealed", kind="mode")
        return admission, edge


class Talk:
    """What one viewer says after it was admitted."""

    def __init__(self, room: Room, name: SessionId, viewer: Viewer) -> None:
        self._room, self._name, self._viewer = room, name, viewer
        self._second = self._count = 0

    def hear(self, text: object) -> bool:
        """One message; False when it ended the session (malformed, or too many)."""
        now = int(self._room.clocks.steady_s())
        self._count = self._count + 1 if now == self._second else 1
        self._second = now
        session = self._room.sessions.find(self._name)
        if session is None or session.viewer is not self._viewer:
            return True
        try:
            if not isinstance(text, str) or self._count > MAX_MESSAGES_PER_S:
                raise Malformed("text, and not so much of it")
            self._take(text, session)
        except Malformed as error:
            _log.info("viewer of %s: %s", self._name, error)
            self._room.sessions.end(self._name, "malformed", final=False)
            return False
        return True

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
        wish = read_wish(value)
        try:
            if session.edge is None:
                self._turn_city(wish, session)
            else:
                said = {"preset": wish} if isinstance(wish, str) else dict(zip(_AXES, wish, strict=True))
                self._room.sessions.turn(self._name, said)
        except ConsentryError as error:
            session.viewer.say({"type": "ptz", "state": error.kind})

    def _turn_city(self, wish: Wish, session: Session) -> None:
        """Asked anew for each word: the look runs, the web still tells us so, the camera's manager allows it."""
        if self._room.state() is None or not session.live:
            raise Unavailable("the web is silent")
        if self._room.city is None:
            raise Refused("this camera is not turned from here", kind="terms-ptz")
        camera, viewer = session.admission.camera, session.viewer
        self._room.city.turn(camera, self._name, wish, lambda word: viewer.say({"type": "ptz", "state": word}))

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
