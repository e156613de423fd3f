"""What of a look is recorded, decided unit by unit: only while the session that was marked is shown here.

The web names marks (`docs/spec/keep.md`), but what it says is not enough: a unit is recorded only if the marked session
is running at this very gateway, with this camera, live and connected, and the unit is not older than the grant. So a
private camera's recording cannot outlast the look, whatever the web says or forgets to say.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from consentry.gateway.hub import CameraHub, Tap
from consentry.gateway.recorder import Event, SegmentRecorder, Tell
from consentry.gateway.sealed_hub import SealedHub
from consentry.gateway.sessions import Session, Sessions
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import PREFIXES, CameraId, RecordingId, SessionId, bytes_of_id
from consentry.kernel.limits import MAX_KEEPS_PER_GATEWAY
from consentry.media.units import AccessUnit


@dataclass(frozen=True)
class Mark:
    """A look that is to be kept. `from_us`: UTC microseconds of the grant's start; nothing older is recorded."""

    recording: RecordingId
    session: SessionId
    camera: CameraId
    from_us: int


@dataclass(frozen=True)
class Keeps:
    """The web's whole word: marks that run, and recordings that are over and wait for our last word on them.

    `vault_keys`: who may acknowledge a segment, as verifier texts.
    """

    marks: Mapping[RecordingId, Mark]
    over: Mapping[RecordingId, CameraId]
    vault_keys: tuple[str, ...] = ()


@dataclass
class _Kept:
    """A mark whose look is being recorded; `is_resting`: it is not shown to anybody just now."""

    mark: Mark
    hub: CameraHub
    tap: Tap
    is_resting: bool = False


class Keeping:
    """Owned by the event loop. `follow` on each word of the web, `sweep` several times a second."""

    def __init__(self, sessions: Sessions, recorder: SegmentRecorder, tell: Tell) -> None:
        self._sessions, self._recorder, self._tell = sessions, recorder, tell
        self._marks: Mapping[RecordingId, Mark] = {}
        self._kept: dict[RecordingId, _Kept] = {}

    def follow(self, keeps: Keeps) -> None:
        """Keep exactly these looks from now on; say of the others that they are over."""
        self._marks = keeps.marks
        for recording, kept in tuple(self._kept.items()):
            if keeps.marks.get(recording) != kept.mark:
                self._end(kept)
        for recording, camera in keeps.over.items():
            self._recorder.stop(recording, camera)
        self.sweep()

    def sweep(self) -> None:
        """Begin what can begin, end what has ended."""
        for kept in tuple(self._kept.values()):
            if self._session_of(kept.mark) is None or self._sessions.hubs.get(kept.mark.camera) is not kept.hub:
                self._end(kept)
        for recording, mark in self._marks.items():
            if recording not in self._kept and self._session_of(mark) is not None:
                self._begin(mark)

    def _session_of(self, mark: Mark) -> Session | None:
        """The marked session, if it is live here with the marked camera."""
        session = self._sessions.find(mark.session)
        if session is None or not session.live or session.admission.camera != mark.camera:
            return None
        return session

    def _begin(self, mark: Mark) -> None:
        hub = self._sessions.hubs.get(mark.camera)
        if hub is None:
            return
        kept = _Kept(mark, hub, _nothing)
        kept.tap = functools.partial(self._take, kept)
        self._kept[mark.recording] = kept
        if isinstance(hub, SealedHub):
            said: Event = {"type": "recorder", "recording": mark.recording, "camera": mark.camera, "state": "sealed"}
            self._tell({**said, "lost_units": 0})
            return
        for unit in hub.tap(kept.tap):
            self._take(kept, mark.camera, unit)

    def _take(self, kept: _Kept, camera: CameraId, unit: AccessUnit) -> None:
        mark, session = kept.mark, self._session_of(kept.mark)
        if session is None:
            self._end(kept)
        elif session.lost_s is not None:
            if not kept.is_resting:
                kept.is_resting = True
                self._recorder.rest(mark.recording, camera)
        elif unit.wallclock_us >= mark.from_us:
            kept.is_resting = False
            self._recorder.take(mark.recording, camera, unit)

    def _end(self, kept: _Kept) -> None:
        kept.hub.untap(kept.tap)
        self._kept.pop(kept.mark.recording, None)
        self._recorder.stop(kept.mark.recording, kept.mark.camera)


def parse_keeps(value: Mapping[str, object]) -> Keeps:
    """The word in a `keeps` event; Malformed for anything odd."""
    marks = [_mark(item) for item in _list(value.get("recordings"))]
    over = [_over(item) for item in _list(value.get("over"))]
    keys = tuple(str(item) for item in _list(value.get("vault_keys")))
    return Keeps({mark.recording: mark for mark in marks}, dict(over), keys)


def _mark(value: object) -> Mark:
    recording, camera = _over(value)
    said = value if isinstance(value, dict) else {}
    from_us = said.get("from_us")
    if not isinstance(from_us, int) or isinstance(from_us, bool) or not 0 <= from_us < 2**53:
        raise Malformed("a mark says from when on")
    return Mark(recording, SessionId(_id(said.get("session"), "session")), camera, from_us)


def _over(value: object) -> tuple[RecordingId, CameraId]:
    if not isinstance(value, dict):
        raise Malformed("a recording is an object")
    return RecordingId(_id(value.get("recording"), "recording")), CameraId(_id(value.get("camera"), "camera"))


def _id(value: object, kind: str) -> str:
    if not isinstance(value, str) or not value.startswith(PREFIXES[kind] + "_"):
        raise Malformed(f"not the id of a {kind}")
    try:
        bytes_of_id(value)
    except ValueError as error:
        raise Malformed(f"not the id of a {kind}") from error
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list) or len(value) > MAX_KEEPS_PER_GATEWAY:
        raise Malformed(f"a list of at most {MAX_KEEPS_PER_GATEWAY}")
    return value


def _nothing(_camera: CameraId, _unit: AccessUnit) -> None:
    """Until the real tap is there."""
