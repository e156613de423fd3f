"""Many entries that look alike, held at once against one whose shape is proven already.

Most of a log is calls of few feeds: the same bytes but for a hash and a time. One of them is proven by its shape; a
`Form` says, byte by byte, what may stand where in others of the same length, so that numpy compares many at once.
A form never accepts what the shape of the proven entry would not.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consentry.kernel.tiles import Bundle, Run

# Fewer are not worth the fixed cost of a handful of numpy calls.
MIN_ALIKE = 16
MAX_FORMS = 64
# A form is held against so much at once: it stays in a processor's second cache, and long entries take no more memory.
STRIP_BYTES = 65_536
# Read from pair to pair, so that it is never out of step. `kind` and `v` stay as they are, other values may differ.
_PAIR = re.compile(rb'"([^"]*)":(?:"([^"]*)"|(-?)([0-9]+)|\{)')
_KEPT = (b"kind", b"v")
_FIRST, _LAST = ord("#"), ord("~")


@dataclass(frozen=True)
class Form:
    """`low`, `width`: uint8[n · length], n times what may stand at each byte: `[low, low + width]`.

    `length` counts the two bytes before an entry; `slashes`: how many backslashes those are. A text may differ in what
    lies from `#` to `~`, its blanks stay where they are: so it has no quote, and its backslashes would be too many.
    """

    low: NDArray[np.uint8]
    width: NDArray[np.uint8]
    scratch: NDArray[np.uint8]
    length: int
    slashes: int

    @classmethod
    def of(cls, proven: bytes) -> "Form":
        """The form of an entry of a proven shape, its length (uint16 big-endian) before it as in a bundle."""
        head = len(proven).to_bytes(2, "big")
        low = np.frombuffer(head + proven, np.uint8).copy()
        high = low.copy()
        for found in _PAIR.finditer(proven):
            if found[1] in _KEPT:
                continue
            start, end = (2 + place for place in found.span(4 if found[2] is None else 2))
            if found[2] is not None:
                free = start + np.flatnonzero(low[start:end] >= _FIRST)
                low[free], high[free] = _FIRST, _LAST
            elif found[4] is not None:
                low[start:end], high[start:end] = ord("0"), ord("9")
                low[start] = ord("0") if end - start == 1 and not found[3] else ord("1")  # no 012, no -0
        count = max(1, STRIP_BYTES // len(low))
        tiled = np.tile(low, count), np.tile(high - low, count)
        return cls(*tiled, np.empty(count * len(low), np.uint8), len(low), head.count(b"\\"))

    def fits(self, block: bytes) -> bool:
        """Whether everything in `block`, entries with their lengths before them, is like it."""
        slashes = block.count(b"\\") if b"\\" in block else 0  # to look for one is ten times as fast as to count
        if slashes != len(block) // self.length * self.slashes:
            return False
        data, strip = np.frombuffer(block, np.uint8), len(self.low)
        return all(self._holds(data[at : at + strip]) for at in range(0, len(block), strip))

    def _holds(self, data: NDArray[np.uint8]) -> bool:
        size = len(data)
        # Unsigned: what lies below `low` wraps round to far above `width`.
        above = np.subtract(data, self.low[:size], out=self.scratch[:size])
        return bool(np.less_equal(above, self.width[:size], out=above.view(np.bool_)).all())


class Forms:
    """The forms met so far, by length. `prove` says whether one entry has a declared shape and no story of its own."""

    def __init__(self, prove: Callable[[bytes], bool]) -> None:
        self._prove = prove
        self._known: dict[int, Form] = {}

    def sift(self, bundle: Bundle) -> list[int]:
        """The places, in order, of those entries that must be looked at one by one."""
        by_length: dict[int, list[Run]] = {}
        for run in bundle.runs:
            by_length.setdefault(run.length, []).append(run)
        places = bundle.alone
        for runs in by_length.values():
            if sum(run.width for run in runs) < MIN_ALIKE or not self._fit(bundle, runs):
                places = places + [place for run in runs for place in range(run.first, run.first + run.width)]
        return sorted(places)

    def _fit(self, bundle: Bundle, runs: list[Run]) -> bool:
        length = runs[0].length
        known = self._known.pop(length, None)
        if known is None:
            proven = bundle.entries[runs[0].first]
            if not self._prove(proven):
                return False
            known = Form.of(proven)
        step = length + 2
        block = b"".join([bundle.data[run.at : run.at + run.width * step] for run in runs])
        if not known.fits(block):
            return False  # and forgotten: the next bundle shows another
        if len(self._known) >= MAX_FORMS:
            self._known.clear()
        self._known[length] = known
        return True
