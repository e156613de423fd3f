"""A clock that is set while the platform runs closes doors and is said."""

from datetime import timedelta

import pytest
from django.test import override_settings

from consentry.access.gather import _clock_in_order
from consentry.kernel.clock import utc_now, wall_offset_ms
from consentry.project.up.clock_watch import ClockWatch

TEN_MINUTES_MS = timedelta(minutes=10) // timedelta(milliseconds=1)


def test_offset_of_wall_time_stays_while_both_clocks_run() -> None:
    first = wall_offset_ms()
    utc_now()
    assert abs(wall_offset_ms() - first) < 1_000


@pytest.mark.django_db
@pytest.mark.parametrize("set_by_ms", [TEN_MINUTES_MS, -TEN_MINUTES_MS])
def test_clock_set_by_ten_minutes_is_not_in_order(set_by_ms: int) -> None:
    assert _clock_in_order()
    with override_settings(CLOCK_OFFSET_MS=wall_offset_ms() - set_by_ms):
        assert not _clock_in_order()


@pytest.mark.parametrize(("set_by_ms", "words"), [(TEN_MINUTES_MS, "+600 s"), (-TEN_MINUTES_MS, "-600 s")])
def test_set_clock_is_said_once_and_so_is_its_return(set_by_ms: int, words: str) -> None:
    offsets = iter([1_000, 1_000 + set_by_ms, 1_000 + set_by_ms, 1_500, 1_500])
    watch = ClockWatch(1_000, lambda: next(offsets))
    said = [watch.look() for _ in range(5)]
    assert words in str(said[1])
    assert "nobody looks" in str(said[1])
    assert "again" in str(said[3])
    assert (said[0], said[2], said[4]) == (None, None, None)
