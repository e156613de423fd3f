"""Cameras near a place: H3 cells of resolution 9 around it through a covering index, then the exact distance."""

import math
from functools import lru_cache

import h3
from django.db import connection

from consentry.cameras.types import Camera, Health, Kind, Klass
from consentry.kernel.errors import Malformed
from consentry.kernel.geo import EARTH_RADIUS_M, Place, View
from consentry.kernel.ids import AgencyId, CameraId, EdgeId, PersonId
from consentry.kernel.limits import MAX_DISTANCE_M
from consentry.kernel.terms import Participation

NEAR_RES = 9
# Least distance between the centres of neighbours of resolution 9; cells are distorted by up to 20 % (H3's tables).
STEP_M = 260.0
_METRES_PER_DEGREE = math.pi * EARTH_RADIUS_M / 180

_COLUMNS = """id, klass, owner_id, agency_id, edge_id, kind, name, participation, lat, lon, heading_deg, fov_deg,
 range_m, cell, paused_at IS NOT NULL, health, max_mode"""
_NEAR = f"""
SELECT {_COLUMNS} FROM (
  SELECT *, sin(radians(lat - %(lat)s) / 2) ^ 2
    + cos(radians(lat)) * cos(radians(%(lat)s)) * sin(radians(lon - %(lon)s) / 2) ^ 2 AS h
  FROM cameras_camera
  WHERE removed_at IS NULL AND h3_r9 = ANY(%(cells)s) AND klass = %(klass)s
    AND abs(lat - %(lat)s) <= %(d_lat)s
) AS around WHERE h <= %(h_max)s ORDER BY h, id
"""  # noqa: S608 - only the constant list of columns is put in


def near_cell(place: Place) -> int:
    """The number of the H3 cell of resolution 9 that holds `place` (63 bits)."""
    return h3.str_to_int(h3.latlng_to_cell(place.lat, place.lon, NEAR_RES))


def near(place: Place, radius_m: int, klass: str) -> list[Camera]:
    """Registered cameras of `klass` within `radius_m` (at most 800) of `place`, nearest first.

    Places exact to the metre: the answer stays inside the server. Malformed for a radius out of bounds.
    """
    if not 0 < radius_m <= MAX_DISTANCE_M:
        raise Malformed(f"a radius is 1 to {MAX_DISTANCE_M} m")
    half = radius_m / (2 * EARTH_RADIUS_M)
    facts: dict[str, str | float | list[int]] = {
        "lat": place.lat, "lon": place.lon, "klass": str(klass), "cells": _disk(near_cell(place), radius_m),
        "d_lat": 1.001 * radius_m / _METRES_PER_DEGREE, "h_max": math.sin(half) ** 2,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, facts)
        return [_camera(row) for row in cursor.fetchall()]


@lru_cache(maxsize=4_096)
def _disk(cell: int, radius_m: int) -> list[int]:
    return [h3.str_to_int(other) for other in h3.grid_disk(h3.int_to_str(cell), math.ceil(radius_m / STEP_M) + 1)]


Row = tuple[
    str, str, str | None, str | None, str | None, str, str, str, float, float, int | None, int, int, str, bool, str, str
]


def _camera(row: Row) -> Camera:
    who, view = row[:5], row[10:13]
    camera, klass, owner, agency, edge = who
    kind, name, participation, lat, lon = row[5:10]
    cell, paused, health, max_mode = row[13:]
    return Camera(
        CameraId(camera), Klass(klass), None if owner is None else PersonId(owner),
        None if agency is None else AgencyId(agency), None if edge is None else EdgeId(edge), Kind(kind), name,
        Participation(participation), Place(lat, lon), View(*view), cell, paused, Health(health), max_mode,
    )  # fmt: skip
