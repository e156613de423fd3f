"""Coded pictures of a demuxer or an RTMP publisher become access units: what every such source has to know, once."""

from collections.abc import Iterable

from consentry.kernel.limits import MAX_UNIT_BYTES
from consentry.media.coding import H264, Coding, SetBook
from consentry.media.timeline import Timeline
from consentry.media.units import AccessUnit, SourceFault

MAX_NALS = 4_096


class UnitMaker:
    """Learns parameter sets, waits for a key frame, puts times on `timeline`. What the source says is not believed:
    whether a picture is a key is read from its NAL units.
    """

    def __init__(self, timeline: Timeline, coding: Coding = H264) -> None:
        self._timeline, self._coding = timeline, coding
        self._book = SetBook(coding)
        self._waiting = True

    def learn(self, nals: Iterable[bytes]) -> None:
        """Keep the parameter sets among `nals`; a newer one replaces the one of its id."""
        self._book.learn(nals)

    def make(self, nals: tuple[bytes, ...], source_us: int, arrival_us: int) -> AccessUnit | None:
        """The unit of one picture, None before the first key frame or when there is no picture in it.

        Args:
            source_us: presentation time on the source's own clock; may jump.
            arrival_us: UTC microseconds; becomes the unit's wall clock.

        Raises:
            SourceFault: `no-parameter-sets` at a key frame without any; `protocol` for a picture beyond the limits.
        """
        if len(nals) > MAX_NALS or sum(map(len, nals)) > MAX_UNIT_BYTES:
            raise SourceFault("protocol", "the source sends pictures beyond the limits")
        self._book.learn(nals)
        coding = self._coding
        kinds = {coding.kind(nal) for nal in nals}
        if not kinds & coding.slices:
            return None
        key = bool(kinds & coding.keys)
        self._waiting = self._waiting and not key
        if self._waiting:
            return None
        placed_us = self._timeline.place(source_us, arrival_us)
        carried = self._book.in_front_of(nals) if key else coding.carried(nals)
        return AccessUnit(0, placed_us, carried, key, arrival_us, codec=coding.name)
