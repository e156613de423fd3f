"""Paints polygons and ellipses into arrays, smooth at the edges; done once per scene, not per picture."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
Spot = tuple[float, float]


class Yuv(NamedTuple):
    """BT.601, limited range: luma uint8[h, w], chroma uint8[h/2, w/2] each."""

    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]


class Canvas:
    """RGBA, float32[height * smooth, width * smooth, 4] in 0..255; transparent until `ground` is given."""

    def __init__(self, width: int, height: int, *, smooth: int = 2, ground: Colour | None = None) -> None:
        self.width, self.height, self.smooth = width, height, smooth
        self.pixels = np.zeros((height * smooth, width * smooth, 4), dtype=np.float32)
        if ground is not None:
            self.pixels[:] = (*ground, 255)

    def polygon(self, corners: Sequence[Spot], colour: Colour, *, cover: int = 255) -> None:
        """Fill the polygon through `corners` (x, y in pixels), even-odd; `cover` 0 clears it."""
        spots = np.asarray(corners, dtype=np.float32) * self.smooth
        left, top = np.floor(spots.min(axis=0)).astype(int)
        right, bottom = np.ceil(spots.max(axis=0)).astype(int) + 1
        left, top = max(left, 0), max(top, 0)
        right, bottom = min(right, self.pixels.shape[1]), min(bottom, self.pixels.shape[0])
        if left >= right or top >= bottom:
            return
        ys = np.arange(top, bottom, dtype=np.float32) + np.float32(0.5)
        xs = np.arange(left, right, dtype=np.float32) + np.float32(0.5)
        inside = np.zeros((bottom - top, right - left), dtype=bool)
        for (ax, ay), (bx, by) in zip(spots, np.concatenate((spots[1:], spots[:1])), strict=True):
            # Row by row where this edge crosses it, then all pixels of these rows left of the crossing.
            rows = np.flatnonzero((ay > ys) != (by > ys))
            if rows.size:
                crossings = (bx - ax) * (ys[rows] - ay) / (by - ay) + ax
                inside[rows[0] : rows[-1] + 1] ^= xs < crossings[:, None]
        filled = np.asarray((*colour, cover), dtype=np.float32)
        np.copyto(self.pixels[top:bottom, left:right], filled, where=inside[..., None])

    def ellipse(self, centre: Spot, radii: Spot, colour: Colour, *, cover: int = 255) -> None:
        """Fill (or with `cover` 0 clear) an ellipse."""
        angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        ring = np.stack([centre[0] + radii[0] * np.cos(angles), centre[1] + radii[1] * np.sin(angles)], axis=1)
        self.polygon([(float(x), float(y)) for x, y in ring], colour, cover=cover)

    def gradient(self, top: int, bottom: int, colours: tuple[Colour, Colour]) -> None:
        """Fill the rows from `top` to `bottom` from one colour to the other."""
        rows = slice(top * self.smooth, bottom * self.smooth)
        share = np.linspace(0, 1, rows.stop - rows.start, dtype=np.float32)[:, None, None]
        first, last = (np.asarray((*colour, 255), dtype=np.float32) for colour in colours)
        self.pixels[rows] = first * (1 - share) + last * share

    def rgba(self) -> NDArray[np.float32]:
        """Averaged to float32[height, width, 4], colours multiplied by their cover."""
        parts = self.pixels.copy()
        parts[..., :3] *= parts[..., 3:] / 255
        total = np.zeros((self.height, self.width, 4), dtype=np.float32)
        for down in range(self.smooth):
            for along in range(self.smooth):
                total += parts[down :: self.smooth, along :: self.smooth]
        return total / np.float32(self.smooth * self.smooth)


def to_yuv(rgb: NDArray[np.float32]) -> Yuv:
    """From float32[h, w, 3] in 0..255; h and w even."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    luma = 16 + 0.257 * red + 0.504 * green + 0.098 * blue
    u = 128 - 0.148 * red - 0.291 * green + 0.439 * blue
    v = 128 + 0.439 * red - 0.368 * green - 0.071 * blue
    return Yuv(_bytes(luma), _bytes(halve(u)), _bytes(halve(v)))


def halve(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each 2 by 2 pixels averaged."""
    height, width = plane.shape
    averaged: NDArray[np.float32] = plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return averaged


def _bytes(plane: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.rint(plane), 0, 255).astype(np.uint8)
