"""Blocks: every address of a city has its distances together with at least 49 others."""

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.cells.blocks import FINE_RES, cut, far_side_m, is_inside
from consentry.cells.rules import MIN_ADDRESSES
from consentry.kernel.geo import Place, distance_m, offset

CENTRE = Place(39.96, -83.0)


def fine(metres: float, bearing: float = 90) -> str:
    """The fine cell so far from the centre."""
    return h3.latlng_to_cell(*offset(CENTRE, bearing=bearing, metres=metres), FINE_RES)


def spread(count: int, step_m: float, each: int = 1) -> dict[str, int]:
    """`count` fine cells on a line, `step_m` apart, with `each` addresses."""
    return {fine(number * step_m): each for number in range(count)}


homes = st.dictionaries(
    st.tuples(st.integers(-30, 30), st.integers(-30, 30)), st.integers(1, 120), min_size=1, max_size=150
).map(
    lambda found: {
        h3.latlng_to_cell(CENTRE.lat + north * 0.0008, CENTRE.lon + east * 0.001, FINE_RES): count
        for (north, east), count in found.items()
    }
)


@given(homes)
def test_blocks_hold_every_address_once_and_fifty_at_least(homes: dict[str, int]) -> None:
    blocks = cut(homes)
    if sum(homes.values()) < MIN_ADDRESSES:
        assert blocks == []
        return
    cells = [cell for block in blocks for cell in block.fine]
    assert sorted(cells) == sorted(homes)
    for block in blocks:
        assert block.addresses == sum(homes[cell] for cell in block.fine) >= MIN_ADDRESSES


@given(homes)
def test_the_far_side_is_never_nearer_than_an_address_of_the_block(homes: dict[str, int]) -> None:
    for block in cut(homes):
        for cell in block.fine:
            corners = [Place(*corner) for corner in h3.cell_to_boundary(cell)]
            assert all(is_inside(block.block, corner) for corner in corners)
            for call in (CENTRE, offset(CENTRE, bearing=200, metres=700)):
                assert all(far_side_m(block.block, call) >= distance_m(corner, call) for corner in corners)


@given(homes)
def test_the_cut_knows_no_order(homes: dict[str, int]) -> None:
    assert cut(homes) == cut(dict(reversed(homes.items())))


@pytest.mark.parametrize(
    ("homes", "sizes"),
    [
        ({}, []),
        (spread(49, 60), []),
        (spread(50, 60), [50]),
        (spread(99, 60), [99]),
        (spread(100, 60), [50, 50]),
        (spread(200, 60), [50, 50, 50, 50]),
        ({fine(0): 300}, [300]),
        ({fine(0): 300, fine(60): 49}, [349]),
        ({fine(0): 300, fine(60): 50}, [50, 300]),
        (spread(3, 60, each=50), [50, 50, 50]),
    ],
)
def test_sizes_of_blocks(homes: dict[str, int], sizes: list[int]) -> None:
    assert sorted(block.addresses for block in cut(homes)) == sizes


def test_a_block_is_cut_across_its_longer_side() -> None:
    north = {h3.latlng_to_cell(*offset(CENTRE, bearing=0, metres=60.0 * turn), FINE_RES): 1 for turn in range(100)}
    for line, axis in ((north, 0), (spread(100, 60), 1)):
        first, second = (block.block.middle[axis] for block in cut(line))
        assert abs(first - second) > 0.02
