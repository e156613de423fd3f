"""The child that decodes: one key unit on stdin, one small JPEG on stdout. It gives up its rights first.

Run as `python -I -m consentry.edge.picture_child [most bytes]`; exit code 0 with a JPEG, anything else without.
"""

import sys
from collections.abc import Mapping
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from consentry.kernel.limits import MAX_UNIT_BYTES
from consentry.media.coding import CODINGS, coding_of_key
from consentry.media.h264 import from_avcc
from consentry.media.sandbox import give_up_rights

MAX_JPEG_BYTES = 40_000
WIDTHS_PX = (960, 640, 480, 320)


def main() -> None:
    """Read, give up rights, decode, write."""
    decoders = {name: VideoCodecContext.create(coding.decoder, "r") for name, coding in CODINGS.items()}
    warm = to_jpeg(VideoFrame(64, 64, "yuv420p"), 64)
    unit = sys.stdin.buffer.read(MAX_UNIT_BYTES + 1)
    if not warm or len(unit) > MAX_UNIT_BYTES:
        sys.exit(2)
    give_up_rights()
    max_bytes = int(sys.argv[1]) if len(sys.argv) > 1 else MAX_JPEG_BYTES
    sys.stdout.buffer.write(smallest_jpeg(decode(decoders, unit), max_bytes))


def decode(decoders: Mapping[str, VideoCodecContext], unit: bytes) -> VideoFrame:
    """The picture of one key unit (length-prefixed NALs); `decoders` by the name of the coding."""
    nals = from_avcc(unit)
    decoder = decoders[coding_of_key(nals).name]
    packet = av.Packet(b"".join(b"\x00\x00\x00\x01" + nal for nal in nals))
    for frame in [*decoder.decode(packet), *decoder.decode(None)]:
        return frame
    raise ValueError("no picture inside")


def smallest_jpeg(frame: VideoFrame, max_bytes: int = MAX_JPEG_BYTES) -> bytes:
    """The widest of a few sizes whose JPEG fits a letter."""
    for width in WIDTHS_PX:
        jpeg = to_jpeg(frame, min(width, frame.width))
        if len(jpeg) <= max_bytes:
            return jpeg
    raise ValueError("no size of this picture fits")


def to_jpeg(frame: VideoFrame, width_px: int) -> bytes:
    """JPEG of `frame` scaled to `width_px`, even sizes."""
    height_px = max(2, frame.height * width_px // frame.width // 2 * 2)
    small = frame.reformat(max(2, width_px // 2 * 2), height_px, "yuvj420p")
    encoder = VideoCodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = small.width, small.height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qscale": "6"}
    small.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(small), *encoder.encode(None)])


if __name__ == "__main__":
    main()
