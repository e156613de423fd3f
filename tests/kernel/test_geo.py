"""Distances, bearings and what a view covers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel.geo import EARTH_RADIUS_M, Place, View, bearing_deg, distance_m, offset, sees

PLACES = st.builds(Place, st.floats(-80, 80), st.floats(-180, 180))
BEARINGS = st.floats(0, 360, exclude_max=True)


@given(a=PLACES, b=PLACES)
def test_distance_is_the_same_both_ways_and_bounded(a: Place, b: Place) -> None:
    assert distance_m(a, b) == pytest.approx(distance_m(b, a))
    assert 0 <= distance_m(a, b) <= math.pi * EARTH_RADIUS_M + 1
    assert distance_m(a, a) == 0


def test_a_degree_of_latitude_is_about_111_km() -> None:
    assert distance_m(Place(32, -90), Place(33, -90)) == pytest.approx(111_195, rel=0.001)


@given(place=PLACES, bearing=BEARINGS, metres=st.floats(1, 5_000))
def test_an_offset_is_as_far_and_in_the_direction_that_was_said(place: Place, bearing: float, metres: float) -> None:
    there = offset(place, bearing=bearing, metres=metres)
    assert distance_m(place, there) == pytest.approx(metres, abs=0.01)
    off = abs((bearing_deg(place, there) - bearing + 180) % 360 - 180)
    assert off < 0.1


@pytest.mark.parametrize(("to", "bearing"), [((1, 0), 0), ((0, 1), 90), ((-1, 0), 180), ((0, -1), 270)])
def test_bearings_go_clockwise_from_north(to: tuple[float, float], bearing: float) -> None:
    assert bearing_deg(Place(0, 0), Place(*to)) == pytest.approx(bearing)


HOME = Place(32.3, -90.2)


@given(heading=st.integers(0, 359), off=st.floats(-180, 180), metres=st.floats(1, 200))
def test_a_view_covers_what_lies_in_its_angle_and_range(heading: int, off: float, metres: float) -> None:
    target = offset(HOME, bearing=(heading + off) % 360, metres=metres)
    weight = sees(HOME, View(heading, 90, 100), target)
    if abs(off) < 44 and metres < 99:
        assert 0.5 <= weight <= 1
    if abs(off) > 46 or metres > 101:
        assert weight == 0


def test_nearer_is_better_and_an_unknown_heading_counts_half() -> None:
    near, far = (offset(HOME, bearing=10, metres=metres) for metres in (10, 90))
    known, unknown = View(10, 60, 100), View(None, 60, 100)
    assert sees(HOME, known, near) > sees(HOME, known, far) > 0
    assert sees(HOME, unknown, near) == pytest.approx(sees(HOME, known, near) / 2)
