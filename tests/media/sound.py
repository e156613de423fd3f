"""A second of a real tone as AAC, made by the encoder of FFmpeg, and a loop that plays it in its own time."""

import asyncio
import dataclasses
import time
from collections.abc import Callable
from functools import lru_cache

import av
import numpy as np

from consentry.media.units import SoundUnit

RATE_HZ = 16_000
FRAME_US = 1_024 * 1_000_000 // RATE_HZ


@lru_cache
def tone(seconds: int = 4) -> tuple[SoundUnit, ...]:
    """440 Hz at half loudness."""
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = RATE_HZ, "mono", "fltp", 48_000
    encoder.open()
    wave = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ * seconds) / RATE_HZ)).astype(np.float32)
    packets = []
    for at in range(0, len(wave) - 1_023, 1_024):
        frame = av.AudioFrame.from_ndarray(wave[None, at : at + 1_024], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = RATE_HZ, at
        packets += encoder.encode(frame)
    config = bytes(encoder.extradata or b"")
    return tuple(SoundUnit("aac", number * FRAME_US, bytes(packet), 0, config) for number, packet in enumerate(packets))


async def play_tone(sink: Callable[[SoundUnit], None]) -> None:
    """Give the tone to `sink` again and again, in real time, until cancelled."""
    began_us, number, units = time.time_ns() // 1_000, 0, tone()
    while True:
        ts_us = began_us + number * FRAME_US
        await asyncio.sleep(max(0.0, (ts_us - time.time_ns() // 1_000) / 1_000_000))
        sink(dataclasses.replace(units[number % len(units)], ts_us=ts_us, wallclock_us=ts_us))
        number += 1
