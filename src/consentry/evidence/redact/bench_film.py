"""Films with drawn heads for tests and benchmarks: no real person's face is in the repository, and none is needed.

A head is a few shaded ellipses; the finder takes it for a face (score 0.8 to 0.93 from 13 to 190 pixels).
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RATE_HZ = 48_000
_HAIR, _SKIN = (0.16, 0.11, 0.08), (0.80, 0.62, 0.50)
# Centre, radii, softness, opacity and colour of each ellipse, in units of half the drawing, from back to front.
_STROKES: tuple[tuple[tuple[float, ...], tuple[float, float, float]], ...] = (
    ((0, -0.12, 0.78, 0.72, 0.08, 1), _HAIR),
    ((0, 0.02, 0.62, 0.66, 0.05, 1), _SKIN),
    ((0, -0.62, 0.66, 0.26, 0.15, 1), _HAIR),
    *(
        stroke
        for side in (-1, 1)
        for stroke in (
            ((side * 0.26, -0.10, 0.20, 0.10, 0.5, 0.45), (0.44, 0.34, 0.28)),
            ((side * 0.26, -0.24, 0.17, 0.03, 0.4, 0.85), (0.15, 0.10, 0.08)),
            ((side * 0.26, -0.10, 0.12, 0.045, 0.2, 1), (0.92, 0.90, 0.88)),
            ((side * 0.26, -0.10, 0.055, 0.05, 0.2, 1), (0.15, 0.10, 0.08)),
            ((side * 0.35, 0.15, 0.16, 0.12, 0.8, 0.25), (0.85, 0.45, 0.40)),
            ((side * 0.055, 0.20, 0.03, 0.015, 0.5, 0.7), (0.20, 0.10, 0.08)),
        )
    ),
    ((0.05, 0.06, 0.05, 0.16, 0.8, 0.35), (0.48, 0.37, 0.30)),
    ((0, 0.19, 0.11, 0.035, 0.5, 0.55), (0.40, 0.31, 0.25)),
    ((0, 0.36, 0.20, 0.045, 0.3, 0.85), (0.68, 0.30, 0.28)),
    ((0, 0.355, 0.19, 0.01, 0.5, 0.8), (0.25, 0.08, 0.08)),
)


@dataclass(frozen=True, slots=True)
class Walker:
    """A head of `size_px` that goes in a straight line from frame `first` to `last` (inclusive)."""

    size_px: int
    start_px: tuple[float, float]
    step_px: tuple[float, float]
    first: int = 0
    last: int = 1_000_000

    def face_at(self, frame: int) -> tuple[float, float, float, float] | None:
        """Left, top, right, bottom of the face proper (no hair) in pixels; None where it is not in the film."""
        if not self.first <= frame <= self.last:
            return None
        left, top = (int(start + frame * step) for start, step in zip(self.start_px, self.step_px, strict=True))
        size = self.size_px
        return left + 0.19 * size, top + 0.35 * size, left + 0.81 * size, top + 1.26 * size


@cache
def draw_head(size_px: int) -> tuple["Floats", "Floats"]:
    """RGB float[1.5 n, n, 3] from 0 to 1, and how opaque each pixel is (float[1.5 n, n])."""
    high, wide = int(size_px * 1.5), size_px
    down, across = np.mgrid[0:high, 0:wide]
    across, down = across / (wide / 2) - 1, down / (high / 2) - 1
    picture = np.zeros((high, wide, 3))
    opaque = np.zeros((high, wide))
    light = np.clip(1.08 - 0.3 * across**2 - 0.18 * down**2 + 0.1 * across, 0, 1.2)
    for (middle, centre, width, height, soft, share), colour in _STROKES:
        away = np.sqrt(((across - middle) / width) ** 2 + ((down - centre) / height) ** 2) - 1
        part = share / (1 + np.exp(np.clip(away / soft, -40, 40)))
        shade = light[..., None] if colour is _SKIN else 1.0
        picture = picture * (1 - part[..., None]) + np.array(colour) * shade * part[..., None]
        opaque = np.maximum(opaque, part)
    return picture / np.maximum(opaque, 1e-6)[..., None], opaque


@cache
def _street(size_px: tuple[int, int]) -> "Floats":
    wide, high = size_px
    down, across = np.mgrid[0:high, 0:wide]
    return np.stack([
        0.42 + 0.10 * np.sin(across / 37 + down / 91), 0.44 + 0.10 * np.sin(across / 41 - down / 77),
        0.47 + 0.08 * np.sin(down / 29),
    ], axis=-1)  # fmt: skip


def draw_frame(size_px: tuple[int, int], walkers: Sequence[Walker], frame: int) -> "NDArray[np.uint8]":
    """uint8[height, width, 3], RGB: a street-like pattern that drifts a little, and the heads that are there."""
    picture = _street(size_px).copy()
    drift = 0.05 * np.sin((np.arange(size_px[0]) + frame) / 5)
    picture[:, :, 0] += np.outer(np.arange(size_px[1]) % 64 < 32, drift)
    for walker in walkers:
        if walker.face_at(frame) is None:
            continue
        head, opaque = draw_head(walker.size_px)
        left, top = (int(start + frame * step) for start, step in zip(walker.start_px, walker.step_px, strict=True))
        behind = picture[max(top, 0) : max(top + head.shape[0], 0), max(left, 0) : max(left + head.shape[1], 0)]
        above, beside = max(-top, 0), max(-left, 0)
        inside = slice(above, above + behind.shape[0]), slice(beside, beside + behind.shape[1])
        share = opaque[inside][..., None]
        behind[:] = behind * (1 - share) + head[inside] * share
    return np.asarray(np.clip(picture, 0, 1) * 255, np.uint8)


def make_film(
    size_px: tuple[int, int], frames: int, walkers: Sequence[Walker], *, container: str = "mp4", tone_hz: int = 0
) -> bytes:
    """A film at 25 pictures a second, H.264, key frames each second, with a tone (AAC) when `tone_hz` is not 0."""
    made = io.BytesIO()
    with av.open(made, "w", format=container) as film:
        track = film.add_stream("libx264", rate=25)
        track.width, track.height, track.pix_fmt = *size_px, "yuv420p"
        track.codec_context.gop_size, track.codec_context.max_b_frames = 25, 2
        track.options = {"preset": "ultrafast", "crf": "16"}
        tone = film.add_stream("aac", rate=RATE_HZ) if tone_hz else None
        for number in range(frames):
            frame = VideoFrame.from_ndarray(draw_frame(size_px, walkers, number), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            film.mux(track.encode(frame.reformat(format="yuv420p")))
        film.mux(track.encode(None))
        if tone is not None:
            for sound in _tone(tone_hz, frames * RATE_HZ // 25):
                film.mux(tone.encode(sound))
            film.mux(tone.encode(None))
    return made.getvalue()


def _tone(tone_hz: int, samples: int) -> Sequence[AudioFrame]:
    waves = 0.3 * np.sin(np.arange(samples) * (2 * np.pi * tone_hz / RATE_HZ)).astype(np.float32)
    pieces = []
    for at in range(0, samples - 1_023, 1_024):
        piece = AudioFrame.from_ndarray(np.stack([waves[at : at + 1_024]] * 2), "fltp", "stereo")
        piece.sample_rate, piece.pts, piece.time_base = RATE_HZ, at, Fraction(1, RATE_HZ)
        pieces.append(piece)
    return pieces
