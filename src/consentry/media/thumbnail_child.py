"""The child that makes thumbnails: a small program that decodes nothing itself and forks once for each key unit.

Run as `python -I -m consentry.media.thumbnail_child`: a length (4 bytes) and a unit on stdin, 1 byte and, when that is
1, the thumbnail on stdout. Each unit is decoded in a process of its own that holds no pipe but its answer's and gives
up its rights first, so one hostile camera can neither read nor forge another's picture.
"""

import hashlib
import os
import struct
import sys

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from consentry.kernel.limits import MAX_UNIT_BYTES
from consentry.media.camera_eye import HIGH, THUMBNAIL_BYTES, WIDE
from consentry.media.coding import coding_of_key
from consentry.media.h264 import from_avcc
from consentry.media.sandbox import give_up_rights

_SIZE = struct.Struct(">I")


def main() -> None:
    """Answer one unit after the other until stdin ends."""
    shrink(VideoFrame(64, 64, "yuv420p"))  # loads what it loads before any fork
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(_SIZE.size)) == _SIZE.size:
        size = _SIZE.unpack(head)[0]
        unit = source.read(size) if size <= MAX_UNIT_BYTES else b""
        made = _apart(unit)
        sink.write(b"\x01" + made if len(made) == THUMBNAIL_BYTES else b"\x00")
        sink.flush()


def _apart(unit: bytes) -> bytes:
    """`thumbnail_of` in a process of its own; b"" when it fails."""
    answer, mine = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(0)
        os.close(1)
        os.close(answer)
        status = 1
        try:
            give_up_rights()
            os.write(mine, thumbnail_of(unit))
            status = 0
        finally:
            os._exit(status)
    os.close(mine)
    with os.fdopen(answer, "rb") as pipe:
        made = pipe.read(THUMBNAIL_BYTES + 1)
    _, status = os.waitpid(child, 0)
    return made if os.waitstatus_to_exitcode(status) == 0 else b""


def thumbnail_of(unit: bytes) -> bytes:
    """Grey levels, row by row, and SHA-256 of the brightness plane of one key unit (length-prefixed NALs)."""
    nals = from_avcc(unit)
    decoder = VideoCodecContext.create(coding_of_key(nals).decoder, "r")
    packet = av.Packet(b"".join(b"\x00\x00\x00\x01" + nal for nal in nals))
    for frame in [*decoder.decode(packet), *decoder.decode(None)]:
        return shrink(frame)
    raise ValueError("no picture inside")


def shrink(frame: VideoFrame) -> bytes:
    """A frame as `THUMBNAIL_BYTES`."""
    small = frame.reformat(WIDE, HIGH, "gray", interpolation="AREA")
    plane = small.planes[0]
    rows, line = memoryview(plane).cast("B"), plane.line_size
    grey = b"".join(bytes(rows[row * line : row * line + WIDE]) for row in range(HIGH))
    return grey + hashlib.sha256(memoryview(frame.planes[0])).digest()


if __name__ == "__main__":
    main()
