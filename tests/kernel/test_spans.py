"""Spans are half-open; milliseconds are exact."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel.clock import from_ms, to_ms, utc_now
from consentry.kernel.spans import span

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def test_a_span_holds_its_start_and_not_its_end() -> None:
    found = span(at(0), at(10))
    assert (found.contains(at(0)), found.contains(at(9)), found.contains(at(10))) == (True, True, False)
    assert found.length == timedelta(minutes=10)


def test_a_span_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="ends after"):
        span(at(1), at(0))


@given(st.tuples(*[st.integers(0, 20)] * 4))
def test_two_spans_overlap_when_they_share_a_minute(times: tuple[int, int, int, int]) -> None:
    a, b, c, d = times
    first, second = sorted((a, b)), sorted((c, d))
    one, two = span(at(first[0]), at(first[1])), span(at(second[0]), at(second[1]))
    shared = any(one.contains(at(minute)) and two.contains(at(minute)) for minute in range(21))
    if shared:
        assert one.overlaps(two)
    if one.overlaps(two) and one.length and two.length:
        assert shared
    assert one.overlaps(two) == two.overlaps(one)


@given(st.integers(0, 2**42))
def test_milliseconds_read_back_exactly(value: int) -> None:
    assert to_ms(from_ms(value)) == value
    assert from_ms(value).tzinfo is UTC


def test_the_systems_time_is_aware() -> None:
    assert utc_now().utcoffset() == timedelta(0)
