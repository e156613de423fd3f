"""Coded pictures of a demuxer or an RTMP publisher become access units: what every such source has to know, once."""

from collections.abc import Iterable

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_UNIT_BYTES
from consentry.media.h264 import AUD, IDR, PPS, SPS, nal_kind, parameter_set_id
from consentry.media.timeline import Timeline
from consentry.media.units import AccessUnit, SourceFault

MAX_PARAMETER_SETS = 32
MAX_NALS = 4_096
_SLICES = frozenset({1, 2, 3, 4, IDR})


class UnitMaker:
    """Learns parameter sets, waits for a key frame, puts times on `timeline`. What the source says is not believed:
    whether a picture is a key is read from its NAL units.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._sets: dict[tuple[int, int], bytes] = {}
        self._waiting = True

    def learn(self, nals: Iterable[bytes]) -> None:
        """Keep the SPS and PPS among `nals`; at most 32, a newer one replaces the one of its id."""
        for nal in nals:
            if nal and nal_kind(nal) in (SPS, PPS):
                try:
                    slot = parameter_set_id(nal)
                except Malformed:
                    continue
                if slot in self._sets or len(self._sets) < MAX_PARAMETER_SETS:
                    self._sets[slot] = nal

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
        self.learn(nals)
        kinds = {nal_kind(nal) for nal in nals}
        if not kinds & _SLICES:
            return None
        key = IDR in kinds
        self._waiting = self._waiting and not key
        if self._waiting:
            return None
        pictures = tuple(nal for nal in nals if nal_kind(nal) not in (SPS, PPS, AUD))
        placed_us = self._timeline.place(source_us, arrival_us)
        return AccessUnit(0, placed_us, (*self._known_sets(), *pictures) if key else pictures, key, arrival_us)

    def _known_sets(self) -> tuple[bytes, ...]:
        if {kind for kind, _ in self._sets} != {SPS, PPS}:
            raise SourceFault("no-parameter-sets", "the source sends no SPS and PPS, so nobody can decode it")
        return tuple(self._sets[slot] for slot in sorted(self._sets))
