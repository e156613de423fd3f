"""Cars and walkers: painted once per size, colour and step, then only blended into pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import pi, sin

import numpy as np
from numpy.typing import NDArray

from consentry.demo.paint import Canvas, Colour, Spot, Yuv, halve, to_yuv

PAINTS: tuple[Colour, ...] = (
    (176, 58, 46), (40, 84, 130), (226, 226, 222), (58, 62, 66), (118, 140, 108), (196, 150, 62), (142, 148, 154),
)  # fmt: skip
COATS: tuple[Colour, ...] = ((66, 92, 140), (150, 70, 66), (72, 110, 84), (196, 176, 120), (90, 76, 110), (70, 74, 78))
SKINS: tuple[Colour, ...] = ((236, 200, 172), (198, 150, 112), (142, 98, 70), (96, 66, 48))
GLASS, TYRE, LAMP, TAIL, TROUSERS = (52, 66, 78), (30, 30, 32), (250, 244, 210), (190, 40, 36), (54, 58, 74)
STEPS = 4

# Width and height in metres.
SIZES = {
    "car_side": (4.5, 1.55), "car_left": (4.5, 1.55), "car_front": (1.9, 1.55), "car_back": (1.9, 1.55),
    "walker": (0.9, 1.8),
}  # fmt: skip


@dataclass(frozen=True)
class Sprite:
    """Premultiplied planes and their cover (0..256), even in both sizes."""

    planes: Yuv
    cover: NDArray[np.uint16]
    cover_half: NDArray[np.uint16]

    def blend(self, picture: Yuv, x: int, y: int) -> None:
        """Blend into `picture` with the left top at (x, y), both even; what lies outside is cut off."""
        _blend(picture.y, self.planes.y, self.cover, x, y)
        _blend(picture.u, self.planes.u, self.cover_half, x // 2, y // 2)
        _blend(picture.v, self.planes.v, self.cover_half, x // 2, y // 2)


def _blend(into: NDArray[np.uint8], plane: NDArray[np.uint8], cover: NDArray[np.uint16], x: int, y: int) -> None:
    height, width = plane.shape
    top, left = max(0, -y), max(0, -x)
    bottom, right = min(height, into.shape[0] - y), min(width, into.shape[1] - x)
    if top >= bottom or left >= right:
        return
    part = into[y + top : y + bottom, x + left : x + right]
    part[:] = ((part * (256 - cover[top:bottom, left:right])) >> 8) + plane[top:bottom, left:right]


@lru_cache(maxsize=2_500)
def sprite(kind: str, look: int, pixels_high: int, step: int, light: int) -> Sprite:
    """The sprite of `kind` (a key of `SIZES`), `pixels_high` tall; `light` in percent of full day."""
    wide_m, high_m = SIZES[kind]
    height = max(4, pixels_high // 2 * 2)
    width = max(4, round(height * wide_m / high_m / 2) * 2)
    canvas = Canvas(width, height, smooth=3)
    per_m = height / high_m

    def at(x: float, y: float) -> Spot:
        return (width - x * per_m if kind == "car_left" else x * per_m), height - y * per_m

    _PAINTERS[kind](canvas, at, look, step)
    rgba = canvas.rgba()
    cover = rgba[..., 3:] / 255
    rgb = rgba[..., :3] * (light / 100)
    # Colour planes carry an offset of 16 and 128, so they are scaled by the cover after the conversion.
    straight = np.divide(rgb, cover, out=np.zeros_like(rgb), where=cover > 0.004)
    planes = to_yuv(straight)
    whole: NDArray[np.float32] = cover[..., 0].astype(np.float32)
    half = halve(whole)
    scaled = Yuv(_scale(planes.y, whole), _scale(planes.u, half), _scale(planes.v, half))
    return Sprite(scaled, _weight(whole), _weight(half))


def _scale(plane: NDArray[np.uint8], cover: NDArray[np.float32]) -> NDArray[np.uint8]:
    return (plane * cover).astype(np.uint8)


def _weight(cover: NDArray[np.float32]) -> NDArray[np.uint16]:
    return np.rint(cover * 256).astype(np.uint16)


At = Callable[[float, float], Spot]


def _box(canvas: Canvas, at: At, box: tuple[float, float, float, float], colour: Colour) -> None:
    left, low, right, high = box
    canvas.polygon([at(left, low), at(right, low), at(right, high), at(left, high)], colour)


def _car_side(canvas: Canvas, at: At, look: int, _step: int) -> None:
    paint = PAINTS[look % len(PAINTS)]
    shade = (paint[0] * 3 // 4, paint[1] * 3 // 4, paint[2] * 3 // 4)
    body = [(0.1, 0.35), (4.4, 0.35), (4.45, 0.75), (3.6, 0.92), (3.0, 1.5), (1.2, 1.5), (0.55, 0.95), (0.08, 0.85)]
    canvas.polygon([at(x, y) for x, y in body], paint)
    canvas.polygon([at(x, y) for x, y in ((0.1, 0.35), (4.4, 0.35), (4.42, 0.52), (0.1, 0.52))], shade)
    for left, right in ((1.0, 1.95), (2.1, 3.2)):
        glass = [(left, 0.95), (right, 0.95), (min(right, 2.88), 1.4), (max(left, 1.32), 1.4)]
        canvas.polygon([at(x, y) for x, y in glass], GLASS)
    for x in (0.95, 3.5):
        middle = at(x, 0.34)
        reach = abs(at(x + 0.34, 0)[0] - middle[0])
        canvas.ellipse(middle, (reach, reach), TYRE)
        canvas.ellipse(middle, (reach / 2, reach / 2), (150, 152, 156))
    _box(canvas, at, (4.25, 0.6, 4.45, 0.75), LAMP)
    _box(canvas, at, (0.08, 0.62, 0.24, 0.8), TAIL)


def _car_end(canvas: Canvas, at: At, look: int, lamp: Colour) -> None:
    paint = PAINTS[look % len(PAINTS)]
    _box(canvas, at, (0.15, 0.02, 0.45, 0.5), TYRE)
    _box(canvas, at, (1.45, 0.02, 1.75, 0.5), TYRE)
    body = [(0.05, 0.25), (1.85, 0.25), (1.85, 0.9), (1.6, 1.0), (1.42, 1.52), (0.48, 1.52), (0.3, 1.0), (0.05, 0.9)]
    canvas.polygon([at(x, y) for x, y in body], paint)
    canvas.polygon([at(x, y) for x, y in ((0.36, 1.0), (1.54, 1.0), (1.38, 1.44), (0.52, 1.44))], GLASS)
    for left in (0.12, 1.42):
        _box(canvas, at, (left, 0.58, left + 0.36, 0.78), lamp)
    _box(canvas, at, (0.62, 0.36, 1.28, 0.5), (206, 206, 200))


def _car_front(canvas: Canvas, at: At, look: int, _step: int) -> None:
    _car_end(canvas, at, look, LAMP)


def _car_back(canvas: Canvas, at: At, look: int, _step: int) -> None:
    _car_end(canvas, at, look, TAIL)


def _walker(canvas: Canvas, at: At, look: int, step: int) -> None:
    coat, skin = COATS[look % len(COATS)], SKINS[(look // 2) % len(SKINS)]
    swing = 0.17 * sin(2 * pi * step / STEPS)
    for side in (1, -1):
        foot = 0.45 + side * swing
        canvas.polygon([at(0.38, 0.85), at(0.54, 0.85), at(foot + 0.09, 0.0), at(foot - 0.09, 0.0)], TROUSERS)
        hand = 0.45 - side * swing * 1.2
        canvas.polygon([at(0.4, 1.42), at(0.52, 1.42), at(hand + 0.06, 0.8), at(hand - 0.06, 0.8)], coat)
    canvas.polygon([at(0.28, 0.78), at(0.62, 0.78), at(0.64, 1.42), at(0.45, 1.52), at(0.26, 1.42)], coat)
    middle = at(0.45, 1.64)
    reach = at(0.58, 0)[0] - middle[0]
    canvas.ellipse(middle, (reach, reach * 1.15), skin)


_PAINTERS: dict[str, Callable[[Canvas, At, int, int], None]] = {
    "car_side": _car_side, "car_left": _car_side, "car_front": _car_front, "car_back": _car_back, "walker": _walker,
}  # fmt: skip
