"""The island: metres east and north of its centre, its shore, and the way from metres to degrees."""

import math
from typing import NamedTuple

from consentry.kernel.geo import EARTH_RADIUS_M, Place

CENTRE = Place(41.0, -40.0)
SHORE_M = 1_650.0
_DEGREE_M = math.pi * EARTH_RADIUS_M / 180


class Point(NamedTuple):
    """Metres east (`x`) and north (`y`) of the city's centre."""

    x: float
    y: float


Ring = tuple[Point, ...]


def to_place(point: Point) -> Place:
    """The place of `point`, to 1e-6 degrees (flat-earth within 2 km: error below 0.2 m)."""
    lat = CENTRE.lat + point.y / _DEGREE_M
    lon = CENTRE.lon + point.x / (_DEGREE_M * math.cos(math.radians(CENTRE.lat)))
    return Place(round(lat, 6), round(lon, 6))


def to_point(place: Place) -> Point:
    """The inverse of `to_place`."""
    x = (place.lon - CENTRE.lon) * _DEGREE_M * math.cos(math.radians(CENTRE.lat))
    return Point(x, (place.lat - CENTRE.lat) * _DEGREE_M)


def shore_m(angle: float) -> float:
    """How far the shore is from the centre in direction `angle` (radians from east): bays, a point and a harbour."""
    waves = 0.09 * math.sin(2 * angle + 0.6) + 0.05 * math.sin(3 * angle - 1.1) + 0.025 * math.sin(7 * angle + 0.4)
    harbour = 0.42 * math.exp(-(((angle + math.pi / 2 + 0.35) / 0.16) ** 2))
    return SHORE_M * (1.0 + waves - harbour)


def shore(inland_m: float = 0.0, steps: int = 240) -> Ring:
    """The shore as a closed ring, `inland_m` metres inside it."""
    ring = []
    for step in range(steps):
        angle = -math.pi + 2 * math.pi * step / steps
        away = shore_m(angle) - inland_m
        ring.append(Point(away * math.cos(angle), away * math.sin(angle)))
    return (*ring, ring[0])


def inland_m(point: Point) -> float:
    """Metres from `point` to the shore along the ray from the centre; negative in the sea."""
    return shore_m(math.atan2(point.y, point.x)) - math.hypot(point.x, point.y)


def between(a: Point, b: Point) -> float:
    """Metres between two points."""
    return math.hypot(a.x - b.x, a.y - b.y)


def along(a: Point, b: Point, metres: float, aside_m: float = 0.0) -> Point:
    """The point `metres` from `a` towards `b` and `aside_m` to the left of that way."""
    length = between(a, b)
    ux, uy = (b.x - a.x) / length, (b.y - a.y) / length
    return Point(a.x + ux * metres - uy * aside_m, a.y + uy * metres + ux * aside_m)
