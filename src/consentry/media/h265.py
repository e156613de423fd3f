"""The little of H.265 that carrying needs: sizes and codec name from an SPS, the decoder's configuration record.

Nothing here decodes a picture. Source: ITU-T H.265 7.3.1.2 (header), 7.3.2.2 (SPS), 7.3.3 (profile, tier, level);
ISO/IEC 14496-15 8.3.3.1 (record) and E.3 (name of the codec).
"""

import struct
from dataclasses import dataclass

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_PARAMETER_SET_BYTES
from consentry.media.bits import Bits
from consentry.media.h264 import MAX_SIDE_PX, Picture

VPS, SPS, PPS, AUD, SEI = 32, 33, 34, 35, 39
RASL = frozenset({8, 9})
KEYS = frozenset(range(16, 22))  # IDR, CRA, BLA: nothing that follows is decoded from what was before
SLICES = frozenset(range(10)) | KEYS
_HEAD_BYTES = 2
_MOST_SUB_LAYERS = 7
_SUB_PROFILE_BITS, _SUB_LEVEL_BITS = 88, 8


@dataclass(frozen=True, slots=True)
class _Shape:
    """What an SPS says. `profile`: the 12 bytes of its profile, tier and level; `nested`: of temporal layers."""

    profile: bytes
    sub_layers: int
    nested: int
    set_id: int
    chroma: int
    width_px: int
    height_px: int
    depths: tuple[int, int]


def nal_kind(nal: bytes) -> int:
    """The NAL unit type, 0 to 63."""
    return nal[0] >> 1 & 63


def parameter_set_id(nal: bytes) -> tuple[int, int]:
    """What a VPS, SPS or PPS replaces: (kind, its id); Malformed when it is too short to tell."""
    kind = nal_kind(nal)
    if kind == SPS:
        return kind, _read(nal).set_id
    bits = Bits(nal, _HEAD_BYTES)
    return kind, bits.bits(4) if kind == VPS else bits.ue()


def read_picture(parameter_sets: tuple[bytes, ...]) -> Picture:
    """Codec and size by the first SPS; Malformed when there is no readable one."""
    shape = _read(_first_sps(parameter_sets))
    return Picture(_codec_name(shape.profile), shape.width_px, shape.height_px, shape.chroma, shape.depths)


def hvcc_record(parameter_sets: tuple[bytes, ...]) -> bytes:
    """The HEVCDecoderConfigurationRecord of some VPS, SPS and PPS; Malformed without one of each."""
    arrays = [(kind, [nal for nal in parameter_sets if nal_kind(nal) == kind]) for kind in (VPS, SPS, PPS)]
    if not all(nals for _, nals in arrays) or any(len(nal) > MAX_PARAMETER_SET_BYTES for nal in parameter_sets):
        raise Malformed("a decoder needs VPS, SPS and PPS")
    shape = _read(arrays[1][1][0])
    head = struct.pack(
        ">B12sHBBBBHBB", 1, shape.profile, 0xF000, 0xFC, 0xFC | shape.chroma, 0xF8 | shape.depths[0],
        0xF8 | shape.depths[1], 0, shape.sub_layers << 3 | shape.nested << 2 | 3, len(arrays),
    )  # fmt: skip
    return head + b"".join(
        struct.pack(">BH", 0x80 | kind, len(nals)) + b"".join(struct.pack(">H", len(nal)) + nal for nal in nals)
        for kind, nals in arrays
    )


def read_record(record: bytes) -> tuple[int, tuple[bytes, ...]]:
    """(bytes of a length, the parameter sets) of an HEVCDecoderConfigurationRecord; Malformed when it is none."""
    if len(record) < 23 or record[0] != 1:
        raise Malformed("not an HEVC configuration record")
    sets: list[bytes] = []
    at = 23
    for _ in range(record[22]):
        count = int.from_bytes(record[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            end = at + 2 + int.from_bytes(record[at : at + 2], "big")
            if end > len(record) or end <= at + 2 + _HEAD_BYTES:
                raise Malformed("an HEVC configuration record is cut short")
            sets.append(record[at + 2 : end])
            at = end
    return (record[21] & 3) + 1, tuple(nal for nal in sets if nal_kind(nal) in (VPS, SPS, PPS))


def _first_sps(parameter_sets: tuple[bytes, ...]) -> bytes:
    return next((nal for nal in parameter_sets if nal_kind(nal) == SPS), b"")


def _read(sps: bytes) -> _Shape:
    if len(sps) <= _HEAD_BYTES or nal_kind(sps) != SPS:
        raise Malformed("not an SPS")
    bits = Bits(sps, _HEAD_BYTES)
    bits.bits(4)  # id of the VPS
    more, nested = bits.bits(3), bits.bits(1)
    if more >= _MOST_SUB_LAYERS:
        raise Malformed("not a parameter set")
    profile = bits.bits(96).to_bytes(12, "big")
    _skip_sub_layers(bits, more)
    set_id, chroma = bits.ue(), bits.ue()
    if set_id > 15 or chroma > 3:
        raise Malformed("not a parameter set")
    if chroma == 3:
        bits.bits(1)
    width, height = bits.ue(), bits.ue()
    crop = [bits.ue() for _ in range(4)] if bits.bits(1) else [0, 0, 0, 0]
    unit_x, unit_y = (2 if chroma in (1, 2) else 1), (2 if chroma == 1 else 1)
    width -= unit_x * (crop[0] + crop[1])
    height -= unit_y * (crop[2] + crop[3])
    depths = (bits.ue(), bits.ue())
    if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX) or max(depths) > 7:
        raise Malformed("an SPS says an impossible size")
    return _Shape(profile, more + 1, nested, set_id, chroma, width, height, depths)


def _skip_sub_layers(bits: Bits, more: int) -> None:
    present = [(bits.bits(1), bits.bits(1)) for _ in range(more)]
    if more:
        bits.bits(2 * (8 - more))
    for has_profile, has_level in present:
        bits.bits(_SUB_PROFILE_BITS * has_profile + _SUB_LEVEL_BITS * has_level)


def _codec_name(profile: bytes) -> str:
    """As browsers name it, e.g. `hvc1.1.6.L93.90`."""
    space = ("", "A", "B", "C")[profile[0] >> 6]
    compatible = int(f"{int.from_bytes(profile[1:5], 'big'):032b}"[::-1], 2)
    limits = [f"{byte:X}" for byte in profile[5:11].rstrip(b"\x00")]
    tier = "H" if profile[0] & 0x20 else "L"
    return ".".join(["hvc1", f"{space}{profile[0] & 31}", f"{compatible:X}", f"{tier}{profile[11]}", *limits])
