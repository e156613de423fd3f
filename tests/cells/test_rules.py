"""The partition's rules: every address in exactly one cell, no cell under 50 without a reason, bands only."""

from collections import Counter
from random import Random

import h3
from hypothesis import given, settings
from hypothesis import strategies as st

from consentry.cells.rules import (
    ATTACHED,
    COARSEST_RES,
    LEAF_RES,
    MIN_ADDRESSES,
    SMALL_CITY,
    band_of,
    centres_of,
    count_places,
    nearest,
    partition,
)
from consentry.kernel.geo import Place, offset

CENTRE = Place(39.96, -83.0)


def _leaf(metres: float, bearing: float) -> str:
    place = offset(CENTRE, bearing=bearing, metres=metres)
    return h3.latlng_to_cell(place.lat, place.lon, LEAF_RES)


leaves = st.dictionaries(
    st.builds(_leaf, st.floats(0, 20_000), st.floats(0, 359)), st.integers(1, 400), min_size=1, max_size=60
)


def _holder(leaf: str, cells: dict[str, str]) -> list[str]:
    up = [leaf, *(h3.cell_to_parent(leaf, res) for res in range(LEAF_RES))]
    return [cell for cell in up if cell in cells]


@given(leaves)
def test_every_address_lies_in_exactly_one_cell(counts: dict[str, int]) -> None:
    cells = {cell.h3: cell.published for cell in partition(counts)}
    assert all(len(_holder(leaf, cells)) == 1 for leaf in counts)
    assert sum(cell.addresses for cell in partition(counts)) == sum(counts.values())


@given(leaves)
def test_a_cell_below_fifty_says_why(counts: dict[str, int]) -> None:
    assert all(cell.addresses >= MIN_ADDRESSES or cell.reason in (ATTACHED, SMALL_CITY) for cell in partition(counts))


@given(leaves)
def test_attached_cells_belong_to_a_cell_that_is_published(counts: dict[str, int]) -> None:
    made = partition(counts)
    own = {cell.h3 for cell in made if cell.h3 == cell.published}
    assert {cell.published for cell in made} == own
    assert len(own) == 1 or all(cell.reason != SMALL_CITY for cell in made)


@given(leaves)
def test_a_city_of_fifty_addresses_has_no_published_cell_below_fifty(counts: dict[str, int]) -> None:
    if sum(counts.values()) < MIN_ADDRESSES:
        return
    per_published = Counter[str]()
    for cell in partition(counts):
        per_published[cell.published] += cell.addresses
    assert min(per_published.values()) >= MIN_ADDRESSES


@given(leaves, st.randoms(use_true_random=False))
def test_the_partition_does_not_depend_on_the_order_of_addresses(counts: dict[str, int], random: Random) -> None:
    items = list(counts.items())
    random.shuffle(items)
    assert partition(dict(items)) == partition(counts)


def test_crowded_leaves_stay_apart_and_a_thin_one_merges_its_siblings() -> None:
    parent = h3.cell_to_parent(_leaf(0, 0), LEAF_RES - 1)
    children = sorted(h3.cell_to_children(parent, LEAF_RES))
    apart = partition(dict.fromkeys(children, 60))
    assert sorted(cell.h3 for cell in apart) == children
    merged = partition({**dict.fromkeys(children, 60), children[3]: 10})
    assert [(cell.h3, cell.addresses) for cell in merged] == [(parent, 60 * (len(children) - 1) + 10)]


def test_one_stray_address_is_attached_and_does_not_merge_the_city() -> None:
    parent = h3.cell_to_parent(_leaf(0, 0), LEAF_RES - 1)
    crowded = dict.fromkeys(h3.cell_to_children(parent, LEAF_RES), 60)
    stray = _leaf(15_000, 90)
    made = partition({**crowded, stray: 1})
    assert [cell.reason for cell in made if cell.addresses == 1] == [ATTACHED]
    assert sum(cell.reason == "" for cell in made) == len(crowded)


def test_an_attached_cell_is_no_finer_than_the_coarsest_resolution() -> None:
    stray = next(cell for cell in partition({_leaf(0, 0): 60, _leaf(15_000, 90): 1}) if cell.reason == ATTACHED)
    assert h3.get_resolution(stray.h3) == COARSEST_RES


def test_a_hamlet_of_ten_houses_is_one_cell_that_says_so() -> None:
    made = partition({_leaf(0, 0): 4, _leaf(5_000, 10): 6})
    assert len({cell.published for cell in made}) == 1
    assert sorted(cell.reason for cell in made) == [ATTACHED, SMALL_CITY]


@given(st.integers(0, 10_000))
def test_bands_are_the_three_published_ones(count: int) -> None:
    assert band_of(count) == ("under_5" if count < 5 else "5_to_9" if count < 10 else "10_or_more")


def test_five_cameras_of_one_household_look_like_one() -> None:
    one = [("cell", "per_a", CENTRE)]
    five = [("cell", "per_a", offset(CENTRE, bearing=72 * turn, metres=40)) for turn in range(5)]
    assert count_places(one) == count_places(five) == {"cell": 1}


def test_cameras_of_two_people_at_one_door_look_like_one() -> None:
    assert count_places([("cell", "per_a", CENTRE), ("cell", "per_b", CENTRE)]) == {"cell": 1}


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 300), st.floats(0, 359)), max_size=30))
def test_places_are_never_more_than_owners_or_cameras(rows: list[tuple[str, float, float]]) -> None:
    cameras = [("cell", owner, offset(CENTRE, bearing=turn, metres=away)) for owner, away, turn in rows]
    assert count_places(cameras).get("cell", 0) <= len({owner for owner, _, _ in rows})


@given(st.floats(0, 20_000), st.floats(0, 359))
def test_a_place_inside_a_cell_is_nearest_to_it_or_to_a_neighbour(metres: float, bearing: float) -> None:
    cell = _leaf(metres, bearing)
    place = Place(*h3.cell_to_latlng(cell))
    cells = sorted({cell, *h3.grid_disk(_leaf(0, 0), 1)})
    assert nearest(place, cells, centres_of(cells)) == (cell, 0.0)
