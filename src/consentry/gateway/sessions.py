"""All sessions of this gateway: who watches what, until when, and every way in which that ends.

A session goes on only while its ticket holds, its grant lasts, and the web says so: a lease of 5 s. Silence ends it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from consentry.gateway.admission import Admission, Trust, check_renewal
from consentry.gateway.clocks import Clocks
from consentry.gateway.hub import ALIVE, CameraHub
from consentry.gateway.sealed_hub import SealedHub
from consentry.gateway.switching import AskLow
from consentry.gateway.viewer import Viewer
from consentry.kernel.errors import LimitReached, Refused, Unavailable
from consentry.kernel.ids import CameraId, EdgeId, SessionId
from consentry.kernel.ticket import Mode

# A lease message made before the session's first ticket does not know the session yet; clocks of web and signer differ.
LEASE_GRACE_MS = 1_000
EDGE_ANSWER_S = 10.0
# How long a viewer whose line broke may come back to its session; nothing is sent to anybody in the meantime.
REDIAL_S = 3.0
# An ended session stays ended for as long as any of its tickets could live, with the clocks 60 s apart.
TOMBSTONE_S = 180.0
# Who did not sweep for so long slept, and must look at the clock before anything else.
NAP_S = 1.0
MAX_TOMBSTONES = 100_000

Event = Mapping[str, object]
Report = Callable[[Event], None]


class Edges(Protocol):
    """What sessions need of the edge links."""

    def open(self, edge: EdgeId, admission: Admission) -> None:
        """Hand opening and ticket to the edge; Unavailable when it is not connected."""

    def renew(self, edge: EdgeId, session: SessionId, ticket: bytes) -> None:
        """Hand the next ticket on."""

    def close(self, edge: EdgeId, session: SessionId, reason: str) -> None:
        """Tell the edge that a session is over."""

    def turn(self, edge: EdgeId, session: SessionId, wish: Mapping[str, object]) -> None:
        """Hand on how the viewer wants the camera turned; the edge decides."""


@dataclass
class Session:
    """One viewer. `*_s` are monotonic seconds. `edge`: None for a city camera. `live`: pictures may flow."""

    admission: Admission
    viewer: Viewer
    edge: EdgeId | None
    first_ticket_ms: int
    admitted_s: float
    lease_until_s: float
    ticket_until_s: float
    live: bool = False
    told_first: bool = False
    lost_s: float | None = None
    turning: str = ""
    hears: bool = False


class Sessions:
    """Owns sessions and camera hubs. Everything runs on the event loop; nothing here waits."""

    def __init__(self, lease_s: float, most: int, report: Report, clocks: Clocks) -> None:
        self.hubs: dict[CameraId, CameraHub] = {}
        self._lease_s, self._most, self._report, self._clocks = lease_s, most, report, clocks
        self._sessions: dict[SessionId, Session] = {}
        self._ended: dict[SessionId, float] = {}
        self._edges: Edges | None = None
        self._swept_s = clocks.steady_s()

    def connect(self, edges: Edges) -> None:
        """Name the edge links (they need us too)."""
        self._edges = edges

    def __len__(self) -> int:
        return len(self._sessions)

    def find(self, session: SessionId) -> Session | None:
        """A running session."""
        return self._sessions.get(session)

    def admit(self, admission: Admission, viewer: Viewer, edge: EdgeId | None) -> Session:
        """Start a session; the pictures follow at once (city camera) or when the edge agrees.

        Raises Refused (already ended), LimitReached, Unavailable (camera or edge not there).
        """
        name = admission.session
        viewer.before_pump = self.wake
        if name in self._ended:
            raise Refused("this session is over", kind="session-over")
        running = self._sessions.get(name)
        if running is not None and admission.box is not None:
            # Its content keys are another page's, and an edge takes an opening once: the web gives a new one.
            raise Refused("a sealed look does not change over", kind="edge:opening-used")
        if running is not None:
            return self._take_over(running, admission, viewer)
        if len(self._sessions) >= self._most:
            raise LimitReached("this gateway has no room", kind="gateway-full")
        if self._is_seen_otherwise(admission):
            raise Refused("others see this camera in another way now", kind="mode-other")
        if edge is None and admission.camera not in self.hubs:
            raise Unavailable("this camera is not here", kind="camera-unknown")
        now_s = self._clocks.steady_s()
        session = Session(
            admission, viewer, edge, admission.ticket.not_before_ms, now_s, now_s + self._lease_s,
            now_s + (admission.until_ms - self._clocks.now_ms()) / 1_000,
        )  # fmt: skip
        if edge is not None:
            self._need_edges().open(edge, admission)
            viewer.say({"type": "stage", "stage": "edge"})
        self._sessions[name] = session
        self._report({"type": "started", "session": name})
        if edge is None:
            self._go_live(session)
        return session

    def opened(self, name: SessionId, edge: EdgeId, *, hears: bool = False, ask_low: AskLow | None = None) -> None:
        """The edge agreed to it. `hears`: its sound too; `ask_low` starts and stops the camera's sub-stream."""
        session = self._sessions.get(name)
        if session is not None and session.edge == edge and not session.live:
            camera, sealed = session.admission.camera, session.admission.ticket.mode is Mode.SEALED
            session.hears = hears and not sealed
            self.hubs.setdefault(camera, SealedHub(camera) if sealed else CameraHub(camera)).switching.offer(ask_low)
            self._go_live(session)

    def refused(self, name: SessionId, edge: EdgeId, kind: str) -> None:
        """The edge said no; a refused renewal changes nothing, the old ticket runs out."""
        session = self._sessions.get(name)
        if session is not None and session.edge == edge and not session.live:
            self._drop(session, "refused", final=True)
            session.viewer.refuse(f"edge:{kind}")

    def closed_by_edge(self, name: SessionId, edge: EdgeId, reason: str) -> None:
        """The edge ended it."""
        session = self._sessions.get(name)
        if session is not None and session.edge == edge:
            self._drop(session, reason, final=True, tell_edge=False)
            session.viewer.end(reason)

    def turn(self, name: SessionId, wish: Mapping[str, object]) -> None:
        """Hand on how this viewer wants its camera turned, if its edge said that it may."""
        session = self._sessions.get(name)
        if session is None or session.edge is None or not session.live or not session.turning:
            raise Refused("this camera is not turned from here", kind="terms-ptz")
        self._need_edges().turn(session.edge, name, wish)

    def turning(self, name: SessionId, edge: EdgeId, state: str) -> None:
        """The edge says whether this session may turn its camera, or what came of it."""
        session = self._sessions.get(name)
        if session is not None and session.edge == edge:
            session.turning = "allowed" if state == "allowed" else session.turning
            session.viewer.say({"type": "ptz", "state": state})

    def renew(self, name: SessionId, ticket: bytes, trust: Trust) -> None:
        """Go on under the next ticket; Malformed or Untrusted leaves the old one to run out."""
        session = self._sessions[name]
        self._go_on(session, check_renewal(session.admission, ticket, trust, now_ms=self._clocks.now_ms()))

    def end(self, name: SessionId, reason: str, *, final: bool = True) -> None:
        """End a session now. `final`: it may not come back under a ticket that is still alive."""
        session = self._sessions.get(name)
        if session is not None:
            self._drop(session, reason, final=final)
            session.viewer.end(reason)
        elif final:
            self._bury(name)

    def end_where(self, holds: Callable[[Session], bool], reason: str) -> None:
        """End all sessions for which `holds`."""
        for name, session in tuple(self._sessions.items()):
            if holds(session):
                self.end(name, reason)

    def lease(self, at_ms: int, names: Collection[str], *, age_s: float = 0.0) -> None:
        """The web says, as of `at_ms`, which sessions may go on; the others end. `age_s`: how late it came."""
        until_s = self._clocks.steady_s() + self._lease_s - age_s
        for name, session in tuple(self._sessions.items()):
            if name in names:
                session.lease_until_s = max(session.lease_until_s, until_s)
            elif at_ms > session.first_ticket_ms + LEASE_GRACE_MS:
                self.end(name, "closed")

    def show_again(self, name: SessionId, viewer: Viewer) -> None:
        """What is to come and the cached pictures once more: the connection stands now, or lost its picture."""
        session = self._sessions.get(name)
        if session is not None and session.viewer is viewer and session.live:
            self.hubs[session.admission.camera].join(viewer, hears=session.hears)

    def left(self, name: SessionId, viewer: Viewer, *, lost: bool) -> None:
        """The viewer's connection is gone: closed by the viewer, or `lost`, and then it may dial again for a moment."""
        session = self._sessions.get(name)
        if session is None or session.viewer is not viewer:
            return
        if not lost:
            self._drop(session, "closed", final=False)
            return
        viewer.over, session.lost_s = True, self._clocks.steady_s()
        hub = self.hubs.get(session.admission.camera)
        if hub is not None:
            hub.leave(viewer)

    def wake(self) -> None:
        """Call before a picture is taken in: a process that was frozen first ends what ran out meanwhile."""
        if self._clocks.steady_s() - self._swept_s > NAP_S:
            self.sweep()

    def sweep(self) -> None:
        """End what ran out; call several times a second."""
        now_s, now_ms = self._clocks.steady_s(), self._clocks.now_ms()
        self._swept_s = now_s
        for name, session in tuple(self._sessions.items()):
            if now_s >= session.ticket_until_s or now_ms >= session.admission.until_ms:
                self.end(name, "expired", final=now_ms >= session.admission.max_until_ms)
            elif session.viewer.over and session.lost_s is None:  # its browser plays nothing of this camera
                self._drop(session, "refused", final=False)
            elif session.lost_s is not None and now_s - session.lost_s > REDIAL_S:
                self.end(name, "closed", final=False)
            elif now_s >= session.lease_until_s:
                self.end(name, "lapsed", final=False)
            elif not session.live and now_s - session.admitted_s > EDGE_ANSWER_S:
                self._drop(session, "refused", final=False)
                session.viewer.refuse("edge:silent")
            elif not session.told_first and session.viewer.sent_shots:
                session.told_first = True
                self._report({"type": "first_frame", "session": name})
        while self._ended and (len(self._ended) > MAX_TOMBSTONES or next(iter(self._ended.values())) < now_s):
            del self._ended[next(iter(self._ended))]

    def _take_over(self, session: Session, admission: Admission, viewer: Viewer) -> Session:
        """The same holder dialled again (a reloaded page): the session goes on there, for edge and web it is one."""
        if admission.ticket.leaf != session.admission.ticket.leaf:
            raise Refused("this session runs under another opening", kind="session-other")
        before, hub = session.viewer, self.hubs.get(admission.camera)
        session.viewer, session.lost_s = viewer, None
        if hub is not None:
            hub.leave(before)
        before.end("superseded")
        if admission.ticket.serial > session.admission.ticket.serial:
            self._go_on(session, admission)
        if session.live:
            self._go_live(session)
        else:
            viewer.say({"type": "stage", "stage": "edge"})
        return session

    def _is_seen_otherwise(self, admission: Admission) -> bool:
        """Does a session see this camera plain while this one is sealed, or the other way round?"""
        others = (it.admission for it in self._sessions.values() if it.admission.camera == admission.camera)
        return any(other.ticket.mode is not admission.ticket.mode for other in others)

    def _go_on(self, session: Session, admission: Admission) -> None:
        session.admission = admission
        session.ticket_until_s = self._clocks.steady_s() + (admission.until_ms - self._clocks.now_ms()) / 1_000
        if session.edge is not None:
            self._need_edges().renew(session.edge, admission.session, admission.ticket_bytes)

    def _go_live(self, session: Session) -> None:
        session.live = True
        session.viewer.say({"type": "stage", "stage": "live"})
        hub = self.hubs[session.admission.camera]
        hub.join(session.viewer, hears=session.hears)
        words = {"camera": "" if hub.state in ALIVE else hub.state, "ptz": session.turning}
        for kind in [kind for kind, state in words.items() if state]:
            session.viewer.say({"type": kind, "state": words[kind]})

    def _drop(self, session: Session, reason: str, *, final: bool, tell_edge: bool = True) -> None:
        name, camera = session.admission.session, session.admission.camera
        del self._sessions[name]
        hub = self.hubs.get(camera)
        if hub is not None:
            hub.leave(session.viewer)
            if session.edge is not None and not any(it.admission.camera == camera for it in self._sessions.values()):
                self.hubs.pop(camera).forget()
        if session.edge is not None and tell_edge:
            self._need_edges().close(session.edge, name, reason)
        if final:
            self._bury(name)
        viewer = session.viewer
        self._report({
            "type": "ended", "session": name, "reason": reason, "pictures": viewer.sent_shots,
            "bytes": viewer.sent_bytes, "dropped": viewer.dropped_shots,
        })  # fmt: skip

    def _bury(self, name: SessionId) -> None:
        self._ended.pop(name, None)
        self._ended[name] = self._clocks.steady_s() + TOMBSTONE_S

    def _need_edges(self) -> Edges:
        if self._edges is None:
            raise Unavailable("no edge links")
        return self._edges
