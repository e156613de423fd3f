"""The two ways in which pictures are coded that we carry, behind one face: what every source and output must know.

`CODINGS[unit.codec]` is how a unit is read; H.264 is first everywhere, H.265 goes to those who can play it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_PARAMETER_SET_BYTES, MAX_PARAMETER_SETS
from consentry.media import avcc, h264, h265
from consentry.media.h264 import Picture
from consentry.media.units import AccessUnit, SourceFault


@dataclass(frozen=True, slots=True)
class Coding:
    """`kind` of a NAL unit; `sets`: kinds of parameter sets in the order of a key unit; `slices`: kinds that are a
    picture; `keys`: of them, those that begin anew; `dropped`: kinds that are not carried (delimiters, and pictures
    that are decoded from what was before the key frame that they follow).

    `sample`, `record`: names of the boxes in MP4 (ISO/IEC 14496-15); `decoder`: what the libraries call it. Nothing
    here raises but Malformed.
    """

    name: str
    sets: tuple[int, ...]
    slices: frozenset[int]
    keys: frozenset[int]
    dropped: frozenset[int]
    kind: Callable[[bytes], int]
    set_id: Callable[[bytes], tuple[int, int]]
    read_picture: Callable[[tuple[bytes, ...]], Picture]
    write_record: Callable[[tuple[bytes, ...]], bytes]
    read_record: Callable[[bytes], tuple[int, tuple[bytes, ...]]]
    sample: bytes
    record: bytes
    decoder: Literal["h264", "hevc"]

    def sets_in(self, nals: Iterable[bytes]) -> tuple[bytes, ...]:
        """The parameter sets among `nals`, in the order of their kinds."""
        found = [(kind, nal) for nal in nals if (kind := self.kind(nal)) in self.sets]
        return tuple(nal for _, nal in sorted(found, key=lambda item: item[0]))

    def carried(self, nals: Iterable[bytes]) -> tuple[bytes, ...]:
        """What goes on beside the parameter sets."""
        return tuple(nal for nal in nals if (kind := self.kind(nal)) not in self.sets and kind not in self.dropped)


def _read_h264(parameter_sets: tuple[bytes, ...]) -> Picture:
    return h264.read_sps(next((nal for nal in parameter_sets if h264.nal_kind(nal) == h264.SPS), b""))


H264 = Coding(
    "h264", (h264.SPS, h264.PPS), frozenset({1, 2, 3, 4, h264.IDR}), frozenset({h264.IDR}), frozenset({h264.AUD}),
    h264.nal_kind, h264.parameter_set_id, _read_h264, h264.avcc_record, avcc.read_record, b"avc1", b"avcC", "h264",
)  # fmt: skip
H265 = Coding(
    "h265", (h265.VPS, h265.SPS, h265.PPS), h265.SLICES - h265.RASL, h265.KEYS, h265.RASL | {h265.AUD},
    h265.nal_kind, h265.parameter_set_id, h265.read_picture, h265.hvcc_record, h265.read_record,
    b"hvc1", b"hvcC", "hevc",
)  # fmt: skip
CODINGS = {coding.name: coding for coding in (H264, H265)}


def coding_of_key(nals: tuple[bytes, ...]) -> Coding:
    """How a key unit is coded, by what it begins with: only H.265 has a VPS, whose first byte H.264 does not use."""
    return H265 if nals and nals[0][0] == h265.VPS << 1 else H264


def sets_of(unit: AccessUnit) -> tuple[bytes, ...]:
    """The parameter sets inside a unit, (VPS,) SPS first."""
    return CODINGS[unit.codec].sets_in(unit.nals)


class SetBook:
    """The parameter sets that a source showed, by kind and id; a newer one replaces the one of its id."""

    def __init__(self, coding: Coding) -> None:
        self.coding = coding
        self._sets: dict[tuple[int, int], bytes] = {}

    def learn(self, nals: Iterable[bytes]) -> None:
        """Keep those among `nals`: at most `MAX_PARAMETER_SETS`, none that is too long or not readable."""
        coding = self.coding
        for nal in nals:
            if not nal or coding.kind(nal) not in coding.sets or len(nal) > MAX_PARAMETER_SET_BYTES:
                continue
            try:
                slot = coding.set_id(nal)
            except Malformed:
                continue
            if slot in self._sets or len(self._sets) < MAX_PARAMETER_SETS:
                self._sets[slot] = nal

    def in_front_of(self, nals: Iterable[bytes]) -> tuple[bytes, ...]:
        """A key unit: every set that is known, then the picture; SourceFault `no-parameter-sets` without one each."""
        if {kind for kind, _ in self._sets} != set(self.coding.sets):
            raise SourceFault("no-parameter-sets", "no parameter sets come, so nobody can decode it")
        return (*(self._sets[slot] for slot in sorted(self._sets)), *self.coding.carried(nals))
