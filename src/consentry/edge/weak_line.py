"""A home whose uplink is weak sends its cameras' smaller streams alone, as long as it is; per camera, on one link.

Down and up as for viewers (`media/line.py`): down after two seconds with losses, up after twenty good ones, twice as
long after a try that failed. The gateway is told, asks for the smaller stream, and moves its viewers at a key unit.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from consentry.kernel.ids import CameraId
from consentry.media.line import Level, Line

JUDGE_EVERY_S = 1.0
# A smaller stream that stands still for so long is none: the large one goes on.
LOW_SILENT_S = 3.0


@dataclass(slots=True)
class _Way:
    line: Line = field(default_factory=Line)
    lost: int = 0
    is_weak: bool = False
    judged_s: float = float("-inf")
    low_s: float = float("-inf")


class WeakLine:
    """Owned by an `Uplink`. `offers`: has this camera a smaller stream that may leave? `say` tells the gateway."""

    def __init__(self, say: Callable[[Mapping[str, Any]], None], offers: Callable[[CameraId], bool]) -> None:
        self._say, self._offers = say, offers
        self._ways: dict[CameraId, _Way] = {}

    def note_lost(self, camera: CameraId, count: int) -> None:
        """The line was too slow for so many units."""
        self._way(camera).lost += count

    def note_low(self, camera: CameraId) -> bool:
        """A unit of the smaller stream is about to leave; True for the first one that takes the large one's place."""
        way, now_s = self._way(camera), time.monotonic()
        is_first = way.is_weak and not self._stands_in(way, now_s)
        way.low_s = now_s
        return is_first

    def holds(self, camera: CameraId) -> bool:
        """Does the smaller stream stand for the large one, which stays at home? Looks at the line once a second."""
        way, now_s = self._way(camera), time.monotonic()
        if now_s - way.judged_s >= JUDGE_EVERY_S:
            way.judged_s = now_s
            self._judge(camera, way, now_s)
        return way.is_weak and self._stands_in(way, now_s)

    def tell(self, camera: CameraId) -> None:
        """Another look at this camera began: its gateway may not know."""
        way = self._ways.get(camera)
        if way is not None and way.is_weak:
            self._say({"type": "uplink", "camera": camera, "weak": True})

    def forget(self, camera: CameraId) -> None:
        """No look of it runs any more: the next one begins with all of it."""
        self._ways.pop(camera, None)

    def _way(self, camera: CameraId) -> _Way:
        found = self._ways.get(camera)
        if found is None:
            found = self._ways[camera] = _Way()
        return found

    def _judge(self, camera: CameraId, way: _Way, now_s: float) -> None:
        has_small = self._offers(camera)
        level = way.line.judge(way.lost, now_s, has_small=has_small)
        is_weak = has_small and level is not Level.FULL
        if is_weak != way.is_weak:
            way.is_weak = is_weak
            self._say({"type": "uplink", "camera": camera, "weak": is_weak})

    @staticmethod
    def _stands_in(way: _Way, now_s: float) -> bool:
        return now_s - way.low_s < LOW_SILENT_S
