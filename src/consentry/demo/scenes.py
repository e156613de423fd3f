"""Two kinds of street scene in perspective: along a street from a pole, and across it from a front door."""

import random
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from consentry.demo.paint import Canvas, Colour, Spot

WIDTH, HEIGHT = 640, 360
WALLS: tuple[Colour, ...] = (
    (206, 186, 160), (184, 112, 92), (222, 214, 200), (158, 172, 180), (196, 164, 124), (172, 186, 160),
)  # fmt: skip
ROOFS: tuple[Colour, ...] = ((112, 70, 60), (82, 86, 92), (124, 96, 76))
GRASS, LEAF, TRUNK = (112, 142, 92), (76, 112, 70), (96, 78, 62)
PAVING, KERB, ASPHALT, LINE = (178, 174, 166), (150, 148, 142), (92, 94, 98), (226, 222, 206)
PANE, LAMPLIGHT, DOOR = (86, 104, 120), (255, 214, 140), (96, 66, 54)
SKY = ((150, 190, 226), (222, 232, 236))
SEA, HILLS = (120, 158, 178), (140, 160, 146)


@dataclass(frozen=True)
class Lens:
    """A pinhole: metres to the right, up and ahead become pixels. `focal_px`, `horizon_px`; `high_m` above ground."""

    focal_px: float
    horizon_px: float
    high_m: float
    aside_m: float = 0.0

    def spot(self, right: float, up: float, ahead: float) -> Spot:
        """Where a point is seen; `ahead` must be positive."""
        scale = self.focal_px / ahead
        return WIDTH / 2 + (right - self.aside_m) * scale, self.horizon_px + (self.high_m - up) * scale

    def per_m(self, ahead: float) -> float:
        """Pixels per metre at that distance."""
        return self.focal_px / ahead


@dataclass(frozen=True)
class Track:
    """A line that movers follow: at `start` (right, ahead) to `end`, metres; `speed` in metres per second."""

    kind: str
    start: tuple[float, float]
    end: tuple[float, float]
    speed_m_s: float
    every_s: float


@dataclass
class Scene:
    """What stands still (rgb float32[h, w, 3]), what is lit at night (bool[h, w]), and where things move."""

    lens: Lens
    rgb: NDArray[np.float32]
    lit: NDArray[np.bool_]
    tracks: tuple[Track, ...] = field(default_factory=tuple)


class _Painter:
    """A canvas in perspective that remembers which windows are lit."""

    def __init__(self, lens: Lens) -> None:
        self.lens = lens
        self.day = Canvas(WIDTH, HEIGHT)
        self.night = Canvas(WIDTH, HEIGHT, smooth=1)
        horizon = round(lens.horizon_px)
        self.day.gradient(0, horizon, SKY)
        self.day.gradient(horizon, HEIGHT, (GRASS, (96, 126, 80)))

    def quad(self, corners: list[tuple[float, float, float]], colour: Colour) -> None:
        """Fill through (right, up, ahead) corners; what was lit behind is hidden."""
        spots = [self.lens.spot(*corner) for corner in corners]
        self.day.polygon(spots, colour)
        self.night.polygon(spots, colour, cover=0)

    def pane(self, corners: list[tuple[float, float, float]], *, is_lit: bool) -> None:
        """A window; lit ones shine at dusk."""
        self.quad(corners, PANE)
        if is_lit:
            self.night.polygon([self.lens.spot(*corner) for corner in corners], LAMPLIGHT)

    def tree(self, right: float, ahead: float, high: float) -> None:
        """A round tree."""
        self.quad([(right - 0.15, 0, ahead), (right + 0.15, 0, ahead), (right, high * 0.6, ahead)], TRUNK)
        scale = self.lens.per_m(ahead)
        middle = self.lens.spot(right, high * 0.72, ahead)
        crown = (high * 0.3 * scale, high * 0.36 * scale)
        self.day.ellipse(middle, crown, LEAF)
        self.night.ellipse(middle, crown, LEAF, cover=0)
        self.day.ellipse((middle[0] - high * 0.08 * scale, middle[1] - high * 0.1 * scale),
                         (high * 0.18 * scale, high * 0.2 * scale), (92, 130, 80))  # fmt: skip

    def scene(self, tracks: tuple[Track, ...]) -> Scene:
        """What was painted."""
        return Scene(self.lens, self.day.rgba()[..., :3], self.night.rgba()[..., 3] > 0, tracks)


