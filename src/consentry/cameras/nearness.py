"""Cameras near a place: the H3 cells of resolution 9 that the circle touches, read from a covering index; distance.

The index `cameras_near` holds every column of `types.Camera`, so that a call in a dense city reads some hundred
pages in order and never the table. Cells of resolution 9 have a radius of 201 m on average, distorted by 25 % at most.
"""

import math
from functools import lru_cache
from typing import Any

import h3
from django.db import connection

from consentry.cameras.types import Camera, Health, Kind, Klass
from consentry.kernel.errors import Malformed
from consentry.kernel.geo import EARTH_RADIUS_M, Place, View
from consentry.kernel.limits import MAX_DISTANCE_M
from consentry.kernel.terms import Participation

NEAR_RES = 9
LEAST_RADIUS_M = 150.0
MOST_RADIUS_M = 252.0
_METRES_PER_DEGREE = math.pi * EARTH_RADIUS_M / 180

# Same order as `types.Camera` after `_camera`; the names are those of the covering index.
_NEAR = """
SELECT id, klass, owner_id, agency_id, edge_id, kind, name, participation, lat, lon, heading_deg, fov_deg, range_m,
  cell, paused_at IS NOT NULL, health, max_mode,
  sin(radians(lat - %(lat)s) / 2) ^ 2
    + cos(radians(lat)) * %(cos)s * sin(radians(lon - %(lon)s) / 2) ^ 2 AS h
FROM cameras_camera
WHERE removed_at IS NULL AND h3_r9 = ANY(%(cells)s) AND klass = %(klass)s AND abs(lat - %(lat)s) <= %(d_lat)s
  AND sin(radians(lat - %(lat)s) / 2) ^ 2
    + cos(radians(lat)) * %(cos)s * sin(radians(lon - %(lon)s) / 2) ^ 2 <= %(h_max)s
ORDER BY h, id
"""

_KLASS = {str(value): value for value in Klass}
_KIND = {str(value): value for value in Kind}
_PARTICIPATION = {str(value): value for value in Participation}
_HEALTH = {str(value): value for value in Health}


def near_cell(place: Place) -> int:
    """The number of the H3 cell of resolution 9 that holds `place` (63 bits)."""
    return h3.str_to_int(h3.latlng_to_cell(place.lat, place.lon, NEAR_RES))


def near(place: Place, radius_m: int, klass: str) -> list[Camera]:
    """Registered cameras of `klass` within `radius_m` (at most 800) of `place`, nearest first.

    Places exact to the metre: the answer stays inside the server. Malformed for a radius out of bounds.
    """
    if not 0 < radius_m <= MAX_DISTANCE_M:
        raise Malformed(f"a radius is 1 to {MAX_DISTANCE_M} m")
    facts: dict[str, str | float | list[int]] = {
        "lat": place.lat, "lon": place.lon, "cos": math.cos(math.radians(place.lat)), "klass": str(klass),
        "cells": cells_touched(place, radius_m), "d_lat": 1.001 * radius_m / _METRES_PER_DEGREE,
        "h_max": math.sin(radius_m / (2 * EARTH_RADIUS_M)) ** 2,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, facts)
        return [_camera(row) for row in cursor.fetchall()]


def cells_touched(place: Place, radius_m: float) -> list[int]:
    """Cells of resolution 9 that may hold a point within `radius_m` of `place`; a few more, never one less."""
    reach_m, north = radius_m + MOST_RADIUS_M, _METRES_PER_DEGREE
    east = north * math.cos(math.radians(place.lat))
    return [
        cell
        for cell, lat, lon in _disk(near_cell(place), _rings(radius_m))
        if math.hypot((lat - place.lat) * north, ((lon - place.lon + 180) % 360 - 180) * east) <= 1.01 * reach_m
    ]


def _rings(radius_m: float) -> int:
    """Rings that cover the circle, the place lying anywhere in its cell: k rings reach 1.5 k + 0.5 radii outwards."""
    return math.ceil((radius_m + 0.5 * LEAST_RADIUS_M) / (1.5 * LEAST_RADIUS_M))


@lru_cache(maxsize=4_096)
def _disk(cell: int, rings: int) -> tuple[tuple[int, float, float], ...]:
    disk = h3.grid_disk(h3.int_to_str(cell), rings)
    return tuple((h3.str_to_int(other), *h3.cell_to_latlng(other)) for other in disk)


def _camera(row: tuple[Any, ...]) -> Camera:
    """The camera of a row of `_NEAR` (columns checked by the tests, hence `Any`); thousands at once, so no detours."""
    camera, klass, owner, agency, edge, kind, name, participation, lat, lon, heading, fov, range_m = row[:13]
    cell, paused, health, max_mode, _ = row[13:]
    return Camera(
        camera, _KLASS[klass], owner, agency, edge, _KIND[kind], name, _PARTICIPATION[participation], Place(lat, lon),
        View(heading, fov, range_m), cell, paused, _HEALTH[health], max_mode,
    )  # fmt: skip
