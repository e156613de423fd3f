"""Does something move before a camera? Pure; the clock is the caller's.

Two steps, since decoding all is dear: the coded sizes of the pictures between key frames say for nothing when a scene
is restless; only then is a thumbnail of the next key frame held against the background. So a mover is told at the next
key frame, within one to two seconds for most cameras, and one that came and went between two of them is missed.
"""

from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from statistics import median

from consentry.media.camera_eye import HIGH, WIDE
from consentry.media.coding import CODINGS
from consentry.media.units import AccessUnit

# How often the background is looked at while nothing happens, and how long one movement is one event.
QUIET_LOOK_S, SAME_MOVEMENT_S = 10.0, 30.0
_WINDOW_S, _WINDOWS = 0.5, 120
_FOLLOW = 0.2


class Sensitivity(StrEnum):
    """How little counts: `high` a person far off, `low` a car before the house."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


# Per sensitivity: times the usual size that is restless; levels by which a cell changed; how many such cells.
_BOUNDS = {
    Sensitivity.LOW: (2.0, 30, 12),
    Sensitivity.MEDIUM: (1.5, 20, 5),
    Sensitivity.HIGH: (1.2, 12, 2),
}


class MotionSense:
    """One camera. Call `note_unit` for each unit and, when it returns True, `note_thumbnail` with that key unit's."""

    def __init__(self, sensitivity: Sensitivity) -> None:
        self._restless_from, self._level, self._cells = _BOUNDS[sensitivity]
        self._usual: deque[int] = deque(maxlen=_WINDOWS)
        self._window_ends_s = 0.0
        self._window_bytes = 0
        self._is_restless = True
        self._looked_s = float("-inf")
        self._moved_s = float("-inf")
        self._background: list[float] = []

    def note_unit(self, unit: AccessUnit, now_s: float) -> bool:
        """Take the next unit; True when this key unit should be looked at."""
        if not unit.key:
            coding = CODINGS[unit.codec]
            self._window_bytes += sum(len(nal) for nal in unit.nals if coding.kind(nal) in coding.slices)
        if now_s >= self._window_ends_s:
            self._end_window(now_s)
        if not unit.key or not (self._is_restless or now_s - self._looked_s >= QUIET_LOOK_S):
            return False
        self._is_restless, self._looked_s = False, now_s
        return True

    def note_thumbnail(self, grey: bytes, now_s: float) -> bool:
        """Hold uint8[18, 32] against the background; True when a movement begins, once for as long as it lasts."""
        if not self._background:
            self._background = [float(level) for level in grey]
            return False
        gain, base = _light(self._background, grey)
        changed = sum(
            abs(level - gain * before - base) > self._level
            for level, before in zip(grey, self._background, strict=True)
        )
        for cell in range(WIDE * HIGH):
            self._background[cell] += _FOLLOW * (grey[cell] - self._background[cell])
        if changed < self._cells:
            return False
        begins = now_s - self._moved_s > SAME_MOVEMENT_S
        self._moved_s = now_s
        return begins

    def _end_window(self, now_s: float) -> None:
        usual = median(self._usual) if self._usual else 0
        if self._window_bytes > self._restless_from * usual:
            self._is_restless = True
        self._usual.append(self._window_bytes)
        self._window_bytes, self._window_ends_s = 0, now_s + _WINDOW_S


def _light(before: Sequence[float], now: bytes) -> tuple[float, float]:
    """Gain and base that a cloud or the camera's own exposure put on all cells alike (least squares)."""
    count = len(before)
    mean_before, mean_now = sum(before) / count, sum(now) / count
    spread = sum((level - mean_before) ** 2 for level in before)
    both = sum((old - mean_before) * (new - mean_now) for old, new in zip(before, now, strict=True))
    gain = min(2.0, max(0.5, both / spread)) if spread else 1.0
    return gain, mean_now - gain * mean_before
