"""One simulated camera: its scene, who drives and walks through it at a moment, and the H.264 of it.

A picture is a function of scene and time, so that it goes on where it was after a restart. The background is painted
once; each picture costs a copy, a few small blends and the encoding (about 2 ms together).
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

import av
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from consentry.demo.glyphs import BAR_H, DARK, clock_text, clock_x, write_text
from consentry.demo.paint import Yuv, to_yuv
from consentry.demo.scenes import HEIGHT, WIDTH, Scene, Track
from consentry.demo.sprites import SIZES, STEPS, sprite
from consentry.media.h264 import PPS, SPS, from_annex_b, nal_kind
from consentry.media.units import AccessUnit

FPS = 12
GOP_S = 2
PERIOD_US = 1_000_000 // FPS
STEP_M = 0.45
LOOKS = 6
SIZE_RATIO = 0.11
SOLAR_OFFSET_H = -2.67
DUSK_LIGHT = 58
LAMP_RGB = np.array([255, 214, 140], dtype=np.float32)
IDR, SLICE = 5, 1


def light_at(at_us: int) -> int:
    """Daylight over Port Meridian in percent, in steps of 6 so that little is painted anew; never below dusk."""
    hour = datetime.fromtimestamp(at_us / 1_000_000, UTC).hour + at_us / 60_000_000 % 60 / 60 + SOLAR_OFFSET_H
    high = math.sin((hour - 6) / 12 * math.pi)
    return min(100, max(DUSK_LIGHT, DUSK_LIGHT + round(high * 1.5 * 9) * 6))


@dataclass(frozen=True)
class Mover:
    """Who is in the picture at a moment: metres to the right and ahead, and which step of walking."""

    kind: str
    look: int
    right: float
    ahead: float
    step: int


def movers(tracks: tuple[Track, ...], seed: int, at_us: int) -> list[Mover]:
    """Everybody on the tracks at `at_us`, the farthest first."""
    found = []
    for index, track in enumerate(tracks):
        length = math.dist(track.start, track.end)
        phase_s = (seed * 7.3 + index * 3.1) % track.every_s
        turn, since_s = divmod(at_us / 1_000_000 + phase_s, track.every_s)
        # The one before may still be on its way.
        for back in range(math.ceil(length / track.speed_m_s / track.every_s) + 1):
            gone_m = (since_s + back * track.every_s) * track.speed_m_s
            if gone_m < length:
                found.append(_mover(track, gone_m / length, gone_m, int(turn) - back + seed * 31 + index * 7))
    return sorted(found, key=lambda mover: -mover.ahead)


def _mover(track: Track, share: float, gone_m: float, look: int) -> Mover:
    right = track.start[0] + (track.end[0] - track.start[0]) * share
    ahead = track.start[1] + (track.end[1] - track.start[1]) * share
    return Mover(track.kind, look % LOOKS, right, ahead, int(gone_m / STEP_M) % STEPS)


class Picture:
    """The camera's picture; `frame` is uint8[540, 640], planar YUV 4:2:0 as PyAV takes it, reused each time."""

    def __init__(self, scene: Scene, name: str, seed: int) -> None:
        self.frame: NDArray[np.uint8] = np.zeros((HEIGHT * 3 // 2, WIDTH), dtype=np.uint8)
        self._scene, self._name, self._seed = scene, name, seed
        self._still = self.frame.copy()
        self._light = 0
        self._planes = _planes_of(self.frame)

    def draw(self, at_us: int) -> NDArray[np.uint8]:
        """Draw the moment `at_us` (microseconds since 1970) with the clock burnt in."""
        light = light_at(at_us)
        if light != self._light:
            self._paint(light)
        np.copyto(self.frame, self._still)
        for mover in movers(self._scene.tracks, self._seed, at_us):
            self._draw_mover(mover)
        np.copyto(self._planes.y[:BAR_H], self._still[:BAR_H])
        write_text(self._planes.y, clock_text(at_us), clock_x(WIDTH))
        return self.frame

    def _draw_mover(self, mover: Mover) -> None:
        lens = self._scene.lens
        high_m = SIZES[mover.kind][1]
        # Sizes grow by 11 %, so that few sprites serve all distances.
        size = round(math.exp(round(math.log(lens.per_m(mover.ahead) * high_m) / SIZE_RATIO) * SIZE_RATIO))
        shape = sprite(mover.kind, mover.look, size, mover.step, self._light)
        x, y = lens.spot(mover.right, 0.0, mover.ahead)
        high, wide = shape.cover.shape
        shape.blend(self._planes, round(x - wide / 2) // 2 * 2, round(y - high) // 2 * 2)

    def _paint(self, light: int) -> None:
        self._light = light
        rgb = self._scene.rgb * (light / 100)
        if light < 80:
            rgb[self._scene.lit] = LAMP_RGB
        into, planes = _planes_of(self._still), to_yuv(rgb)
        for target, plane in zip(into, planes, strict=True):
            np.copyto(target, plane)
        into.y[:BAR_H] = DARK
        into.u[: BAR_H // 2] = 128
        into.v[: BAR_H // 2] = 128
        write_text(into.y, self._name, 6)


def _planes_of(frame: NDArray[np.uint8]) -> Yuv:
    """Views of the three planes inside uint8[540, 640]."""
    quarter = HEIGHT // 4
    u = frame[HEIGHT : HEIGHT + quarter].reshape(HEIGHT // 2, WIDTH // 2)
    v = frame[HEIGHT + quarter :].reshape(HEIGHT // 2, WIDTH // 2)
    return Yuv(frame[:HEIGHT], u, v)


class Encoder:
    """H.264 without delay: each picture gives its access unit at once; a key frame each two seconds, or when asked."""

    def __init__(self) -> None:
        codec = av.CodecContext.create("libx264", "w")
        assert isinstance(codec, av.VideoCodecContext)  # noqa: S101 - libx264 is a video codec
        codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        codec.framerate, codec.time_base = Fraction(FPS), Fraction(1, FPS)
        codec.gop_size, codec.max_b_frames, codec.thread_count = FPS * GOP_S, 0, 1
        codec.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "27", "sc_threshold": "0",
                         "forced-idr": "1"}  # fmt: skip
        self._codec = codec
        self._count = 0

    def encode(self, frame: NDArray[np.uint8], *, ts_us: int, at_us: int, key: bool = False) -> list[AccessUnit]:
        """The unit of `frame`, a key unit if `key`; empty only while the encoder starts."""
        picture = av.VideoFrame.from_ndarray(frame, format="yuv420p")
        picture.pict_type = PictureType.I if key else PictureType.NONE
        picture.pts, picture.time_base = self._count, Fraction(1, FPS)
        self._count += 1
        units = []
        for packet in self._codec.encode(picture):
            kept = (SPS, PPS, IDR, SLICE)
            nals = tuple(nal for nal in from_annex_b(bytes(packet)) if nal_kind(nal) in kept)
            units.append(AccessUnit(0, ts_us, nals, any(nal_kind(nal) == IDR for nal in nals), at_us))
        return units
