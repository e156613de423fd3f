"""Which cells are read for a circle: never one too few, not many too many."""

from hypothesis import given
from hypothesis import strategies as st

from consentry.cameras.nearness import cells_touched, near_cell
from consentry.kernel.geo import Place, offset

places = st.builds(Place, st.floats(-65, 65), st.floats(-180, 180))


@given(places, st.integers(1, 800), st.floats(0, 1), st.floats(0, 360))
def test_every_point_of_the_circle_lies_in_a_cell_that_is_read(
    place: Place, radius_m: int, share: float, bearing: float
) -> None:
    inside = offset(place, bearing=bearing, metres=radius_m * share)
    assert near_cell(inside) in cells_touched(place, radius_m)


@given(places)
def test_a_circle_of_800_m_reads_few_cells(place: Place) -> None:
    assert len(cells_touched(place, 800)) <= 61
