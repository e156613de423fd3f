"""City cameras that push to us: RTMP here, and whoever else brings a key to `places`. A key opens one camera."""

import functools

from consentry.gateway.hub import CameraHub, Tap
from consentry.gateway.sessions import Report, Sessions
from consentry.gateway.state import ControlState
from consentry.kernel.ids import CameraId
from consentry.media.outlet import Besides, Outlet
from consentry.media.push_places import Place, PushPlaces
from consentry.media.rtmp_server import RtmpServer
from consentry.media.units import AccessUnit, SoundUnit


class PushedCameras:
    """Which cameras may push, and their hubs. `open` listens for RTMP; without it only `places` is used."""

    def __init__(self, sessions: Sessions, report: Report, taps: tuple[Tap, ...] = ()) -> None:
        self.places = PushPlaces()
        self._sessions, self._report, self._taps = sessions, report, taps
        self._known: dict[CameraId, Place] = {}
        self._rtmp: RtmpServer | None = None

    @property
    def rtmp_port(self) -> int | None:
        """The port that is listened on, None when there is none."""
        return None if self._rtmp is None else self._rtmp.port

    async def open(self, host: str, rtmp_port: int) -> None:
        """Listen for RTMP; OSError when the port is taken."""
        self._rtmp = RtmpServer(self.places, host, rtmp_port)
        await self._rtmp.start()

    async def close(self) -> None:
        """Cut every publisher off."""
        self.places.set({})
        if self._rtmp is not None:
            await self._rtmp.stop()

    def take_state(self, state: ControlState) -> None:
        """Exactly the cameras of `state` with a key may push; one that is gone or has a new key is cut off."""
        due = {camera: entry.push_sha256 for camera, entry in state.public_cameras.items() if entry.push_sha256}
        for camera in self._known.keys() - due.keys():
            self._forget(camera, gone=camera not in state.public_cameras)
        for camera, digest in due.items():
            known = self._known.get(camera)
            if known is None or known.key_sha256 != digest:
                self._known[camera] = Place(digest, known.outlet if known else self._outlet(camera))
        for camera, place in self._known.items():
            self._allow_sound(camera, place.outlet, allowed=state.public_cameras[camera].audio)
        self.places.set({str(camera): place for camera, place in self._known.items()})

    def states(self) -> dict[CameraId, str]:
        """The state of each camera that may push."""
        return {camera: self._sessions.hubs[camera].state for camera in self._known}

    def _outlet(self, camera: CameraId) -> Outlet:
        hub = self._sessions.hubs.setdefault(camera, CameraHub(camera, self._taps))
        return Outlet(functools.partial(self._take, hub), functools.partial(self._tell, hub))

    def _take(self, hub: CameraHub, unit: AccessUnit) -> None:
        self._sessions.wake()
        hub.take(unit)

    def _allow_sound(self, camera: CameraId, outlet: Outlet, *, allowed: bool) -> None:
        """Its manager says whether it may be heard; off, and what is pushed of sound is dropped unread."""
        hub = self._sessions.hubs[camera]
        hub.allow_sound(allowed=allowed)
        if allowed != outlet.hears:
            outlet.besides = Besides(sound=functools.partial(self._take_sound, hub)) if allowed else Besides()

    def _take_sound(self, hub: CameraHub, unit: SoundUnit) -> None:
        self._sessions.wake()
        hub.take_sound(unit)

    def _forget(self, camera: CameraId, *, gone: bool) -> None:
        del self._known[camera]
        if gone:
            self._sessions.end_where(lambda session: session.admission.camera == camera, "camera_gone")
            hub = self._sessions.hubs.pop(camera, None)
            if hub is not None:
                hub.forget()

    def _tell(self, hub: CameraHub, state: str) -> None:
        """As for cameras that we dial: a fault stays until there is a picture again."""
        if state not in ("connecting", hub.state):
            hub.tell_state(state)
            self._report({"type": "push_health", "cameras": {hub.camera: state}})
