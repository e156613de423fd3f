"""One camera: its units become shots, one group of pictures is kept, all viewers share the same bytes."""

import logging
from collections.abc import Callable

from consentry.gateway.frames import INIT, media_frame, text_frame
from consentry.gateway.sound import HubSound
from consentry.gateway.viewer import Beginning, Shot, Viewer
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import MAX_GOP_BYTES
from consentry.media.coding import sets_of
from consentry.media.fmp4 import Muxer
from consentry.media.units import AccessUnit, SoundUnit

_log = logging.getLogger(__name__)
Tap = Callable[[CameraId, AccessUnit], None]
ALIVE = ("connecting", "online")


class CameraHub:
    """Owned by the event loop. `state`: the source's, in words of `media.units` (`connecting`, `online`, a fault)."""

    def __init__(self, camera: CameraId, taps: tuple[Tap, ...] = ()) -> None:
        self.camera = camera
        self.state = "connecting"
        self.viewers: set[Viewer] = set()
        self._taps = taps
        self._muxer: Muxer | None = None
        self._beginning = Beginning({}, b"")
        self._group: list[Shot] = []
        self._group_bytes = 0
        self._sound = HubSound()
        self._is_heard = False

    def take(self, unit: AccessUnit) -> None:
        """The next unit of the source; anything before a readable key unit is passed over."""
        if unit.key and not self._start_group(unit):
            return
        if self._muxer is None:
            return
        shot = Shot(self._muxer.take(unit), unit)
        self._keep(shot)
        for viewer in tuple(self.viewers):
            viewer.push(shot)
        for tap in self._taps:
            tap(self.camera, unit)

    def take_sound(self, unit: SoundUnit) -> None:
        """The next piece of sound; it goes to those who may hear, to no tap and into no cache."""
        self._sound.take(unit)

    def allow_sound(self, *, allowed: bool) -> None:
        """Of a city camera: its manager says whether all who look may hear; off silences them at once."""
        self._is_heard = allowed
        for viewer in self.viewers:
            self._sound.join(viewer) if allowed else self._sound.leave(viewer)

    def join(self, viewer: Viewer, *, hears: bool = False) -> None:
        """From now on `viewer` gets every picture, the cached ones first unless the camera is known to be dead."""
        self.viewers.add(viewer)
        if hears or self._is_heard:
            self._sound.join(viewer)
        if self._muxer is not None:
            viewer.begin(self._beginning, tuple(self._group) if self.state in ALIVE else ())

    @property
    def profile(self) -> str | None:
        """Profile and level of the camera's H.264, 6 hexadecimal digits; None while it has shown nothing."""
        return self._muxer.picture.codec.removeprefix("avc1.") if self._muxer is not None else None

    @property
    def reorders(self) -> bool:
        """Does the camera send pictures in another order than they are shown (B-frames)?"""
        return self._muxer is not None and self._muxer.reorders

    def leave(self, viewer: Viewer) -> None:
        """Nothing further goes to `viewer`."""
        self.viewers.discard(viewer)
        self._sound.leave(viewer)

    def tell_state(self, state: str) -> None:
        """The source's state changed; viewers see it instead of a frozen picture."""
        if state == self.state:
            return
        self.state = state
        for viewer in self.viewers:
            viewer.say({"type": "camera", "state": state})

    def forget(self) -> None:
        """Drop the cache and whatever could show an old picture."""
        self._muxer, self._group, self._group_bytes = None, [], 0
        self._sound.forget()

    def _start_group(self, unit: AccessUnit) -> bool:
        sets = sets_of(unit)
        if self._muxer is None or sets != self._muxer.parameter_sets:
            try:
                muxer = Muxer(sets, unit.codec)
            except Malformed as error:
                _log.warning("camera %s: %s", self.camera, error)
                self.forget()
                self.tell_state("no-parameter-sets")
                return False
            self._muxer = muxer
            picture = muxer.picture
            told = {"type": "init", "codec": picture.codec, "width": picture.width_px, "height": picture.height_px}
            frames = text_frame(told) + media_frame(INIT, unit.wallclock_us, muxer.init)
            self._beginning = Beginning(told, frames, muxer.init)
            for viewer in self.viewers:
                viewer.begin(self._beginning)
        self._group, self._group_bytes = [], 0
        return True

    def _keep(self, shot: Shot) -> None:
        if not self._group and not shot.key:
            return  # the group grew too large and was given up
        self._group_bytes += shot.size_bytes
        if self._group_bytes > MAX_GOP_BYTES:
            self._group = []
        else:
            self._group.append(shot)
