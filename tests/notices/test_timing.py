"""Quiet hours by the clock on the wall, nights with one hour more or less, letters that are gathered."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel.errors import Malformed
from consentry.notices.kinds import kinds
from consentry.notices.timing import MINUTES_A_DAY, due_at, find_zone, quiet_end, require_quiet
from consentry.notices.types import Channel, Mute, Quiet, Rhythm, Wishes

NIGHT = Quiet(22 * 60, 7 * 60)
ZONES = ["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe"]
whens = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
minutes = st.integers(0, MINUTES_A_DAY - 1)


def at(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("now", "zone", "until"),
    [
        ("2026-01-10 21:30", "Europe/Paris", "2026-01-11 06:00"),  # 22:30 there
        ("2026-01-10 20:30", "Europe/Paris", None),
        ("2026-01-11 05:59", "Europe/Paris", "2026-01-11 06:00"),
        ("2026-01-11 06:00", "Europe/Paris", None),
        ("2026-07-10 20:30", "Europe/Paris", "2026-07-11 05:00"),  # summer
        ("2026-03-28 22:00", "Europe/Paris", "2026-03-29 05:00"),  # the night with an hour less
        ("2026-10-24 22:00", "Europe/Paris", "2026-10-25 06:00"),  # the night with an hour more
        ("2026-01-10 03:30", "America/New_York", "2026-01-10 12:00"),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(now: str, zone: str, until: str | None) -> None:
    assert quiet_end(at(now), NIGHT, find_zone(zone)) == (until and at(until))


@given(now=whens, start=minutes, end=minutes, zone=st.sampled_from(ZONES))
def test_quiet_hours_always_end_after_now_and_within_a_day(now: datetime, start: int, end: int, zone: str) -> None:
    if start == end:
        return
    until = quiet_end(now, Quiet(start, end), ZoneInfo(zone))
    if until is not None:
        assert now < until <= now + timedelta(hours=50)  # Apia once left out a whole day
        assert until.tzinfo is UTC or until - now == timedelta(minutes=1)


@given(now=whens, zone=st.sampled_from(ZONES), rhythm=st.sampled_from(Rhythm))
def test_a_letter_goes_now_or_at_the_next_hour_or_morning(now: datetime, zone: str, rhythm: Rhythm) -> None:
    when = due_at(kinds()["look.ended"], Channel.EMAIL, Wishes(rhythm=rhythm, zone=zone), now)
    assert when is not None
    local = when.astimezone(ZoneInfo(zone))
    if rhythm is Rhythm.NOW:
        assert when == now
    elif rhythm is Rhythm.HOURLY:
        assert now < when <= now + timedelta(hours=1)
    else:
        assert now < when
        assert (local.hour, local.minute) == (8, 0) or when == now + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("kind", "strict", "channel", "rhythm", "when"),
    [
        ("look.started", False, Channel.PUSH, Rhythm.NOW, "now"),
        ("look.started", True, Channel.PUSH, Rhythm.NOW, None),  # in the morning nobody looks any more
        ("ask.opened", True, Channel.EMAIL, Rhythm.DAILY, None),
        ("look.ended", False, Channel.PUSH, Rhythm.DAILY, "2026-01-11 06:00"),
        ("look.ended", False, Channel.EMAIL, Rhythm.NOW, "2026-01-11 06:00"),
        ("look.ended", False, Channel.EMAIL, Rhythm.DAILY, "2026-01-11 06:00"),
        ("edge.doubled", True, Channel.EMAIL, Rhythm.NOW, "2026-01-11 06:00"),
    ],
)
def test_what_is_urgent_comes_at_night_unless_the_person_said_otherwise(
    kind: str, *, strict: bool, channel: Channel, rhythm: Rhythm, when: str | None
) -> None:
    now = at("2026-01-10 23:00")
    wishes = Wishes(quiet=NIGHT, zone="Europe/Paris", is_strict=strict, rhythm=rhythm)
    found = due_at(kinds()[kind], channel, wishes, now)
    expected = {"now": now, None: None}.get(when, None if when in ("now", None) else at(str(when)))
    if rhythm is Rhythm.DAILY and channel is Channel.EMAIL and expected is not None:
        expected = at("2026-01-11 07:00")  # eight on the wall
    assert found == expected


def test_a_kind_is_muted_for_one_camera_or_for_all_and_by_one_channel() -> None:
    one = Wishes(mutes=frozenset({Mute("camera.event", Channel.PUSH, "cam_a")}))
    assert not one.wants("camera.event", Channel.PUSH, "cam_a")
    assert one.wants("camera.event", Channel.PUSH, "cam_b")
    assert one.wants("camera.event", Channel.EMAIL, "cam_a")
    every = Wishes(mutes=frozenset({Mute("camera.event", Channel.PUSH)}))
    assert not every.wants("camera.event", Channel.PUSH, "cam_b")


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "europe/paris\x00"])
def test_a_zone_that_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        find_zone(name)


@pytest.mark.parametrize("quiet", [Quiet(5, 5), Quiet(-1, 5), Quiet(0, MINUTES_A_DAY)])
def test_quiet_hours_without_two_ends_are_refused(quiet: Quiet) -> None:
    with pytest.raises(Malformed):
        require_quiet(quiet)
