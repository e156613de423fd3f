"""What passes between an edge and its masking child, over two pipes: records with a fixed head and a bounded body.

To the child: first the mask (JSON), then units. From it: for each unit any number of masked pictures, then one `DONE`
with the unit's number, so that the edge knows how far the child is behind.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_UNIT_BYTES

_HEAD = struct.Struct(">BQI")
HEAD_BYTES = _HEAD.size


class Kind(IntEnum):
    """`MASK`, `DELTA` and `KEY` go in; `DELTA` and `KEY` (pictures) and `DONE` come out."""

    MASK = 0
    DELTA = 1
    KEY = 2
    DONE = 3


@dataclass(frozen=True, slots=True)
class Head:
    """`number`: of the unit that the record is about, rising; `size`: bytes of the body that follows."""

    kind: Kind
    number: int
    size: int


def pack_record(kind: Kind, number: int, body: bytes = b"") -> bytes:
    """One record."""
    return _HEAD.pack(kind, number, len(body)) + body


def parse_head(data: bytes) -> Head:
    """The head in `data` (`HEAD_BYTES`); Malformed for an unknown kind or a body beyond `MAX_UNIT_BYTES`."""
    kind, number, size = _HEAD.unpack(data)
    if kind not in tuple(Kind) or size > MAX_UNIT_BYTES:
        raise Malformed("not a record of a masking child")
    return Head(Kind(kind), number, size)
