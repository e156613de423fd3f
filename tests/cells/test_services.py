"""Freezing a city and taking bands, on PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction

from consentry.cells.models import CellBand, Partition, PartitionCell
from consentry.cells.queries import cell_of, published_cells, version_of_cells
from consentry.cells.services import bands_snapshot, freeze_partition
from consentry.cells.types import Ring
from consentry.kernel.errors import Conflict, Malformed, Unavailable
from consentry.kernel.geo import Place, distance_m, offset

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CENTRE = Place(39.96, -83.0)


def _addresses(count: int = 4_000, radius_m: float = 2_000) -> Iterator[Place]:
    for number in range(count):
        yield offset(CENTRE, bearing=number * 137.5 % 360, metres=radius_m * (number / count) ** 0.5)


def test_every_address_of_the_city_is_in_one_published_cell_of_at_least_fifty() -> None:
    report = freeze_partition(_addresses(), city="testville", now=NOW)
    assert report.addresses == 4_000
    published = {cell.cell for cell in published_cells()}
    homes: dict[str, int] = {}
    for place in _addresses():
        homes[cell_of(place)] = homes.get(cell_of(place), 0) + 1
        assert cell_of(place) in published
    assert min(homes.values()) >= 50


def test_progress_is_told_and_addresses_are_read_once() -> None:
    told: list[int] = []
    freeze_partition(_addresses(25_000), city="testville", now=NOW, progress=told.append)
    assert told == [10_000, 20_000, 25_000]


def test_a_place_beside_the_city_is_spoken_of_by_its_nearest_cell() -> None:
    freeze_partition(_addresses(), city="testville", now=NOW)
    lake = offset(CENTRE, bearing=10, metres=6_000)
    assert cell_of(lake) in {cell.cell for cell in published_cells()}


def test_a_place_far_outside_is_refused() -> None:
    freeze_partition(_addresses(), city="testville", now=NOW)
    for place in (Place(48.85, 2.35), Place(0.0, 0.0), Place(200.0, 0.0), Place(float("nan"), 0.0)):
        with pytest.raises(Malformed) as refused:
            cell_of(place)
        assert refused.value.kind == "outside-city"


def test_without_a_partition_no_place_has_a_cell() -> None:
    with pytest.raises(Unavailable) as refused:
        cell_of(CENTRE)
    assert refused.value.kind == "no-partition"


def test_a_city_is_not_divided_again_within_the_year() -> None:
    freeze_partition(_addresses(), city="testville", now=NOW)
    with pytest.raises(Conflict):
        freeze_partition(_addresses(), city="testville", now=NOW + timedelta(days=200))
    freeze_partition(_addresses(), city="testville", now=NOW + timedelta(days=365))
    assert Partition.objects.filter(city="testville", superseded_at=None).count() == 1


def test_a_broken_address_leaves_nothing_behind() -> None:
    with pytest.raises(Malformed):
        freeze_partition([CENTRE, Place(91.0, 0.0)], city="testville", now=NOW)
    with pytest.raises(Malformed):
        freeze_partition([], city="testville", now=NOW)
    assert not Partition.objects.exists()


def test_the_database_refuses_a_small_cell_without_a_reason() -> None:
    made = Partition.objects.create(city="x", frozen_at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        PartitionCell.objects.create(partition=made, h3="89", published="89", addresses=49)


def test_bands_come_from_a_snapshot_and_never_live() -> None:
    freeze_partition(_addresses(), city="testville", now=NOW)
    cell = cell_of(CENTRE)
    before = version_of_cells()
    assert bands_snapshot({cell: 7}, programme="prg_a", now=NOW)
    assert not bands_snapshot({cell: 12}, programme="prg_a", now=NOW + timedelta(days=27))
    assert _bands()[cell] == "5_to_9"
    assert version_of_cells() != before
    assert bands_snapshot({cell: 12}, programme="prg_a", now=NOW + timedelta(days=29))
    assert _bands()[cell] == "10_or_more"


def test_counts_are_not_kept_and_one_to_four_look_like_none() -> None:
    freeze_partition(_addresses(), city="testville", now=NOW)
    cells = sorted({cell_of(place) for place in _addresses()})
    bands_snapshot({cells[0]: 4, cells[1]: 9}, programme="prg_a", now=NOW)
    assert _bands()[cells[0]] == "under_5" == _bands()[cells[2]]
    assert list(CellBand.objects.values_list("cell", "band")) == [(cells[1], "5_to_9")]


def test_boundaries_are_closed_rings_around_the_places_of_the_cell() -> None:
    freeze_partition(_addresses(), city="testville", now=NOW)
    cell = next(found for found in published_cells() if found.cell == cell_of(CENTRE))
    for ring in (ring for polygon in cell.boundary for ring in polygon):
        assert ring[0] == ring[-1]
        assert len(ring) >= 6
    assert min(distance_m(CENTRE, Place(lat, lon)) for lon, lat in cell.boundary[0][0]) < 1_500


def test_no_place_lies_inside_two_drawn_cells() -> None:
    freeze_partition(_addresses(), city="testville", now=NOW)
    cells = published_cells()
    for place in list(_addresses())[::7]:
        holding = [cell.cell for cell in cells if _inside(place, cell.boundary[0][0])]
        assert len(holding) <= 1
        assert not holding or holding == [cell_of(place)]


def _inside(place: Place, ring: Ring) -> bool:
    """Even-odd rule: does a ray to the east cross the ring an odd number of times?"""
    crossings = 0
    for (lon_a, lat_a), (lon_b, lat_b) in pairwise(ring):
        if (lat_a > place.lat) != (lat_b > place.lat):
            crossings += place.lon < lon_a + (place.lat - lat_a) * (lon_b - lon_a) / (lat_b - lat_a)
    return crossings % 2 == 1


def _bands() -> dict[str, str]:
    return {cell.cell: cell.band for cell in published_cells()}