def street_scene(seed: int) -> Scene:
    """Along a street, from a pole 5.5 m high."""
    rng = random.Random(seed)  # noqa: S311 a drawing
    painter = _Painter(Lens(500.0, 112.0, 5.5, aside_m=rng.choice((-5.5, 5.5))))
    painter.quad([(-400, 0, 400), (400, 0, 400), (400, 9, 400), (-400, 14, 400)], rng.choice((SEA, HILLS)))
    near, far = 8.0, 240.0
    for left, right, colour in ((-7.2, 7.2, PAVING), (-4.6, 4.6, KERB), (-4.4, 4.4, ASPHALT)):
        painter.quad([(left, 0, near), (right, 0, near), (right, 0, far), (left, 0, far)], colour)
    for ahead in range(10, 150, 8):
        painter.quad([(-0.1, 0, ahead), (0.1, 0, ahead), (0.1, 0, ahead + 4), (-0.1, 0, ahead + 4)], LINE)
    for far_m in range(150, 9, -14):
        for side in (-1, 1):
            _row_house(painter, side, float(far_m), rng)
            if rng.random() < 0.5:
                painter.tree(side * 8.6, far_m - 2.0, rng.uniform(4, 6.5))
    return painter.scene((
        Track("car_back", (2.1, 9.0), (2.1, 130.0), 9.5, 17.0),
        Track("car_front", (-2.1, 130.0), (-2.1, 9.0), 9.0, 13.0),
        Track("walker", (5.8, 70.0), (5.8, 9.5), 1.4, 41.0), Track("walker", (-5.8, 10.0), (-5.8, 80.0), 1.3, 47.0),
    ))  # fmt: skip


def _row_house(painter: _Painter, side: int, ahead: float, rng: random.Random) -> None:
    wall, roof, high = rng.choice(WALLS), rng.choice(ROOFS), rng.uniform(5.5, 8.5)
    front, back, near, far = side * 11.0, side * 20.0, ahead, ahead + 11.0
    dark = (wall[0] * 3 // 4, wall[1] * 3 // 4, wall[2] * 3 // 4)
    painter.quad([(front, 0, near), (front, 0, far), (front, high, far), (front, high, near)], wall)
    painter.quad([(front, 0, near), (back, 0, near), (back, high, near), (front, high, near)], dark)
    middle = (front + back) / 2
    painter.quad([(front, high, near), (back, high, near), (middle, high + 2.4, near)], dark)
    painter.quad([(front, high, near), (front, high, far), (middle, high + 2.4, far), (middle, high + 2.4, near)], roof)
    for floor in range(2):
        for at in (1.6, 5.0, 8.4):
            low = 1.0 + 2.9 * floor
            box = [(front, low, near + at), (front, low, near + at + 1.5)]
            box += [(front, low + 1.5, near + at + 1.5), (front, low + 1.5, near + at)]
            painter.pane(box, is_lit=rng.random() < 0.5)


def door_scene(seed: int) -> Scene:
    """Across the street, from a front door 2.6 m high."""
    rng = random.Random(seed)  # noqa: S311 a drawing
    painter = _Painter(Lens(430.0, 122.0, 2.6))
    painter.quad([(-400, 0, 300), (400, 0, 300), (400, 10, 300), (-400, 6, 300)], HILLS)
    for shift in range(-4, 5):
        _facing_house(painter, shift * 13.0 + rng.uniform(-1, 1), rng)
    for near, far, colour in ((19, 22, PAVING), (10.8, 19, KERB), (11, 18.8, ASPHALT), (7, 9.6, PAVING)):
        painter.quad([(-90, 0, near), (90, 0, near), (90, 0, far), (-90, 0, far)], colour)
    for left in range(-60, 60, 6):
        painter.quad([(left, 0, 14.8), (left + 3, 0, 14.8), (left + 3, 0, 15.0), (left, 0, 15.0)], LINE)
    painter.quad([(-0.8, 0, 4.0), (0.8, 0, 4.0), (0.7, 0, 7.0), (-0.7, 0, 7.0)], (196, 188, 174))
    for right in (-6.5, 6.5):
        painter.quad([(right - 5, 0, 6.6), (right + 5, 0, 6.6), (right + 5, 0.8, 6.6), (right - 5, 0.8, 6.6)], LEAF)
    painter.tree(rng.choice((-5.5, 5.5)), 10.2, 4.6)
    return painter.scene((
        Track("car_side", (-26.0, 13.0), (26.0, 13.0), 9.0, 15.0),
        Track("car_left", (30.0, 17.0), (-30.0, 17.0), 9.5, 19.0),
        Track("walker", (-12.0, 8.3), (12.0, 8.3), 1.4, 31.0), Track("walker", (22.0, 20.5), (-22.0, 20.5), 1.3, 37.0),
    ))  # fmt: skip


def _facing_house(painter: _Painter, right: float, rng: random.Random) -> None:
    wall, roof, ahead, high = rng.choice(WALLS), rng.choice(ROOFS), 28.0, rng.uniform(5.2, 6.4)
    _upright(painter, (right - 5, 0, right + 5, high), ahead, wall)
    painter.quad([(right - 5.6, high, ahead), (right + 5.6, high, ahead), (right, high + 2.8, ahead)], roof)
    _upright(painter, (right - 0.6, 0, right + 0.6, 2.2), ahead, DOOR)
    for left, low in ((-4, 1), (2.2, 1), (-4, 3.7), (-0.9, 3.7), (2.2, 3.7)):
        x, top = right + left, low + 1.4
        box = [(x, low, ahead), (x + 1.8, low, ahead), (x + 1.8, top, ahead), (x, top, ahead)]
        painter.pane([(a, float(b), c) for a, b, c in box], is_lit=rng.random() < 0.55)


def _upright(painter: _Painter, box: tuple[float, float, float, float], ahead: float, colour: Colour) -> None:
    left, low, right, top = box
    painter.quad([(left, low, ahead), (right, low, ahead), (right, top, ahead), (left, top, ahead)], colour)
