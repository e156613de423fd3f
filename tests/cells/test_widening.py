"""Widening an area over a frozen city, on PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from consentry.cells.queries import cell_of, published_cells, widen_area
from consentry.cells.services import freeze_partition
from consentry.cells.types import Area
from consentry.kernel.errors import Malformed, Refused, Unavailable
from consentry.kernel.geo import Place, offset

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CENTRE = Place(39.96, -83.0)


def _addresses(count: int = 4_000, radius_m: float = 2_000) -> Iterator[Place]:
    for number in range(count):
        yield offset(CENTRE, bearing=number * 137.5 % 360, metres=radius_m * (number / count) ** 0.5)


def test_whoever_lives_in_the_asked_area_is_in_the_widened_one() -> None:
    freeze_partition(_addresses(), city="testville", now=NOW)
    for away_m in (0, 700, 1_900, 2_600):
        centre = offset(CENTRE, bearing=77, metres=away_m)
        wide = widen_area(Area.around(centre, area_sq_m=259_000))
        assert sum(cell_of(place) in wide.cells for place in _addresses()) >= 50
        for metres in range(0, 280, 40):
            assert cell_of(offset(centre, bearing=metres * 7.0, metres=metres)) in wide.cells


def test_a_widened_area_is_made_of_published_cells_and_drawn_as_their_outline() -> None:
    freeze_partition(_addresses(), city="testville", now=NOW)
    wide = widen_area(Area.around(CENTRE, area_sq_m=259_000))
    drawn = {cell.cell: cell.boundary for cell in published_cells()}
    assert set(wide.cells) <= set(drawn)
    corners = {corner for cell in wide.cells for polygon in drawn[cell] for ring in polygon for corner in ring}
    assert {corner for polygon in wide.boundary for ring in polygon for corner in ring} <= corners
    assert all(ring[0] == ring[-1] for polygon in wide.boundary for ring in polygon)


def test_moving_the_asked_area_a_little_gives_the_same_area_or_whole_cells_more() -> None:
    freeze_partition(_addresses(), city="testville", now=NOW)
    homes: dict[str, int] = {}
    for place in _addresses():
        homes[cell_of(place)] = homes.get(cell_of(place), 0) + 1
    areas = [set(widen_area(Area.around(offset(CENTRE, bearing=90, metres=metres), area_sq_m=259_000)).cells)
             for metres in range(0, 1_000, 20)]  # fmt: skip
    differences = {frozenset(one - other) for one in areas for other in areas} - {frozenset[str]()}
    assert differences
    assert min(sum(homes[cell] for cell in difference) for difference in differences) >= 50


def test_a_lake_shore_is_asked_with_the_cell_that_it_is_spoken_of_by() -> None:
    freeze_partition(_addresses(), city="testville", now=NOW)
    lake = offset(CENTRE, bearing=10, metres=5_000)
    assert widen_area(Area.around(lake, area_sq_m=1_000)).cells == (cell_of(lake),)


def test_two_hamlets_too_small_for_a_cell_are_asked_together_or_not_at_all() -> None:
    freeze_partition([CENTRE] * 30, city="hamlet", now=NOW)
    here = Area.around(CENTRE, area_sq_m=1_000)
    with pytest.raises(Refused) as refused:
        widen_area(here)
    assert refused.value.kind == "area-too-empty"
    far = offset(CENTRE, bearing=180, metres=6_000)
    freeze_partition([far] * 30, city="other hamlet", now=NOW)
    assert widen_area(here).cells == tuple(sorted({cell_of(CENTRE), cell_of(far)}))


def test_without_cells_or_far_away_nothing_is_asked() -> None:
    with pytest.raises(Unavailable):
        widen_area(Area.around(CENTRE, area_sq_m=1_000))
    freeze_partition(_addresses(), city="testville", now=NOW)
    with pytest.raises(Malformed) as refused:
        widen_area(Area.around(Place(48.85, 2.35), area_sq_m=1_000))
    assert refused.value.kind == "outside-city"
