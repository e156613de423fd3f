"""Places on the earth: lat, lon in degrees (WGS84); distances in metres; bearings in degrees from north, clockwise."""

import math
from typing import NamedTuple

EARTH_RADIUS_M = 6_371_008.8


class Place(NamedTuple):
    """A point: latitude in [-90, 90], longitude in [-180, 180]."""

    lat: float
    lon: float


class View(NamedTuple):
    """What a camera can see: where it looks (degrees; None when unknown), how wide (degrees), how far (metres)."""

    heading_deg: int | None
    fov_deg: int
    range_m: int


def distance_m(a: Place, b: Place) -> float:
    """Great-circle distance in metres (haversine; within 0.5 % of the ellipsoid)."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    d_lat, d_lon = lat_b - lat_a, math.radians(b.lon - a.lon)
    h = math.sin(d_lat / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(d_lon / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


def bearing_deg(a: Place, b: Place) -> float:
    """Initial bearing from `a` to `b` in [0, 360)."""
    lat_a, lat_b, d_lon = math.radians(a.lat), math.radians(b.lat), math.radians(b.lon - a.lon)
    east = math.sin(d_lon) * math.cos(lat_b)
    north = math.cos(lat_a) * math.sin(lat_b) - math.sin(lat_a) * math.cos(lat_b) * math.cos(d_lon)
    return math.degrees(math.atan2(east, north)) % 360.0


def offset(place: Place, *, bearing: float, metres: float) -> Place:
    """The point `metres` away from `place` in direction `bearing`."""
    angle, lat = metres / EARTH_RADIUS_M, math.radians(place.lat)
    course = math.radians(bearing)
    lat_to = math.asin(math.sin(lat) * math.cos(angle) + math.cos(lat) * math.sin(angle) * math.cos(course))
    lon_to = math.radians(place.lon) + math.atan2(
        math.sin(course) * math.sin(angle) * math.cos(lat), math.cos(angle) - math.sin(lat) * math.sin(lat_to)
    )
    return Place(math.degrees(lat_to), (math.degrees(lon_to) + 540.0) % 360.0 - 180.0)


def sees(camera: Place, view: View, target: Place) -> float:
    """How well `view` covers `target`: 0 (not at all) to 1; an unknown heading counts as all around at half weight."""
    away_m = distance_m(camera, target)
    if away_m > view.range_m:
        return 0.0
    nearness = 1.0 - 0.5 * away_m / max(view.range_m, 1)
    if view.heading_deg is None or view.fov_deg >= 360:
        return nearness * (0.5 if view.heading_deg is None else 1.0)
    off_axis = abs((bearing_deg(camera, target) - view.heading_deg + 180.0) % 360.0 - 180.0)
    return nearness if off_axis <= view.fov_deg / 2 else 0.0
