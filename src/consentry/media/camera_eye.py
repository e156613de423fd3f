"""What is wrong with a camera's pictures although they keep coming: frozen, moved, covered, its clock off. Pure.

Works on tiny grey pictures (`thumbnails`) taken every few seconds and on the sizes of the units between them; the
clock is the caller's. It warns; what follows from a warning is for others to decide.
"""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from consentry.media.coding import CODINGS
from consentry.media.units import AccessUnit

WIDE, HIGH = 32, 18
THUMBNAIL_BYTES = WIDE * HIGH + 32
WARNINGS = ("clock-drift", "covered", "frozen", "view-moved")

FROZEN_S = 60.0
# A slice that says nothing but "as before" has a header and a run of skips.
_SKIP_BYTES = 24
_SAME_LEVELS = 2
MAX_CLOCK_OFF_US = 2_000_000
# Grey levels (0 to 255): a mean below the first, or a spread below the second, shows nothing to anybody; below the
# third the edges are more noise than street.
_DARK_LEVEL, _FLAT_SPREAD, _LEAST_SPREAD = 8, 4.0, 8.0
# Likeness of structure, -1 to 1, over the median of five pictures, which leaves out who walks and drives by. Measured
# on two streets: from 0.86 up in traffic, from 0.66 up with other light, below 0.5 once turned by a tenth of the view.
_MOVED_BELOW, _LEARN_ABOVE = 0.55, 0.75
_LEARN = 0.05
_TOGETHER, _TIMES = 5, 2
_LEAST_CELLS = 100


@dataclass(frozen=True)
class Thumbnail:
    """One picture as `grey`: uint8[18, 32], row by row; `digest`: of the whole decoded picture."""

    grey: bytes
    digest: bytes


@dataclass(frozen=True)
class Reference:
    """The structure that a view had when its owner agreed to it: strength of edges per cell, 0 where it is masked."""

    edges: tuple[float, ...]


class Eye:
    """Watches one camera. `ignored`: cells (row · 32 + column) that a mask covers.

    `reference` is None until the first picture; keep it, so that a camera turned while we were off is noticed.
    """

    def __init__(self, *, ignored: Iterable[int] = (), reference: Reference | None = None, now_s: float) -> None:
        self.reference = reference
        self._cells = tuple(sorted(set(range(WIDE * HIGH)) - set(ignored)))
        self._last_s = self._still_since_s = now_s
        self._deltas = 0
        self._first: Thumbnail | None = None
        self._clock_off_us: int | None = None
        self._recent: deque[tuple[float, ...]] = deque(maxlen=_TOGETHER)
        self._covered = self._moved = 0

    def note_unit(self, unit: AccessUnit, now_s: float) -> None:
        """Each unit as it comes."""
        self._last_s = now_s
        if unit.clock_off_us is not None:
            self._clock_off_us = unit.clock_off_us
        if unit.key:
            return
        self._deltas += 1
        if _longest_slice_bytes(unit) > _SKIP_BYTES:
            self._still_since_s = now_s

    def note_thumbnail(self, thumbnail: Thumbnail, now_s: float) -> None:
        """A picture of now, every few seconds."""
        first = self._first
        # Where only key frames come, none of them says "as before": the whole picture tells.
        is_other = first is None or (self._deltas == 0 and first.digest != thumbnail.digest)
        if first is None or is_other or not _is_same(first.grey, thumbnail.grey):
            self._first, self._still_since_s = thumbnail, now_s
        self._deltas = 0
        mean, spread = self._levels(thumbnail.grey)
        self._covered = self._covered + 1 if mean < _DARK_LEVEL or spread < _FLAT_SPREAD else 0
        if spread >= _LEAST_SPREAD and len(self._cells) >= _LEAST_CELLS:
            self._compare(thumbnail.grey)

    def warnings(self, now_s: float) -> tuple[str, ...]:
        """What is wrong now, in alphabetical order; empty while no picture comes (that is a fault of its own)."""
        if now_s - self._last_s > FROZEN_S:
            return ()
        off_us = self._clock_off_us
        found = {
            "clock-drift": off_us is not None and abs(off_us) > MAX_CLOCK_OFF_US,
            "covered": self._covered >= _TIMES,
            "frozen": self._first is not None and now_s - self._still_since_s >= FROZEN_S,
            "view-moved": self._moved >= _TIMES,
        }
        return tuple(name for name in WARNINGS if found[name])

    def _levels(self, grey: bytes) -> tuple[float, float]:
        """Mean and spread of what no mask covers."""
        levels = [grey[cell] for cell in self._cells] or [255]
        mean = sum(levels) / len(levels)
        return mean, math.sqrt(sum((level - mean) ** 2 for level in levels) / len(levels))

    def _compare(self, grey: bytes) -> None:
        self._recent.append(edges_of(grey))
        if len(self._recent) < _TOGETHER:
            return
        lasting = tuple(map(median, zip(*self._recent, strict=True)))
        if self.reference is None:
            self.reference = Reference(lasting)
        old = self.reference.edges
        alike = likeness([old[cell] for cell in self._cells], [lasting[cell] for cell in self._cells])
        self._moved = self._moved + 1 if alike < _MOVED_BELOW else 0
        if alike > _LEARN_ABOVE:  # light and seasons change slowly; whoever turns the camera does not
            self.reference = Reference(tuple(o + _LEARN * (n - o) for o, n in zip(old, lasting, strict=True)))


def edges_of(grey: Sequence[int]) -> tuple[float, ...]:
    """Strength of the edges around each cell: how it differs from its right and lower neighbours, root-damped so that
    one bright lamp does not outweigh the rest.
    """
    found = []
    for cell in range(WIDE * HIGH):
        row, column = divmod(cell, WIDE)
        right = grey[cell + 1] - grey[cell] if column + 1 < WIDE else 0
        below = grey[cell + WIDE] - grey[cell] if row + 1 < HIGH else 0
        found.append(math.sqrt(math.hypot(right, below)))
    return tuple(found)


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    """Correlation, -1 to 1; 0 when one of them has no structure."""
    mean_one, mean_other = sum(one) / len(one), sum(other) / len(other)
    both = sum((a - mean_one) * (b - mean_other) for a, b in zip(one, other, strict=True))
    size = math.sqrt(sum((a - mean_one) ** 2 for a in one) * sum((b - mean_other) ** 2 for b in other))
    return both / size if size else 0.0


def _longest_slice_bytes(unit: AccessUnit) -> int:
    nals = unit.nals
    if len(nals) == 1:  # most pictures
        return len(nals[0])
    coding = CODINGS[unit.codec]
    return max((len(nal) for nal in nals if coding.kind(nal) in coding.slices), default=0)


def _is_same(one: bytes, other: bytes) -> bool:
    return all(abs(a - b) <= _SAME_LEVELS for a, b in zip(one, other, strict=True))
