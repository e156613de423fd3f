"""Cuts a span out of the ring into one MP4 file, without decoding: it begins at a key frame at or before the span."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from consentry.edge.ring import Ring, RingSpan
from consentry.edge.ring_files import Opened, read_segment
from consentry.edge.ring_writer import finished_within
from consentry.kernel.clip import ClipSegment
from consentry.kernel.errors import Malformed, NotFound
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import MAX_CLIP_US, RING_GAP_US
from consentry.media.coding import sets_of
from consentry.media.mp4 import Mp4Writer
from consentry.media.units import AccessUnit


@dataclass(frozen=True)
class Cut:
    """What went into the file. `cut` is half-open; `gaps` are holes of more than 2 s inside of it."""

    cut: RingSpan
    gaps: tuple[RingSpan, ...]
    codec: str
    width_px: int
    height_px: int
    units: int
    segments: tuple[ClipSegment, ...]


@dataclass
class _Seen:
    first_us: int | None = None
    last_us: int = 0
    gaps: list[RingSpan] = field(default_factory=list)
    segments: list[ClipSegment] = field(default_factory=list)

    def note(self, unit: AccessUnit) -> None:
        if self.first_us is None:
            self.first_us = self.last_us = unit.wallclock_us
        if unit.wallclock_us - self.last_us > RING_GAP_US:
            self.gaps.append((self.last_us, unit.wallclock_us))
        self.last_us = max(self.last_us, unit.wallclock_us)


def bytes_within(ring: Ring, camera: CameraId, span: RingSpan) -> int:
    """About how large a clip of `span` would be."""
    found = finished_within(ring.place, camera, *span)
    return sum(segment.size_bytes for segment in found)


def cut_span(ring: Ring, camera: CameraId, span: RingSpan, file: BinaryIO) -> Cut:
    """Write what the ring holds of `span` into `file` as an MP4. Blocks; call it in a thread.

    Where the parameter sets change the clip ends, as one file describes one picture size; the cut says so.

    Raises:
        Malformed: a span that is none, or longer than 30 min.
        NotFound: nothing of it is recorded.
        Untrusted: a segment was changed since it was written.
    """
    if not 0 <= span[0] < span[1] < 1 << 53 or span[1] - span[0] > MAX_CLIP_US:
        raise Malformed("A clip is at most 30 minutes long.", kind="clip-span")
    seen, writer = _Seen(), None
    sets: tuple[bytes, ...] = ()
    for unit in _units(ring, camera, span, seen):
        if writer is None:
            sets = sets_of(unit)
            writer = Mp4Writer(file, sets, unit.codec)
        if unit.key and sets_of(unit) != sets:
            seen.segments.pop()  # a segment ends where the sets change: nothing of this one is inside
            break
        writer.put(unit)
        seen.note(unit)
    if writer is None or seen.first_us is None:
        raise NotFound("nothing of this was recorded", kind="span-not-recorded")
    writer.finish()
    picture = writer.picture
    return Cut(
        (seen.first_us, seen.last_us + 1), tuple(seen.gaps), picture.codec, picture.width_px, picture.height_px,
        writer.units, tuple(seen.segments),
    )  # fmt: skip


def units_within(ring: Ring, camera: CameraId, span: RingSpan) -> Iterator[AccessUnit]:
    """What is recorded of `span`, in order, from the key frame before it on; reading blocks. Raises as `cut_span`."""
    return _units(ring, camera, span, _Seen())


def _units(ring: Ring, camera: CameraId, span: RingSpan, seen: _Seen) -> Iterator[AccessUnit]:
    """From the key frame before `span` to its end; notes each segment that was read."""
    begun = False
    for opened, finished in _segments(ring, camera, span):
        seen.segments.append(ClipSegment(opened.start_us, opened.sha256, finished))
        chunks = opened.chunks if begun else opened.chunks[_first_wanted(opened, span[0]) :]
        for chunk in chunks:
            for unit in chunk.units:
                if unit.wallclock_us >= span[1]:
                    return
                begun = True
                yield unit


def _first_wanted(opened: Opened, start_us: int) -> int:
    keys = [number for number, chunk in enumerate(opened.chunks) if chunk.key]
    before = [number for number in keys if opened.chunks[number].first_us <= start_us]
    return before[-1] if before else (keys[0] if keys else len(opened.chunks))


def _segments(ring: Ring, camera: CameraId, span: RingSpan) -> Iterator[tuple[Opened, bool]]:
    """One at a time, as each is held in memory whole; that of now comes last."""
    now = ring.writer.being_written(camera)
    last_us = 0
    for segment in finished_within(ring.place, camera, *span):
        last_us = segment.start_us
        yield read_segment(segment.path_in(ring.place.folder), ring.place.key, camera), True
    if now is not None and now[0] < span[1] and now[1] > span[0] and now[0] > last_us:
        try:
            yield read_segment(now[2], ring.place.key, camera), False
        except NotFound:  # it was finished in the meantime
            for segment in finished_within(ring.place, camera, now[0], now[0] + 1):
                yield read_segment(segment.path_in(ring.place.folder), ring.place.key, camera), True
