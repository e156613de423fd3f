"""Areas that somebody draws: always whole published cells of 50 addresses together, and never finely different."""

import math

import h3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentry.cells.areas import leaves_of, may_stand_beside, middle_of, shared_part, widen
from consentry.cells.rules import partition
from consentry.cells.types import Area
from consentry.kernel.errors import Malformed, Refused
from consentry.kernel.geo import Place, distance_m, offset
from consentry.kernel.limits import MAX_AREA_ACROSS_M

CENTRE = Place(39.96, -83.0)
TENTH_SQ_MI = 258_999.0
WEST = Place(39.96, -83.01)


def _leaf(away_m: float, turn: float) -> str:
    return leaves_of(Area.around(offset(CENTRE, bearing=turn, metres=away_m), area_sq_m=1))[0]


addresses = st.dictionaries(
    st.builds(_leaf, st.floats(0, 3_000), st.floats(0, 359)),
    st.integers(1, 200), min_size=1, max_size=30,
)  # fmt: skip


def _per_cell(leaves: dict[str, int]) -> dict[str, int]:
    held: dict[str, int] = {}
    for cell in partition(leaves):
        held[cell.published] = held.get(cell.published, 0) + cell.addresses
    return held


@given(addresses, st.floats(0, 3_000))
def test_a_widened_area_holds_fifty_addresses_or_is_refused(leaves: dict[str, int], away_m: float) -> None:
    held = _per_cell(leaves)
    touched = {sorted(held)[0]}
    middle = offset(CENTRE, bearing=40, metres=away_m)
    if sum(held.values()) < 50:
        with pytest.raises(Refused) as refused:
            widen(touched, held, middle)
        assert refused.value.kind == "area-too-empty"
        return
    wide = widen(touched, held, middle)
    assert touched <= set(wide) <= set(held)
    assert sum(held[cell] for cell in wide) >= 50


@given(addresses)
def test_no_more_cells_join_than_fifty_addresses_need(leaves: dict[str, int]) -> None:
    held = _per_cell(leaves)
    if sum(held.values()) < 50:
        return
    first = sorted(held)[0]
    wide = widen({first}, held, CENTRE)
    assert len(wide) == 1 or held[first] < 50


@settings(max_examples=40)
@given(st.floats(1, 1_294_994), st.floats(-80, 80), st.floats(-180, 180))
def test_an_area_touches_the_cell_of_its_middle_and_of_each_corner(area_sq_m: float, lat: float, lon: float) -> None:
    centre = Place(lat, lon)
    touched = set(leaves_of(Area.around(centre, area_sq_m=area_sq_m)))
    for place in (centre, *Area.around(centre, area_sq_m=area_sq_m).ring):
        assert set(leaves_of(Area.around(place, area_sq_m=1))) & touched


@given(st.floats(1, 1_294_994), st.floats(-80, 80), st.floats(-180, 180))
def test_the_middle_of_a_round_area_is_its_centre_also_at_the_date_line(
    area_sq_m: float, lat: float, lon: float
) -> None:
    centre = Place(lat, lon)
    assert distance_m(middle_of(Area.around(centre, area_sq_m=area_sq_m)), centre) < 5


def test_a_closed_ring_and_the_other_turn_mean_the_same_area() -> None:
    ring = Area.around(CENTRE, area_sq_m=TENTH_SQ_MI).ring
    assert leaves_of(Area(ring)) == leaves_of(Area((*ring, ring[0]))) == leaves_of(Area(ring[::-1]))


def test_an_area_is_as_large_as_was_asked() -> None:
    ring = Area.around(CENTRE, area_sq_m=TENTH_SQ_MI).ring
    radius_m = distance_m(ring[0], CENTRE)
    assert math.isclose(12 * radius_m**2 * math.sin(math.tau / 24), TENTH_SQ_MI, rel_tol=0.02)


@pytest.mark.parametrize(
    ("ring", "kind"),
    [
        ((), "area-shape"),
        ((CENTRE, CENTRE), "area-shape"),
        ((CENTRE, offset(CENTRE, bearing=0, metres=90), CENTRE), "area-shape"),
        (tuple(offset(CENTRE, bearing=5 * turn, metres=90) for turn in range(65)), "area-shape"),
        ((CENTRE, Place(91.0, 0.0), Place(0.0, 0.0)), "area-shape"),
        ((CENTRE, Place(float("nan"), 0.0), Place(0.0, 0.0)), "area-shape"),
        ((CENTRE, Place(float("inf"), 0.0), Place(0.0, 0.0)), "area-shape"),
        ((CENTRE, offset(CENTRE, bearing=0, metres=MAX_AREA_ACROSS_M + 50), WEST), "area-too-large"),
        ((Place(89.9, 0.0), Place(-89.9, 0.0), Place(0.0, 90.0)), "area-too-large"),
    ],
)  # fmt: skip
def test_what_is_no_area_is_refused_by_name(ring: tuple[Place, ...], kind: str) -> None:
    with pytest.raises(Malformed) as refused:
        leaves_of(Area(ring))
    assert refused.value.kind == kind


@pytest.mark.parametrize("area_sq_m", [0.0, -1.0, float("nan")])
def test_an_area_without_ground_is_no_area(area_sq_m: float) -> None:
    with pytest.raises(ValueError, match="square metre"):
        Area.around(CENTRE, area_sq_m=area_sq_m)


def test_a_line_and_a_crossed_ring_still_touch_what_they_cross() -> None:
    far = offset(CENTRE, bearing=60, metres=2_000)
    line = set(leaves_of(Area((CENTRE, far, offset(far, bearing=0, metres=0.01)))))
    for metres in range(0, 2_000, 100):
        near = leaves_of(Area.around(offset(CENTRE, bearing=60, metres=metres), area_sq_m=1))
        assert line & set(near)
    crossed = (CENTRE, offset(CENTRE, bearing=45, metres=900), offset(CENTRE, bearing=0, metres=900),
               offset(CENTRE, bearing=90, metres=900))  # fmt: skip
    assert leaves_of(Area(crossed))


def test_two_areas_of_one_case_share_at_most_half_of_the_smaller() -> None:
    cells = sorted({_leaf(600.0 * step, 90) for step in range(6)})
    assert shared_part(cells[:2], cells[1:3]) == 0.5
    assert may_stand_beside(cells[:2], [cells[1:3]])
    assert not may_stand_beside(cells[:2], [cells[3:5], cells[:3]])
    assert may_stand_beside(cells[:2], [])
    assert shared_part(cells[:2], cells[3:5]) == 0.0


def test_a_cell_of_another_freeze_is_compared_by_its_ground() -> None:
    parent = h3.cell_to_parent(_leaf(0, 0), 8)
    assert shared_part([_leaf(0, 0)], [parent]) == 1.0
    assert not may_stand_beside([parent], [[_leaf(0, 0)]])


def test_an_area_without_cells_is_not_compared() -> None:
    with pytest.raises(ValueError, match="one cell"):
        shared_part([], [_leaf(0, 0)])
