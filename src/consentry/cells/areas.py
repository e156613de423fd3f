"""Pure rules of areas that somebody draws: widened to whole published cells, and how much two of them share.

1. An area becomes every published cell that it touches, so two areas can never differ by less than a published cell:
   neither asking twice with a line moved, nor asking for two shapes and subtracting, tells of fewer than 50 addresses.
2. What is touched but belongs to no cell (a lake, a field) brings the cell that such places are spoken of by.
3. While the cells hold fewer than 50 addresses together, the nearest cell joins; a city too small for that is refused.
4. How many addresses an area holds never leaves this room.

Source: docs/design/privacy.md.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import h3
import numpy as np

from consentry.cells.rules import LEAF_RES, MIN_ADDRESSES, centres_of
from consentry.cells.types import Area
from consentry.kernel.errors import Malformed, Refused
from consentry.kernel.geo import Place, distance_m
from consentry.kernel.limits import MAX_AREA_ACROSS_M, MAX_AREA_CORNERS

MAX_SHARED_PART = 0.5


def leaves_of(area: Area) -> list[str]:
    """The H3 cells of resolution 9 that `area` touches, sorted.

    Raises Malformed for fewer than 3 or more than 64 corners, corners off the earth, or more than 8 km across.
    """
    corners = _corners(area)
    if not 3 <= len(corners) <= MAX_AREA_CORNERS:
        raise Malformed(f"an area has 3 to {MAX_AREA_CORNERS} corners", kind="area-shape")
    if not all(-90 <= lat <= 90 and -180 <= lon <= 180 for lat, lon in corners):
        raise Malformed("latitude is -90 to 90, longitude -180 to 180", kind="area-shape")
    if max(distance_m(corners[0], corner) for corner in corners) > MAX_AREA_ACROSS_M:
        raise Malformed(f"an area is at most {MAX_AREA_ACROSS_M} m across", kind="area-too-large")
    return sorted(h3.h3shape_to_cells_experimental(h3.LatLngPoly(corners), LEAF_RES, contain="overlap"))


def middle_of(area: Area) -> Place:
    """The mean of the corners, as good a middle as anything that is at most 8 km across has."""
    lat, lon = np.radians(np.array(_corners(area), dtype=np.float64)).T
    x, y, z = (np.cos(lat) * np.cos(lon)).mean(), (np.cos(lat) * np.sin(lon)).mean(), np.sin(lat).mean()
    return Place(float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x))))


def widen(touched: Collection[str], addresses: Mapping[str, int], middle: Place) -> tuple[str, ...]:
    """The published cells of an area that touches the cells `touched`: these, and the nearest ones up to 50 addresses.

    Args:
        addresses: residential addresses per published cell, of every cell within reach.

    Raises Refused (`area-too-empty`) when all of them together hold fewer than 50.
    """
    chosen, held = set(touched), sum(addresses[cell] for cell in touched)
    rest = sorted(set(addresses) - chosen)
    for cell in _nearest_first(rest, middle) if held < MIN_ADDRESSES else ():
        chosen.add(cell)
        held += addresses[cell]
        if held >= MIN_ADDRESSES:
            break
    if held < MIN_ADDRESSES:
        raise Refused(f"fewer than {MIN_ADDRESSES} homes live within reach of this area", kind="area-too-empty")
    return tuple(sorted(chosen))


def shared_part(one: Collection[str], other: Collection[str]) -> float:
    """How much of the smaller of two areas, given as published cells, lies in the other: 0 to 1, by ground.

    The cells may be of two freezes. ValueError for an area without cells.
    """
    first, second = _ground(one), _ground(other)
    if not first or not second:
        raise ValueError("an area has at least one cell")
    return len(first & second) / min(len(first), len(second))


def may_stand_beside(new: Collection[str], earlier: Iterable[Collection[str]]) -> bool:
    """May a case that asked in the areas `earlier` ask in `new` too? Not where more than half is shared."""
    return all(shared_part(new, area) <= MAX_SHARED_PART for area in earlier)


def _corners(area: Area) -> tuple[Place, ...]:
    is_closed = len(area.ring) > 1 and area.ring[0] == area.ring[-1]
    return area.ring[:-1] if is_closed else area.ring


def _ground(cells: Collection[str]) -> set[str]:
    return {leaf for cell in cells for leaf in h3.cell_to_children(cell, LEAF_RES)}


def _nearest_first(cells: Sequence[str], place: Place) -> list[str]:
    centres = centres_of(cells)
    away = [distance_m(place, Place(lat, lon)) for lat, lon, _ in centres]
    return [cell for _, cell in sorted(zip(away, cells, strict=True))]
