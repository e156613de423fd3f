"""The child that makes one picture anew. `python -I -m consentry.neighbors.picture_child`.

On stdin: a JSON line `{form, most_px, covers, finder_bytes, picture_bytes, look_px, least_pm}`, the finder's bytes,
the picture's bytes. On stdout: a JSON line `{width_px, height_px, faces, jpeg_bytes}`, then the JPEG. It gives up its
rights before it looks at the picture, decodes one frame, paints the covers over it and encodes it; nothing else of the
file comes along: no place, no time, no device, no thumbnail with the faces uncovered.
"""

import ctypes
import io
import json
import signal
import sys
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from consentry.evidence.redact.burn import cells_of
from consentry.evidence.redact.decode import fill_plane, pixels_of
from consentry.evidence.redact.types import Box
from consentry.evidence.redact.yunet import Face, FaceFinder, apart, sizes_to_look_at
from consentry.kernel.limits_residents import MAX_PICTURE_PX
from consentry.kernel.mask import MASK_SPAN
from consentry.media.sandbox import give_up_rights

MAX_MEMORY_BYTES = 2 * 1024 * 1024 * 1024
MAX_CPU_S = 20
_PR_SET_PDEATHSIG = 1
_DEMUXERS = {"jpeg": "jpeg_pipe", "png": "png_pipe", "webp": "webp_pipe"}
_CODECS = {"jpeg": "mjpeg", "png": "png", "webp": "webp"}
_LEVELS = (64, 128, 128)


def main() -> None:
    """Answer one picture; exit code 1 when it cannot be read."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    source = sys.stdin.buffer
    job = json.loads(source.readline())
    model = source.read(int(job["finder_bytes"]))
    finder = FaceFinder(model) if model else None
    _warm_up(finder)
    give_up_rights(max_memory_bytes=MAX_MEMORY_BYTES, max_cpu_s=MAX_CPU_S)
    frame = small_and_upright(
        first_frame(source.read(int(job["picture_bytes"])), str(job["form"])), int(job["most_px"])
    )
    cover(frame, [Box(*box) for box in job["covers"]])
    faces = look(finder, frame, job) if finder is not None else []
    jpeg = jpeg_of(frame)
    head = {"width_px": frame.width, "height_px": frame.height, "faces": faces, "jpeg_bytes": len(jpeg)}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + jpeg)
    sys.stdout.buffer.flush()


def first_frame(data: bytes, form: str) -> VideoFrame:
    """The only frame of a picture of this form; ValueError for one of another size than we decode."""
    options = {"codec_whitelist": _CODECS[form], "format_whitelist": _DEMUXERS[form]}
    with av.open(io.BytesIO(data), "r", format=_DEMUXERS[form], options=options) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        if stream.width * stream.height > MAX_PICTURE_PX:
            raise ValueError("too many pixels")
        for frame in container.decode(stream):
            if frame.width * frame.height > MAX_PICTURE_PX:
                raise ValueError("too many pixels")
            return frame
    raise ValueError("no picture inside")


def small_and_upright(frame: VideoFrame, most_px: int) -> VideoFrame:
    """4:2:0 of even size, no side longer than `most_px`, turned as its camera says it was held."""
    share = min(1.0, most_px / max(frame.width, frame.height))
    width, height = (max(2, int(side * share) // 2 * 2) for side in (frame.width, frame.height))
    quarters = round(frame.rotation / 90) % 4
    small = frame.reformat(width, height, "yuvj420p", interpolation="AREA" if share < 1 else "BICUBIC")
    turned = VideoFrame(height if quarters % 2 else width, width if quarters % 2 else height, "yuvj420p")
    for at, plane in enumerate(small.planes):
        fill_plane(turned, at, np.rot90(pixels_of(small, at)[: plane.height, : plane.width], quarters))
    return turned


def cover(frame: VideoFrame, boxes: list[Box]) -> None:
    """Paint each box over with one grey; what was there is in no byte of what is made."""
    for box in boxes:
        left, top, right, bottom = cells_of(box, frame.width, frame.height)
        for at, level in enumerate(_LEVELS):
            grain = 1 if at else 2
            pixels_of(frame, at)[grain * top : grain * bottom, grain * left : grain * right] = level


def look(finder: FaceFinder, frame: VideoFrame, job: dict[str, Any]) -> list[list[int]]:
    """The faces as [left, top, right, bottom] in ten-thousandths, a quarter wider than found."""
    found: list[Face] = []
    for width, height in sizes_to_look_at(frame.width, frame.height, int(job["look_px"])):
        sized = np.asarray(frame.reformat(width, height, "bgr24", interpolation="BICUBIC").to_ndarray(), np.uint8)
        across, down = frame.width / width, frame.height / height
        found += [
            Face(left * across, top * down, right * across, bottom * down, score)
            for left, top, right, bottom, score in finder.find(sized, int(job["least_pm"]) / 1_000)
        ]
    return [_wider(face, frame.width, frame.height) for face in apart(found)]


def _wider(face: Face, width: int, height: int) -> list[int]:
    across, down = 0.25 * (face.right - face.left), 0.25 * (face.bottom - face.top)
    sides = (
        (face.left - across) / width, (face.top - down) / height,
        (face.right + across) / width, (face.bottom + down) / height,
    )  # fmt: skip
    return [max(0, min(MASK_SPAN, round(side * MASK_SPAN))) for side in sides]


def jpeg_of(frame: VideoFrame) -> bytes:
    """The frame as a JPEG of good quality."""
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qmin": "3", "qmax": "3", "flags": "+qscale+bitexact", "global_quality": str(3 * 118)}
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def _warm_up(finder: FaceFinder | None) -> None:
    """Load what the libraries load late, while files may still be opened."""
    frame = VideoFrame(64, 64, "yuvj420p")
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    made = jpeg_of(frame)
    small_and_upright(first_frame(made, "jpeg"), 32)
    for form, codec, pixels in (("png", "png", "rgb24"),):
        encoder = cast("VideoCodecContext", av.CodecContext.create(codec, "w"))
        encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 64, 64, pixels, Fraction(1, 25)
        plain = frame.reformat(format=pixels)
        plain.pts = 0
        first_frame(b"".join(bytes(packet) for packet in [*encoder.encode(plain), *encoder.encode(None)]), form)
    if finder is not None:
        look(finder, frame, {"look_px": 320, "least_pm": 500})


if __name__ == "__main__":
    main()
