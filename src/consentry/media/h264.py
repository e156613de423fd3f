"""The little of H.264 that carrying needs: sizes and codec name from an SPS, AVC's own length-prefixed layout.

Nothing here decodes a picture. Source: ITU-T H.264 7.3.2.1 (SPS), ISO/IEC 14496-15 5.3.3.1 (AVCC).
"""

import struct
from dataclasses import dataclass

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_PARAMETER_SET_BYTES
from consentry.media.bits import Bits

IDR, SEI, SPS, PPS, AUD = 5, 6, 7, 8, 9
_CHROMA_PROFILES = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
MAX_SIDE_PX = 16_384


@dataclass(frozen=True, slots=True)
class Picture:
    """What an SPS says.

    `codec`: as browsers name it, e.g. `avc1.64001f`; sizes in pixels after cropping; `chroma`: 0 grey, 1 4:2:0,
    2 4:2:2, 3 4:4:4; `depths`: bits of luma and chroma above 8.
    """

    codec: str
    width_px: int
    height_px: int
    chroma: int
    depths: tuple[int, int]


def nal_kind(nal: bytes) -> int:
    """The NAL unit type, 0 to 31."""
    return nal[0] & 31


def parameter_set_id(nal: bytes) -> tuple[int, int]:
    """What an SPS or PPS replaces: (kind, its id); Malformed when it is too short to tell."""
    return nal_kind(nal), Bits(nal, 4 if nal_kind(nal) == SPS else 1).ue()


def read_sps(sps: bytes) -> Picture:
    """Codec and size; Malformed when `sps` is not a readable SPS."""
    if len(sps) < 4 or nal_kind(sps) != SPS:
        raise Malformed("not an SPS")
    bits = Bits(sps, 4)
    profile = sps[1]
    bits.ue()  # id
    chroma, depths = _read_chroma(bits) if profile in _CHROMA_PROFILES else (1, (0, 0))
    _skip_order(bits)
    bits.ue()  # reference frames
    bits.bits(1)
    width_mbs, height_units = bits.ue() + 1, bits.ue() + 1
    frames_only = bits.bits(1)
    if not frames_only:
        bits.bits(1)
    bits.bits(1)
    crop = [bits.ue() for _ in range(4)] if bits.bits(1) else [0, 0, 0, 0]
    unit_x = 2 if chroma in (1, 2) else 1
    unit_y = (2 if chroma == 1 else 1) * (2 - frames_only)
    width = 16 * width_mbs - unit_x * (crop[0] + crop[1])
    height = 16 * height_units * (2 - frames_only) - unit_y * (crop[2] + crop[3])
    if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX):
        raise Malformed("an SPS says an impossible size")
    return Picture(f"avc1.{sps[1:4].hex()}", width, height, chroma, depths)


def avcc_record(parameter_sets: tuple[bytes, ...]) -> bytes:
    """The AVCDecoderConfigurationRecord of some SPS and PPS; Malformed without one of each."""
    sps = [nal for nal in parameter_sets if nal_kind(nal) == SPS]
    pps = [nal for nal in parameter_sets if nal_kind(nal) == PPS]
    if not sps or not pps or len(sps) > 31 or len(pps) > 255 or len(sps[0]) < 4:
        raise Malformed("a decoder needs SPS and PPS")
    record = bytes((1, *sps[0][1:4], 0xFF, 0xE0 | len(sps))) + _sized(sps) + bytes((len(pps),)) + _sized(pps)
    if sps[0][1] in (100, 110, 122, 144):  # high profiles repeat the chroma format and bit depths
        says = read_sps(sps[0])
        record += bytes((0xFC | says.chroma, 0xF8 | says.depths[0], 0xF8 | says.depths[1], 0))
    return record


def to_avcc(nals: tuple[bytes, ...]) -> bytes:
    """NAL units with 4-byte lengths in front of each."""
    return b"".join(avcc_parts(nals))


def avcc_parts(nals: tuple[bytes, ...]) -> list[bytes]:
    """What `to_avcc` joins, for who puts something in front."""
    return [part for nal in nals for part in (len(nal).to_bytes(4, "big"), nal)]


def from_avcc(data: bytes) -> tuple[bytes, ...]:
    """The NAL units of `to_avcc`; Malformed when the lengths do not add up or one is empty."""
    nals, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data) or end <= at + 4:
            raise Malformed("lengths of NAL units do not add up")
        nals.append(data[at + 4 : end])
        at = end
    return tuple(nals)


def from_annex_b(data: bytes) -> tuple[bytes, ...]:
    """The NAL units between start codes, as encoders and files hand them out."""
    starts, at = [], data.find(b"\x00\x00\x01")
    while at >= 0:
        starts.append(at + 3)
        at = data.find(b"\x00\x00\x01", at + 3)
    ends = [*(start - 3 for start in starts[1:]), len(data)]
    nals = [data[start:end].rstrip(b"\x00") for start, end in zip(starts, ends, strict=False)]
    return tuple(nal for nal in nals if nal)


def _sized(nals: list[bytes]) -> bytes:
    if any(len(nal) > MAX_PARAMETER_SET_BYTES for nal in nals):
        raise Malformed("a parameter set is too long")
    return b"".join(struct.pack(">H", len(nal)) + nal for nal in nals)


def _read_chroma(bits: Bits) -> tuple[int, tuple[int, int]]:
    chroma = bits.ue()
    if chroma > 3:
        raise Malformed("not a parameter set")
    if chroma == 3:
        bits.bits(1)
    depths = (bits.ue() & 7, bits.ue() & 7)
    bits.bits(1)
    if bits.bits(1):
        for index in range(12 if chroma == 3 else 8):
            if bits.bits(1):
                _skip_scaling(bits, 16 if index < 6 else 64)
    return chroma, depths


def _skip_scaling(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _skip_order(bits: Bits) -> None:
    bits.ue()  # frame number
    kind = bits.ue()
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.bits(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()
