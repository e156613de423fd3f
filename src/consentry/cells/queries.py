"""Reads: which published cell a place is spoken of by, and what anyone may see of the cells."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

import h3
import numpy as np
from django.db.models import Sum
from numpy.typing import NDArray

from consentry.cells.areas import leaves_of, middle_of, widen
from consentry.cells.blocks import FINE_RES, is_inside
from consentry.cells.models import BandSnapshot, BlockCell, CellBand, Partition, PartitionCell
from consentry.cells.rules import COARSEST_RES, LEAF_RES, band_of, centres_of, nearest
from consentry.cells.types import Area, Band, Block, Polygon, PublishedCell, Ring, WidenedArea
from consentry.kernel.errors import Malformed, NotFound, Unavailable
from consentry.kernel.geo import Place, distance_m

__all__ = [
    "band_of", "block_of", "cell_of", "has_partition", "not_of_cells", "published_cells", "published_names",
    "same_ground", "version_of_cells", "widen_area",
]  # fmt: skip

OUTSIDE_CITY_M = 10_000
# A camera belongs to the addresses of its own fine cell, else to the nearest within two of them (some 100 m).
FINE_RINGS = 2


def cell_of(place: Place) -> str:
    """The published cell that `place` is spoken of by: the one containing it, else the nearest within 10 km.

    Raises Unavailable while no city is frozen, Malformed (`outside-city`) for a place far from every cell.
    """
    cells = _cells_of([_leaf(place)], _some_partition())
    if not cells:
        raise Malformed("this place is outside the city", kind="outside-city")
    return cells.pop()


def block_of(place: Place) -> Block | None:
    """The block whose addresses a camera at `place` has its distances with; None where no 50 homes are near.

    For the server's own reckoning: it is finer than a cell. Raises as `cell_of`.
    """
    published = cell_of(place)
    around = h3.grid_disk(h3.latlng_to_cell(place.lat, place.lon, FINE_RES), FINE_RINGS)
    rows = BlockCell.objects.filter(h3__in=around, block__partition__in=_in_force(), block__published=published)
    found = rows.values_list("h3", "block__lat", "block__lon", "block__radius_m")
    near = min(found, key=lambda row: (distance_m(place, Place(*h3.cell_to_latlng(row[0]))), *row), default=None)
    if near is None:
        return None
    block = Block(Place(near[1], near[2]), near[3])
    return block if is_inside(block, place) else None


def widen_area(area: Area) -> WidenedArea:
    """What is asked instead of `area`: every published cell that it touches, at least 50 addresses together.

    A function of the frozen partition alone: neither cameras nor consents change it, so it tells nothing of them.

    Raises Unavailable while no city is frozen, Malformed (`area-shape`, `area-too-large`, `outside-city`), Refused
    (`area-too-empty`).
    """
    partitions = _some_partition()
    touched = _cells_of(leaves_of(area), partitions)
    if not touched:
        raise Malformed("this area is outside the city", kind="outside-city")
    addresses = _addresses(partitions)
    cells = widen(touched, addresses, middle_of(area))
    leaves = _leaves(partitions)
    return WidenedArea(cells, _outline(set().union(*(leaves[cell] for cell in cells))))


def same_ground(cell: str) -> set[str]:
    """`cell` and the cells of other freezes that lie in it or hold it; NotFound unless it is or was published."""
    if not PartitionCell.objects.filter(published=cell).exists():
        raise NotFound("no such area")
    res = h3.get_resolution(cell)
    outer = {h3.cell_to_parent(cell, coarser) for coarser in range(COARSEST_RES, res)}
    inner = {child for finer in range(res + 1, LEAF_RES + 1) for child in h3.cell_to_children(cell, finer)}
    return {cell} | outer | inner


def has_partition(city: str) -> bool:
    """Is `city` frozen?"""
    return Partition.objects.filter(city=city, superseded_at=None).exists()


def published_cells() -> list[PublishedCell]:
    """Every published cell in force with its band of the newest snapshot, sorted by cell. Safe for anyone."""
    partitions = _in_force()
    bands = _newest_bands(partitions)
    return [PublishedCell(cell, shape, bands.get(cell, "under_5")) for cell, shape in _shapes(partitions)]


def published_names() -> frozenset[str]:
    """The published cells in force, by name alone."""
    return _names(_in_force())


def not_of_cells(names: Collection[str]) -> set[str]:
    """Those of `names` that are neither a published cell, of whatever freeze, nor a parent of one: for checks."""
    ever = set(PartitionCell.objects.values_list("published", flat=True).distinct())
    known = ever | {h3.cell_to_parent(cell, coarser) for cell in ever for coarser in range(h3.get_resolution(cell))}
    return set(names) - known


def version_of_cells() -> str:
    """Changes whenever `published_cells` may: partitions in force and their newest snapshots (for ETag)."""
    partitions = _in_force()
    return "-".join(str(number) for number in (*partitions, 0, *sorted(_newest_snapshots(partitions))))


def _some_partition() -> tuple[int, ...]:
    partitions = _in_force()
    if not partitions:
        raise Unavailable("no city is divided into cells yet", kind="no-partition")
    return partitions


def _cells_of(leaves: Collection[str], partitions: tuple[int, ...]) -> set[str]:
    """The published cells that `leaves` belong to: those holding them, else the nearest; none beyond 10 km.

    What lies in no cell is measured from the middle of its leaf: no boundary that depends on anything finer exists.
    """
    up = {leaf: [leaf, *(h3.cell_to_parent(leaf, res) for res in range(LEAF_RES))] for leaf in leaves}
    every = {cell for chain in up.values() for cell in chain}
    found = PartitionCell.objects.filter(partition__in=partitions, h3__in=every).values_list("h3", "published")
    holders = dict(found)
    return {cell for chain in up.values() if (cell := _holder(chain, holders, partitions))}


def _holder(chain: Sequence[str], holders: Mapping[str, str], partitions: tuple[int, ...]) -> str | None:
    within = sorted((cell for cell in chain if cell in holders), key=h3.get_resolution)
    if within:
        return holders[within[-1]]
    cells, published, centres = _rims(partitions)
    cell, away_m = nearest(Place(*h3.cell_to_latlng(chain[0])), cells, centres)
    return None if away_m > OUTSIDE_CITY_M else published[cells.index(cell)]


def _in_force() -> tuple[int, ...]:
    return tuple(Partition.objects.filter(superseded_at=None).order_by("id").values_list("id", flat=True))


def _newest_snapshots(partitions: tuple[int, ...]) -> list[int]:
    newest = BandSnapshot.objects.filter(partition__in=partitions).order_by("partition", "-taken_at", "-id")
    return list(newest.distinct("partition").values_list("id", flat=True))


def _newest_bands(partitions: tuple[int, ...]) -> dict[str, Band]:
    rows = CellBand.objects.filter(snapshot__in=_newest_snapshots(partitions)).values_list("cell", "band")
    known: dict[str, Band] = {"5_to_9": "5_to_9", "10_or_more": "10_or_more"}
    return {cell: known[band] for cell, band in rows}


@lru_cache(maxsize=4)
def _rims(partitions: tuple[int, ...]) -> tuple[list[str], list[str], NDArray[np.float64]]:
    """Cells, the published cell of each, and their centres; cached because a frozen partition never changes."""
    rows = list(PartitionCell.objects.filter(partition__in=partitions).order_by("h3").values_list("h3", "published"))
    cells = [row[0] for row in rows]
    return cells, [row[1] for row in rows], centres_of(cells)


def _leaf(place: Place) -> str:
    if not (-90 <= place.lat <= 90 and -180 <= place.lon <= 180):
        raise Malformed("latitude is -90 to 90, longitude -180 to 180", kind="outside-city")
    return h3.latlng_to_cell(place.lat, place.lon, LEAF_RES)


@lru_cache(maxsize=4)
def _names(partitions: tuple[int, ...]) -> frozenset[str]:
    rows = PartitionCell.objects.filter(partition__in=partitions)
    return frozenset(rows.values_list("published", flat=True).distinct())


@lru_cache(maxsize=4)
def _shapes(partitions: tuple[int, ...]) -> tuple[tuple[str, tuple[Polygon, ...]], ...]:
    """Each published cell with its outline, sorted by cell; cached because a frozen partition never changes."""
    leaves = _leaves(partitions)
    return tuple((cell, _outline(leaves[cell])) for cell in sorted(leaves))


@lru_cache(maxsize=4)
def _leaves(partitions: tuple[int, ...]) -> dict[str, set[str]]:
    """The leaves of each published cell, those of attached cells among them; callers change nothing in it."""
    leaves: dict[str, set[str]] = {}
    rows = PartitionCell.objects.filter(partition__in=partitions).order_by("h3").values_list("h3", "published")
    for cell, published in rows:
        leaves.setdefault(published, set()).update(h3.cell_to_children(cell, LEAF_RES))
    return leaves


@lru_cache(maxsize=4)
def _addresses(partitions: tuple[int, ...]) -> dict[str, int]:
    """Residential addresses per published cell; they stay inside this room."""
    rows = PartitionCell.objects.filter(partition__in=partitions).values_list("published").annotate(Sum("addresses"))
    return dict(rows.values_list("published", "addresses__sum"))


def _outline(leaves: set[str]) -> tuple[Polygon, ...]:
    shape = h3.cells_to_h3shape(sorted(leaves))
    polygons = [shape] if isinstance(shape, h3.LatLngPoly) else list(shape)
    return tuple(tuple(_ring(ring) for ring in (polygon.outer, *polygon.holes)) for polygon in polygons)


def _ring(places: Sequence[tuple[float, float]]) -> Ring:
    points = [(round(lon, 6), round(lat, 6)) for lat, lon in places]
    return (*points, points[0])
