"""One camera's units on their way into the ring: cut into chunks and segments at key units, on the event loop."""

from collections.abc import Callable

from consentry.edge.ring_writer import Piece
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import RING_CHUNK_BYTES, RING_CHUNK_US, RING_GAP_US, RING_SEGMENT_BYTES, RING_SEGMENT_US
from consentry.media.coding import sets_of
from consentry.media.units import AccessUnit


class Tape:
    """A sink for `CameraFeed.watch`. `put` takes a piece or says False: then it is lost, with the rest of its group.

    A segment begins at a key unit: each ~10 s, after a gap of more than 2 s in the wall clock (also when it steps
    back), when the parameter sets change, and after a loss.
    """

    def __init__(self, camera: CameraId, put: Callable[[Piece], bool]) -> None:
        self._camera, self._put = camera, put
        self._units: list[AccessUnit] = []
        self._chunk_bytes = self._segment_bytes = 0
        self._sets: tuple[bytes, ...] = ()
        self._last_us: int | None = None
        self._start_us: int | None = None  # of the open segment; None: the next key unit opens one
        self._opens = False
        self.taken = 0

    def take(self, unit: AccessUnit) -> None:
        """The next unit in decoding order."""
        self.taken += 1
        self._note_gap(unit)
        if unit.key:
            self._at_key(unit)
        elif self._start_us is None:
            return
        size = sum(map(len, unit.nals))
        self._units.append(unit)
        self._chunk_bytes += size
        self._segment_bytes += size
        spans_us = unit.wallclock_us - self._units[0].wallclock_us
        if spans_us >= RING_CHUNK_US or self._chunk_bytes >= RING_CHUNK_BYTES:
            self.flush()
        if self._segment_bytes >= 2 * RING_SEGMENT_BYTES:
            self._lose_segment()  # a camera that sends no key unit any more: wait for one

    def flush(self) -> None:
        """Hand on what is here."""
        if not self._units:
            return
        piece = Piece(self._camera, tuple(self._units), self._opens, self._chunk_bytes)
        self._units, self._chunk_bytes, self._opens = [], 0, False
        if not self._put(piece):
            self._start_us = None

    def _at_key(self, unit: AccessUnit) -> None:
        self.flush()
        sets = sets_of(unit)
        start_us = self._start_us
        over = start_us is None or unit.wallclock_us - start_us >= RING_SEGMENT_US
        if over or sets != self._sets or self._segment_bytes >= RING_SEGMENT_BYTES:
            self._opens, self._start_us, self._segment_bytes, self._sets = True, unit.wallclock_us, 0, sets

    def _note_gap(self, unit: AccessUnit) -> None:
        if self._last_us is not None and abs(unit.wallclock_us - self._last_us) > RING_GAP_US:
            self._lose_segment()
        self._last_us = unit.wallclock_us

    def _lose_segment(self) -> None:
        self.flush()
        self._start_us = None
