"""What the helper process says on its standard output, and how it is read: a small struct before each payload.

offset  bytes  field
     0      1  kind: 1 parameter sets, 2 picture, 3 KLV packet, 4 what is wrong (a word of `units.FAULT_KINDS`),
               5 a piece of sound, 6 how pictures are coded (`h265`; H.264 is not said), before the first of them
     1      8  pts_us, the source's own presentation time, signed, big-endian; for kinds 1, 4 and 6 it is 0
     9      4  length of the payload, big-endian, at most `MAX_UNIT_BYTES`
    13      …  kinds 1 and 2: NAL units behind 4-byte lengths; kind 3: the packet; kinds 4 and 6: the word;
               kind 5: as in `sound_box`

The helper has read hostile input, so the reader believes nothing: every length is bounded before it is waited for.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from consentry.kernel.limits import MAX_SOUND_BYTES, MAX_UNIT_BYTES

HEAD = struct.Struct(">BqI")
MAX_KLV_BYTES = 65_536
MAX_TIME_US = 1 << 60


class Said(IntEnum):
    """What a frame carries."""

    SETS = 1
    PICTURE = 2
    KLV = 3
    FAULT = 4
    SOUND = 5
    CODING = 6


MOST_BYTES = {Said.SETS: 65_536, Said.PICTURE: MAX_UNIT_BYTES, Said.KLV: MAX_KLV_BYTES, Said.FAULT: 64,
              Said.SOUND: MAX_SOUND_BYTES, Said.CODING: 16}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChildFrame:
    """One frame; times in microseconds on the source's clock."""

    said: Said
    pts_us: int
    payload: bytes


def pack_frame(said: Said, pts_us: int, payload: bytes) -> bytes:
    """The bytes of one frame."""
    return HEAD.pack(said, pts_us, len(payload)) + payload
