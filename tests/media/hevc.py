"""Real H.265, coded by x265 on the spot: no file of it is kept."""

import functools

import pytest
from tests.media.sinks import ffmpeg_bytes

from consentry.media.coding import H265
from consentry.media.file_source import Loop
from consentry.media.h264 import from_annex_b
from consentry.media.h265 import AUD
from consentry.media.units import AccessUnit

PERIOD_US = 40_000


def x265(*, key_every: int = 25, more: str = "bframes=0") -> tuple[str, ...]:
    """Words for ffmpeg."""
    said = f"keyint={key_every}:min-keyint={key_every}:scenecut=0:aud=1:repeat-headers=1:log-level=none:{more}"
    return ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-x265-params", said)


@functools.cache
def hevc_loop(width_px: int = 320, height_px: int = 180, *, key_every: int = 10, seconds: int = 1) -> Loop:
    """Units of a moving test picture at 25 a second; the test is passed over where this machine has no x265."""
    source = f"testsrc2=size={width_px}x{height_px}:rate=25:duration={seconds}"
    try:
        coded = ffmpeg_bytes(*x265(key_every=key_every), "-f", "hevc", source=source)
    except (OSError, ValueError) as error:
        pytest.skip(f"needs Debian's ffmpeg with libx265: {error}")
    pictures: list[list[bytes]] = []
    for nal in from_annex_b(coded):
        if H265.kind(nal) == AUD:
            pictures.append([])
        else:
            pictures[-1].append(nal)
    units = [
        AccessUnit(0, number * PERIOD_US, tuple(nals), bool({*map(H265.kind, nals)} & H265.keys), 0, None, "h265")
        for number, nals in enumerate(pictures)
    ]
    return Loop(tuple(units), len(units) * PERIOD_US)
