"""Benchmarks of what the edge does to pictures: `media.mask` (docs/design/benchmarks.md)."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from consentry.edge.mask_records import Kind, pack_record
from consentry.kernel.bench import Result
from consentry.kernel.errors import Unavailable
from consentry.kernel.mask import Mask, mask_record
from consentry.media.h264 import from_annex_b, to_avcc

ROUNDS = 3
SECONDS = 10
# The left upper quarter of the picture, as `drawbox` takes it too.
MASK = Mask((((0, 0), (5_000, 0), (5_000, 5_000), (0, 5_000)),))
DRAWBOX = "drawbox=x=0:y=0:w=iw/2:h=ih/2:color=gray:t=fill"


def mask() -> Result:
    """CPU of one masked stream A (1080p30, 4 Mbit/s), against `ffmpeg` painting a box and encoding alike."""
    return measure_mask("media.mask", 1920, 1080, 30)


def mask_sub_stream() -> Result:
    """The same for 720p15, what a camera's second stream gives."""
    return measure_mask("media.mask_720p15", 1280, 720, 15)


BENCHES: dict[str, Callable[[], Result]] = {"media.mask": mask, "media.mask_720p15": mask_sub_stream}


def measure_mask(name: str, width_px: int, height_px: int, fps: int) -> Result:
    """Percent of a core for a stream of this size, the child's start included; the reference in the same rounds."""
    with tempfile.TemporaryDirectory() as folder:
        plain, records = Path(folder) / "plain.h264", Path(folder) / "records"
        units = encode_moving(width_px, height_px, fps)
        plain.write_bytes(b"".join(units))
        records.write_bytes(_as_records(units))
        pairs = [(_percent(_mask_command(), records), _percent(_ffmpeg_command(plain), None)) for _ in range(ROUNDS)]
    values = tuple(ours for ours, _ in pairs)
    ours, theirs = statistics.median(values), statistics.median(reference for _, reference in pairs)
    ratio = ours / theirs
    reference = ("ffmpeg, drawbox + libx264 ultrafast", theirs)
    return Result(name, ours, "% core per stream", reference, ratio, "ratio <= 1.3", ratio <= 1.3, values)


def encode_moving(width_px: int, height_px: int, fps: int) -> list[bytes]:
    """Ten seconds of a moving pattern at 4 Mbit/s or less, key frames 2 s apart; one Annex B unit each."""
    encoder = VideoCodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width_px, height_px, "yuv420p"
    encoder.framerate, encoder.time_base, encoder.gop_size = Fraction(fps), Fraction(1, fps), 2 * fps
    encoder.max_b_frames, encoder.bit_rate = 0, 4_000_000
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "sc_threshold": "0"}
    packets = []
    for index in range(SECONDS * fps):
        frame = VideoFrame(width_px, height_px, "yuv420p")
        for at, plane in enumerate(frame.planes):
            line = bytes((x // 24 * 37 + x // 5 + at * 60) % 200 + 20 for x in range(2 * plane.line_size))
            pixels = memoryview(plane).cast("B")
            for row in range(plane.height):
                start = (index * 5 + row // 40 * 170) % plane.line_size
                pixels[row * plane.line_size : (row + 1) * plane.line_size] = line[start : start + plane.line_size]
        frame.pts = index
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [bytes(packet) for packet in packets]


def _as_records(units: list[bytes]) -> bytes:
    head = pack_record(Kind.MASK, 0, json.dumps(mask_record(MASK)).encode())
    bodies = [to_avcc(from_annex_b(unit)) for unit in units]
    return head + b"".join(pack_record(Kind.DELTA, number, body) for number, body in enumerate(bodies, 1))


def _mask_command() -> list[str]:
    return [sys.executable, "-I", "-m", "consentry.edge.mask_child"]


def _ffmpeg_command(source: Path) -> list[str]:
    encoding = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-crf", "23", "-threads", "1"]
    return ["ffmpeg", "-v", "error", "-threads", "1", "-i", str(source), "-vf", DRAWBOX, *encoding, "-f", "h264", "-"]


def _percent(command: list[str], given: Path | None) -> float:
    """CPU time of `command`, in percent of the stream's length."""
    with (given or Path(os.devnull)).open("rb") as source:
        process = subprocess.Popen(command, stdin=source, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Unavailable(f"{command[0]} could not mask")
    return 100 * (usage.ru_utime + usage.ru_stime) / SECONDS
