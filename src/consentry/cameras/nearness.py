"""Cameras near a place: the H3 cells of resolution 9 that the circle touches, read from a covering index; distance.

Distance is to the middle of a camera's block (`cells.blocks`), so that all addresses of a block answer alike.

The index `cameras_near` holds every column of `types.Near` and no more, so that a call in a dense city reads some sixty
pages in order and never the table. Cells of resolution 9 have a radius of 201 m on average, distorted by 25 % at most.
"""

import math
from functools import lru_cache

import h3
from django.db import connection

from consentry.cameras.types import Near
from consentry.kernel.errors import Malformed
from consentry.kernel.geo import EARTH_RADIUS_M, Place
from consentry.kernel.limits import MAX_DISTANCE_M

NEAR_RES = 9
LEAST_RADIUS_M = 150.0
MOST_RADIUS_M = 252.0
_METRES_PER_DEGREE = math.pi * EARTH_RADIUS_M / 180

# Same order as `types.Near`. Squared metres of a flat map around the place: within 0.2 m of the sphere at 800 m. The
# half angle's sine knows that -180 and 180 are one meridian. OFFSET 0 keeps PostgreSQL from reckoning it twice.
_NEAR = """
SELECT id, lat, lon, heading_deg, fov_deg, range_m, block_radius_m, sqrt(square_m) AS away_m
FROM (
  SELECT id, lat, lon, heading_deg, fov_deg, range_m, block_radius_m,
    (block_lat - %(lat)s) * (block_lat - %(lat)s) * %(north)s
    + power(sin(radians(block_lon - %(lon)s) / 2), 2) * %(east)s AS square_m
  FROM cameras_camera
  WHERE removed_at IS NULL AND h3_r9 = ANY(%(cells)s) AND klass = %(klass)s
    AND block_lat BETWEEN %(south)s AND %(top)s
  OFFSET 0
) AS box
WHERE square_m <= %(most)s AND sqrt(square_m) + block_radius_m <= %(ceiling)s
ORDER BY away_m, id
"""


def near_cell(place: Place) -> int:
    """The number of the H3 cell of resolution 9 that holds `place` (63 bits)."""
    return h3.str_to_int(h3.latlng_to_cell(place.lat, place.lon, NEAR_RES))


def near(place: Place, radius_m: int, klass: str) -> list[Near]:
    """Registered cameras of `klass` within `radius_m` (at most 800) of `place`, nearest first; their blocks end by 800.

    Places exact to the metre: the answer stays inside the server. Malformed for a radius out of bounds.
    """
    if not 0 < radius_m <= MAX_DISTANCE_M:
        raise Malformed(f"a radius is 1 to {MAX_DISTANCE_M} m")
    reach = 1.001 * radius_m / _METRES_PER_DEGREE
    facts: dict[str, str | float | list[int]] = {
        "lat": place.lat, "lon": place.lon, "klass": str(klass), "cells": cells_touched(place, radius_m),
        "north": _METRES_PER_DEGREE**2, "east": (2 * EARTH_RADIUS_M * math.cos(math.radians(place.lat))) ** 2,
        "south": place.lat - reach, "top": place.lat + reach, "most": float(radius_m) ** 2,
        "ceiling": float(MAX_DISTANCE_M),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, facts)
        return list(map(Near._make, cursor.fetchall()))


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
