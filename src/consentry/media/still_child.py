"""The child that makes one still: a video on stdin, a JPEG on stdout. `python -I -m consentry.media.still_child`.

It decodes what strangers sent, so it gives up its rights before it looks at the first byte.
"""

import io
import sys
from fractions import Fraction

import av
import av.subtitles.stream  # else loaded at the first stream, when no file may be opened
from av.video.frame import VideoFrame

from consentry.kernel.limits import MAX_STILL_SOURCE_BYTES
from consentry.media.sandbox import give_up_rights

WIDE_PX = 320
MAX_SIDE_PX = 16_384


def main() -> None:
    """Answer one video."""
    warm = VideoFrame(64, 64, "yuv420p")
    jpeg_of(warm)  # loads what it loads before rights are given up
    data = sys.stdin.buffer.read(MAX_STILL_SOURCE_BYTES)
    give_up_rights()
    sys.stdout.buffer.write(first_of(data))
    sys.stdout.buffer.flush()


def warm_up() -> None:
    """Load what the libraries load late, while files may still be opened: one small video through the whole road."""
    made = io.BytesIO()
    with av.open(made, "w", format="mp4") as target:
        track = target.add_stream("mpeg4", rate=25)
        track.width, track.height, track.pix_fmt = 64, 64, "yuv420p"
        picture = VideoFrame(64, 64, "yuv420p")
        picture.pts = 0
        target.mux([*track.encode(picture), *track.encode(None)])
    first_of(made.getvalue())


def first_of(video: bytes) -> bytes:
    """The first picture of `video` as a JPEG."""
    with av.open(io.BytesIO(video), "r", metadata_errors="ignore") as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        for frame in container.decode(stream):
            return jpeg_of(frame)
    raise ValueError("no picture inside")


def jpeg_of(frame: VideoFrame) -> bytes:
    """The frame, `WIDE_PX` wide at most, as a JPEG."""
    if not 0 < max(frame.width, frame.height) <= MAX_SIDE_PX:
        raise ValueError("a picture of no size")
    width = min(WIDE_PX, frame.width) & ~1 or 2
    height = max(2, frame.height * width // frame.width) & ~1
    small = frame.reformat(width, height, "yuvj420p")
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    return b"".join(bytes(packet) for packet in [*encoder.encode(small), *encoder.encode(None)])


if __name__ == "__main__":
    main()
