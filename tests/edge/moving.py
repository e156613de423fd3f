"""Pictures that change all over in each frame, so that what stands still in them was hidden; and eyes for units."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
import numpy
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from consentry.media.file_source import Loop
from consentry.media.h264 import PPS, SPS, from_annex_b, nal_kind
from consentry.media.units import AccessUnit

FPS = 10
BLOCK_PX = 6
Planes = tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]


def moving_loop(width_px: int = 320, height_px: int = 180, *, count: int = 20, b_frames: int = 0) -> Loop:
    """Coloured noise in blocks, a key frame each half second."""
    encoder = VideoCodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width_px, height_px, "yuv420p"
    encoder.framerate, encoder.time_base, encoder.gop_size = Fraction(FPS), Fraction(1, FPS), FPS // 2
    encoder.max_b_frames, encoder.thread_count = b_frames, 1
    encoder.options = {"preset": "ultrafast", "crf": "20", "sc_threshold": "0"}
    packets = []
    chance = numpy.random.default_rng(1)
    for index in range(count):
        frame = _noise(width_px, height_px, chance)
        frame.pts, frame.time_base = index, Fraction(1, FPS)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    units = tuple(_units(packets))
    return Loop(units, count * 1_000_000 // FPS)


def seen(units: Iterable[AccessUnit]) -> list[Planes]:
    """What a viewer sees: brightness and both colours of each picture, in order of showing."""
    decoder = VideoCodecContext.create("h264", "r")
    frames: list[VideoFrame] = []
    for unit in units:
        frames += decoder.decode(av.Packet(b"".join(b"\x00\x00\x00\x01" + nal for nal in unit.nals)))
    return [planes(frame) for frame in [*frames, *decoder.decode(None)]]


def planes(frame: VideoFrame) -> Planes:
    """The three planes of a 4:2:0 picture."""
    found = []
    for plane, divided in zip(frame.planes, (1, 2, 2), strict=True):
        rows = numpy.frombuffer(plane, numpy.uint8).reshape(-1, plane.line_size)
        found.append(rows[: frame.height // divided, : frame.width // divided].copy())
    return found[0], found[1], found[2]


def spread(pictures: Iterable[Planes], box: tuple[float, float, float, float]) -> int:
    """The largest difference of levels inside `box` (left, top, right, bottom as parts of the picture), all planes."""
    largest = 0
    for plane in zip(*pictures, strict=True):
        high, wide = plane[0].shape
        sizes = (wide, high, wide, high)
        left, top, right, bottom = (round(part * size) for part, size in zip(box, sizes, strict=True))
        inside = numpy.stack([one[top:bottom, left:right] for one in plane])
        largest = max(largest, int(inside.max()) - int(inside.min()))
    return largest


def _noise(width_px: int, height_px: int, chance: numpy.random.Generator) -> VideoFrame:
    frame = VideoFrame(width_px, height_px, "yuv420p")
    for plane in frame.planes:
        rows = numpy.frombuffer(plane, numpy.uint8).reshape(-1, plane.line_size)
        coarse = chance.integers(30, 220, (plane.height // BLOCK_PX + 1, plane.line_size // BLOCK_PX + 1), numpy.uint8)
        fine = coarse.repeat(BLOCK_PX, axis=0).repeat(BLOCK_PX, axis=1)
        rows[:] = fine[: rows.shape[0], : rows.shape[1]]
    return frame


def _units(packets: list[av.Packet]) -> Iterator[AccessUnit]:
    for packet in packets:
        nals = tuple(nal for nal in from_annex_b(bytes(packet)) if nal_kind(nal) in (1, 5, SPS, PPS))
        yield AccessUnit(0, (packet.pts or 0) * 1_000_000 // FPS, nals, packet.is_keyframe, 0)
