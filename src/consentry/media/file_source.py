"""Plays a video file in a loop as H.264 access units, at its own pace: a stand-in camera for tests and the demo."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from consentry.media.h264 import PPS, SPS, from_annex_b, nal_kind
from consentry.media.units import AccessUnit, Sink, SourceFault

Now = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Loop:
    """A file as units with `ts_us` from 0, in decoding order, and the length of one round in microseconds."""

    units: tuple[AccessUnit, ...]
    length_us: int


def load_loop(path: Path, *, key_every_s: float = 1.0, most_s: float = 60.0, height_px: int | None = None) -> Loop:
    """Read at most `most_s` seconds of a video file as H.264 with a key frame each `key_every_s`.

    Decodes and encodes anew (no B-frames), so the result plays as one camera's stream. Slow: call it in a thread.

    Raises:
        SourceFault: `not-found` or `no-video`.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise SourceFault("no-video", f"{path.name} has no video")
            units = tuple(_encode(container, container.streams.video[0], key_every_s, most_s, height_px))
    except FileNotFoundError:
        raise SourceFault("not-found", f"{path.name} does not exist") from None
    except av.FFmpegError as error:
        raise SourceFault("no-video", f"{path.name} cannot be read: {error.strerror}") from error
    if len(units) < 2:
        raise SourceFault("no-video", f"{path.name} has no pictures")
    return Loop(units, units[-1].ts_us + units[1].ts_us)


async def play(
    loop: Loop, sink: Sink, *, now_us: Now = lambda: time.time_ns() // 1_000,
    awaits_key: Callable[[], bool] = lambda: False,
) -> None:  # fmt: skip
    """Hand the units of `loop` to `sink` in real time, round after round, until cancelled.

    `wallclock_us` of each unit is the moment at which it is handed on; `ts_us` rises over all rounds. While somebody
    `awaits_key`, a new round begins at once: a real camera makes a key frame then, not at its next turn.
    """
    started_us, round_start_us = now_us(), 0
    while True:
        length_us = loop.length_us
        for unit in loop.units:
            if awaits_key() and not unit.key:
                length_us = unit.ts_us
                break
            ts_us = round_start_us + unit.ts_us
            await asyncio.sleep(max(0.0, (started_us + ts_us - now_us()) / 1_000_000))
            sink(AccessUnit(unit.track, ts_us, unit.nals, unit.key, now_us(), codec=unit.codec))
        round_start_us += length_us


def _encode(
    container: av.container.InputContainer,
    stream: VideoStream,
    key_every_s: float,
    most_s: float,
    height_px: int | None,
) -> Iterator[AccessUnit]:
    rate = stream.average_rate or Fraction(25)
    height = (height_px or stream.height) // 2 * 2
    width = round(stream.width * height / stream.height / 2) * 2
    encoder = _open_encoder(width, height, rate, max(1, round(rate * Fraction(key_every_s))))
    period_us = Fraction(1_000_000) / rate
    packets = []
    for index, frame in enumerate(container.decode(stream)):
        if index * period_us > most_s * 1_000_000:
            break
        small = frame.reformat(width=width, height=height, format="yuv420p")
        small.pts, small.time_base = index, 1 / rate
        packets += encoder.encode(small)
    packets += encoder.encode(None)
    sets: tuple[bytes, ...] = ()
    for index, packet in enumerate(packets):
        nals = from_annex_b(bytes(packet))
        sets = tuple(nal for nal in nals if nal_kind(nal) in (SPS, PPS)) or sets
        pictures = tuple(nal for nal in nals if nal_kind(nal) in (1, 5))
        key = packet.is_keyframe
        yield AccessUnit(0, int(index * period_us), (*sets, *pictures) if key else pictures, key, 0)


def _open_encoder(width: int, height: int, rate: Fraction, gop: int) -> av.VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)  # noqa: S101 - libx264 is a video codec
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.time_base, encoder.gop_size, encoder.max_b_frames = rate, 1 / rate, gop, 0
    encoder.thread_count = 1
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "crf": "26", "sc_threshold": "0"}
    return encoder
