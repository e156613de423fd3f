"""One camera: its units become shots, one group of pictures is kept, all viewers share the same bytes.

Who gets what: the main stream; the smaller sub-stream where the line is weak or the browser cannot play the other one;
few pictures where even that is too much. Never a growing delay. Rules: `media/line.py`; words: docs/spec/view.md.
"""

import logging
import time
from collections.abc import Callable, Mapping

from consentry.gateway.lane import Lane
from consentry.gateway.sound import HubSound
from consentry.gateway.switching import Switching
from consentry.gateway.viewer import Viewer
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId
from consentry.media.units import LOW, MAIN, AccessUnit, SoundUnit

_log = logging.getLogger(__name__)
Tap = Callable[[CameraId, AccessUnit], None]
ALIVE = ("connecting", "online")


class CameraHub:
    """Owned by the event loop. `state`: the source's, in words of `media.units` (`connecting`, `online`, a fault)."""

    def __init__(self, camera: CameraId, taps: tuple[Tap, ...] = ()) -> None:
        self.camera = camera
        self.state = "connecting"
        self.main = Lane()
        self.switching = Switching(self.main)
        # Said to everybody who joins: may a city camera be turned, and where to.
        self.greeting: tuple[Mapping[str, object], ...] = ()
        # What is wrong with its pictures: who looks should not rely on one that stands still.
        self.warnings: tuple[str, ...] = ()
        self._taps = taps
        self._tapped = MAIN
        self._sound = HubSound()
        self._is_heard = False

    @property
    def viewers(self) -> set[Viewer]:
        """All who look, at whichever stream."""
        return self.main.viewers | self.switching.low.viewers

    def take(self, unit: AccessUnit) -> None:
        """The next unit of the source; anything before a readable key unit is passed over."""
        now_s = time.monotonic()
        if unit.track == LOW:
            self._take_low(unit, now_s)
            return
        if unit.key and not self._open(unit):
            return
        if self.main.muxer is None:
            return
        if unit.key:
            self.switching.arrive(self.main)
        self.main.take(unit, now_s)
        self.switching.judge(now_s)
        self._hand_on(unit)

    def _hand_on(self, unit: AccessUnit) -> None:
        """To the taps: the large stream, or the smaller one while that comes instead; it changes at a key unit."""
        if unit.key and (unit.track == MAIN) != self.switching.stands_in:
            self._tapped = unit.track
        if unit.track == self._tapped:
            for tap in self._taps:
                tap(self.camera, unit)

    def tap(self, tap: Tap) -> tuple[AccessUnit, ...]:
        """From now on `tap` gets every unit; what is cached comes back, unless the camera is known to be dead."""
        self._taps = (*self._taps, tap)
        lane = self.main if self._tapped == MAIN else self.switching.low
        return tuple(shot.unit for shot in lane.group) if self.state in ALIVE else ()

    def untap(self, tap: Tap) -> None:
        """Nothing further goes to `tap`."""
        self._taps = tuple(other for other in self._taps if other is not tap)

    def take_sound(self, unit: SoundUnit) -> None:
        """The next piece of sound; it goes to those who may hear, to no tap and into no cache."""
        self._sound.take(unit)

    def allow_sound(self, *, allowed: bool) -> None:
        """Of a city camera: its manager says whether all who look may hear; off silences them at once."""
        self._is_heard = allowed
        for viewer in self.viewers:
            self._sound.join(viewer) if allowed else self._sound.leave(viewer)

    def join(self, viewer: Viewer, *, hears: bool = False) -> None:
        """From now on `viewer` gets every picture, the cached ones first unless the camera is known to be dead.

        One that cannot play any of the camera's streams is refused (`codec`).
        """
        self._greet(viewer)
        lane = self.switching.place(viewer)
        if hears or self._is_heard:
            self._sound.join(viewer)
        if lane is not None:
            lane.begin(viewer, cached=self.state in ALIVE)

    @property
    def profile(self) -> str | None:
        """Profile and level of the camera's H.264, 6 hexadecimal digits; None while it has shown none."""
        found = [lane.muxer.picture.codec for lane in (self.main, self.switching.low) if lane.muxer is not None]
        return next((codec.removeprefix("avc1.") for codec in found if codec.startswith("avc1.")), None)

    @property
    def reorders(self) -> bool:
        """Does the camera send pictures in another order than they are shown (B-frames)?"""
        return self.main.muxer is not None and self.main.muxer.reorders

    def greet(self, *greeting: Mapping[str, object]) -> None:
        """Say this to everybody who looks now and who joins later."""
        if greeting != self.greeting:
            self.greeting = greeting
            for viewer in self.viewers:
                for said in greeting:
                    viewer.say(said)

    def warn(self, words: tuple[str, ...]) -> None:
        """What is wrong with the pictures, said to everybody who looks now and who joins later; () when all is well."""
        if words != self.warnings:
            self.warnings = words
            for viewer in self.viewers:
                viewer.say({"type": "warnings", "words": words})

    def _greet(self, viewer: Viewer) -> None:
        """Before its first picture."""
        if viewer not in self.viewers:
            for said in self.greeting:
                viewer.say(said)
            if self.warnings:
                viewer.say({"type": "warnings", "words": self.warnings})

    def leave(self, viewer: Viewer) -> None:
        """Nothing further goes to `viewer`."""
        self.switching.leave(viewer)
        self._sound.leave(viewer)

    def tell_state(self, state: str) -> None:
        """The source's state changed; viewers see it instead of a frozen picture."""
        if state == self.state:
            return
        self.state = state
        for viewer in self.viewers:
            viewer.say({"type": "camera", "state": state})

    def forget(self) -> None:
        """Drop the cache and whatever could show an old picture; the sub-stream is not asked for any more."""
        self.main.forget()
        self.switching.forget()
        self._sound.forget()

    def _open(self, unit: AccessUnit) -> bool:
        try:
            is_other = self.main.open(unit)
        except Malformed as error:
            _log.warning("camera %s: %s", self.camera, error)
            self.main.forget()
            self._sound.forget()
            self.tell_state("no-parameter-sets")
            return False
        if is_other:
            self.switching.sort()
            self.main.announce()
        return True

    def _take_low(self, unit: AccessUnit, now_s: float) -> None:
        low = self.switching.low
        if not self.switching.is_asked:
            return  # the last ones of a stream that nobody needs any more
        if unit.key:
            try:
                if low.open(unit):
                    low.announce()
            except Malformed as error:
                _log.warning("camera %s, sub-stream: %s", self.camera, error)
                low.forget()
                return
            self.switching.arrive(low)
        low.take(unit, now_s)
        if self.switching.stands_in:
            self.main.rest()
        self.switching.judge(now_s)
        self._hand_on(unit)
