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


@lru_cache
def alaw() -> bytes:
    """Two seconds of 440 Hz as G.711 A-law, a byte for each of 8,000 samples a second."""
    encoder = av.CodecContext.create("pcm_alaw", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 8_000, "mono", "s16"
    encoder.open()
    wave = (16_000 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 8_000)).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
    frame.sample_rate = 8_000
    return b"".join(bytes(packet) for packet in encoder.encode(frame))


async def play_alaw(sink: Callable[[SoundUnit], None]) -> None:
    """Give it to `sink` again and again in pieces of 20 ms, in real time, until cancelled."""
    began_us, number, wave = time.time_ns() // 1_000, 0, alaw()
    while True:
        ts_us, at = began_us + number * 20_000, number * 160 % len(wave)
        await asyncio.sleep(max(0.0, (ts_us - time.time_ns() // 1_000) / 1_000_000))
        sink(SoundUnit("pcma", ts_us, wave[at : at + 160], ts_us, b""))
        number += 1
