"""Freezing a city and taking bands, on PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django import app

from consentry.cells.models import CellBand, Partition, PartitionCell, StagedLeaf
from consentry.cells.queries import cell_of, published_cells, version_of_cells
from consentry.cells.services import bands_snapshot, freeze_partition, refreeze_due, stage_addresses
from consentry.cells.types import Ring
from consentry.kernel.errors import Conflict, Malformed, Unavailable
from consentry.kernel.geo import Place, distance_m, offset

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CENTRE = Place(39.96, -83.0)


def _addresses(count: int = 4_000, radius_m: float = 2_000) -> Iterator[Place]:
    for number in range(count):
        yield offset(CENTRE, bearing=number * 137.5 % 360, metres=radius_m * (number / count) ** 0.5)


@pytest.mark.slow
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


def test_a_second_programme_adds_to_the_next_bands_and_is_never_shown_apart() -> None:
    freeze_partition(_addresses(), city="testville", now=NOW)
    cell = cell_of(CENTRE)
    assert bands_snapshot({cell: 4}, programme="prg_a", now=NOW)
    assert not bands_snapshot({cell: 6}, programme="prg_b", now=NOW + timedelta(days=3))
    assert _bands()[cell] == "under_5"
    assert bands_snapshot({cell: 10}, programme="", now=NOW + timedelta(days=28))
    assert _bands()[cell] == "10_or_more"


def test_newer_addresses_wait_until_the_year_is_over_and_then_divide_the_city_anew() -> None:
    freeze_partition(_addresses(), city="testville", now=NOW)
    before = {cell.cell for cell in published_cells()}
    assert refreeze_due(NOW + timedelta(days=400)) == [], "nothing newer was handed in"
    assert stage_addresses(_addresses(2_000), city="testville", now=NOW + timedelta(days=10)) == 2_000
    assert stage_addresses(_addresses(1_000), city="testville", now=NOW + timedelta(days=20)) == 1_000
    assert refreeze_due(NOW + timedelta(days=364)) == []
    assert {cell.cell for cell in published_cells()} == before
    (report,) = refreeze_due(NOW + timedelta(days=365))
    assert (report.city, report.addresses) == ("testville", 1_000)
    assert {cell.cell for cell in published_cells()} != before
    assert refreeze_due(NOW + timedelta(days=800)) == [], "a list divides a city once"


def test_old_and_new_cells_never_have_bands_of_the_same_month() -> None:
    freeze_partition(_addresses(), city="testville", now=NOW)
    stage_addresses(_addresses(1_000), city="testville", now=NOW)
    bands_snapshot({}, programme="prg_a", now=NOW + timedelta(days=360))
    assert refreeze_due(NOW + timedelta(days=366)) == []
    assert len(refreeze_due(NOW + timedelta(days=388))) == 1
    assert bands_snapshot({}, programme="", now=NOW + timedelta(days=388))
    assert not bands_snapshot({}, programme="", now=NOW + timedelta(days=389))


def test_a_city_is_divided_anew_by_itself_and_leaves_others_alone() -> None:
    freeze_partition(_addresses(), city="testville", now=NOW)
    freeze_partition([offset(CENTRE, bearing=180, metres=40_000)] * 60, city="other", now=NOW)
    stage_addresses(_addresses(1_000), city="testville", now=NOW)
    assert [report.city for report in refreeze_due(NOW + timedelta(days=365))] == ["testville"]
    assert Partition.objects.filter(city="other", superseded_at=None).get().frozen_at == NOW


def test_staged_lists_are_checked_when_they_come_and_hold_no_address() -> None:
    for broken in ([], [Place(91.0, 0.0)]):
        with pytest.raises(Malformed):
            stage_addresses(broken, city="testville", now=NOW)
    stage_addresses([CENTRE, CENTRE], city="testville", now=NOW)
    assert [(row.addresses, len(row.h3)) for row in StagedLeaf.objects.all()] == [(2, 15)]


def test_the_worker_runs_both_schedules_each_day_the_freeze_first() -> None:
    app.perform_import_paths()
    crons = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert crons["consentry.cells.tasks.refreeze"] == "13 4 * * *"
    assert crons["consentry.consent.tasks.snapshot_all"] == "23 4 * * *"
