"""What a redaction's child and its parent say to each other over two pipes: a kind, a size, a body.

The child asks for bytes of the original (`READ`) and gets them behind their length; everything else it says is an
answer. The parent believes nothing of it beyond the bounds here.
"""

import struct
from enum import IntEnum
from typing import IO, BinaryIO

HEAD = struct.Struct(">BI")
READ = struct.Struct(">IQI")  # part, offset, size
SHAPE = struct.Struct(">HH?")  # width and height as shown, has sound
FRAME = struct.Struct(">Q?")  # at_us, key
FINDS_HEAD = struct.Struct(">I")  # frame
FIND = struct.Struct(">iiiiH")  # box, score in per mille
DONE = struct.Struct(">I")  # frames
LENGTH = struct.Struct(">I")


class Said(IntEnum):
    """The kinds of what a child says."""

    READ = 1
    SHAPE = 2
    FRAME = 3
    FINDS = 4
    OUT = 5
    AT = 6
    FAULT = 7
    DONE = 8


MOST_BYTES = {
    Said.READ: READ.size, Said.SHAPE: SHAPE.size, Said.FRAME: FRAME.size, Said.FINDS: 16_384, Said.OUT: 8_388_608,
    Said.AT: DONE.size, Said.FAULT: 32, Said.DONE: DONE.size,
}  # fmt: skip
FAULTS = frozenset({"damaged", "too-large", "no-video", "no-frame", "uncovered", "unsupported"})


def say(sink: BinaryIO, kind: Said, body: bytes = b"") -> None:
    """Write one record and see that it leaves."""
    sink.write(HEAD.pack(kind, len(body)) + body)
    sink.flush()


def give(sink: IO[bytes], body: bytes) -> None:
    """The parent's side: bytes behind their length."""
    sink.write(LENGTH.pack(len(body)) + body)
    sink.flush()


def take(source: BinaryIO) -> bytes:
    """The child's side of `give`; EOFError when the parent is gone."""
    head = source.read(LENGTH.size)
    if len(head) != LENGTH.size:
        raise EOFError
    (size,) = LENGTH.unpack(head)
    body = source.read(size)
    if len(body) != size:
        raise EOFError
    return body
