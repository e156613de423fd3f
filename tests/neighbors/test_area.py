"""Areas made of published cells: complete, minimal, and never finer than a cell."""

import h3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cameras.stage import CENTRE
from tests.neighbors.stage import square

from consentry.kernel.geo import Place, distance_m, offset
from consentry.neighbors.area import (
    ancestors,
    area_sq_m,
    cells_in_polygon,
    choices_for,
    compact,
    crosses_itself,
    pieces_around,
)

CITY = frozenset(h3.grid_disk(h3.latlng_to_cell(CENTRE.lat, CENTRE.lon, 9), 30))


def _stands_for(pieces: list[str]) -> set[str]:
    return {
        name
        for name in CITY
        if any(h3.get_resolution(piece) <= 9 and h3.cell_to_parent(name, h3.get_resolution(piece)) == piece
               for piece in pieces)
    }  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.integers(300, 8_047), st.integers(0, 359), st.integers(0, 4_000))
def test_pieces_stand_for_exactly_the_cells_within_the_radius(radius_m: int, bearing: int, away_m: int) -> None:
    home = offset(CENTRE, bearing=bearing, metres=away_m)
    cell = h3.latlng_to_cell(home.lat, home.lon, 9)
    centre = Place(*h3.cell_to_latlng(cell))
    pieces = pieces_around(cell, radius_m, CITY)
    near = {name for name in CITY if distance_m(centre, Place(*h3.cell_to_latlng(name))) <= radius_m}
    assert _stands_for(pieces) == near | ({cell} & CITY)
    assert len(pieces) <= max(1, len(near))


def test_whole_families_become_their_parent() -> None:
    parent = h3.cell_to_parent(min(CITY), 8)
    children = {name for name in CITY if h3.cell_to_parent(name, 8) == parent}
    if len(children) > 1:
        assert compact(children, CITY) == [parent]
    assert len(compact(CITY, CITY)) < len(CITY) / 5


def test_a_post_lies_in_its_cell_or_a_parent_of_at_most_36_square_kilometres() -> None:
    cell = min(CITY)
    assert choices_for(cell) == (cell, *ancestors(cell))
    assert [h3.get_resolution(name) for name in choices_for(cell)] == [9, 8, 7, 6]


def test_a_drawn_area_touches_the_cells_under_it_and_no_others() -> None:
    corners = square(600)
    closed = (*corners, corners[0])
    cells = cells_in_polygon(closed, CITY)
    assert h3.latlng_to_cell(CENTRE.lat, CENTRE.lon, 9) in cells
    for corner in corners:
        assert h3.latlng_to_cell(corner.lat, corner.lon, 9) in cells
    far = [name for name in cells if distance_m(CENTRE, Place(*h3.cell_to_latlng(name))) > 425 + 250]
    assert far == []
    assert area_sq_m(closed) == pytest.approx(360_000, rel=0.01)
    inside_one = tuple(offset(Place(*h3.cell_to_latlng(cells[0])), bearing=90 * turn, metres=20) for turn in range(4))
    assert cells_in_polygon((*inside_one, inside_one[0]), CITY) == [cells[0]]


def test_sides_that_cross_are_seen() -> None:
    one, two, three, four = square()
    assert not crosses_itself((one, two, three, four, one))
    assert crosses_itself((one, three, two, four, one))
