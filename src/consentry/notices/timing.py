"""When a notice goes out: quiet hours in the person's own time zone, and letters that are gathered. Pure."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from consentry.kernel.errors import Malformed
from consentry.notices.types import Channel, Kind, Quiet, Rhythm, Wishes

MINUTES_A_DAY = 1_440
# What a person reads in the morning must still be of use then; a shorter-lived notice waits on the page alone.
LEAST_WORTH_HOLDING = timedelta(hours=6)
DAILY_AT = time(8)


def find_zone(name: str) -> tzinfo:
    """The IANA time zone `name`; Malformed when there is none such."""
    if name not in _zones():
        raise Malformed("not a time zone", kind="time-zone")
    return ZoneInfo(name)


def require_quiet(quiet: Quiet) -> None:
    """Malformed unless both ends are minutes of a day and differ."""
    is_day = all(0 <= minute < MINUTES_A_DAY for minute in (quiet.from_minute, quiet.until_minute))
    if not is_day or quiet.from_minute == quiet.until_minute:
        raise Malformed("quiet hours have two ends that differ", kind="quiet-hours")


def quiet_end(now: datetime, quiet: Quiet | None, zone: tzinfo) -> datetime | None:
    """When the quiet hours that `now` lies in are over (UTC); None outside them.

    By the clock on the person's wall: a night in which it is put forward or back is an hour shorter or longer.
    """
    if quiet is None:
        return None
    local = now.astimezone(zone)
    minute = local.hour * 60 + local.minute
    crosses = quiet.from_minute > quiet.until_minute
    after, before = minute >= quiet.from_minute, minute < quiet.until_minute
    if not (after or before if crosses else after and before):
        return None
    day = local.date() if before else local.date() + timedelta(days=1)
    return _first_after(now, day, time(*divmod(quiet.until_minute, 60)), zone)


def due_at(kind: Kind, channel: Channel, wishes: Wishes, now: datetime) -> datetime | None:
    """When a notice of now goes by `channel`: now, later with what else was held, or never (None; the page has it)."""
    zone = find_zone(wishes.zone)
    if kind.is_urgent and not wishes.is_strict:
        return now
    when = now
    if channel is Channel.EMAIL and not kind.is_urgent:
        when = _next_letter(now, wishes.rhythm, zone)
    when = quiet_end(when, wishes.quiet, zone) or when
    return when if when == now or kind.worth >= LEAST_WORTH_HOLDING else None


def _next_letter(now: datetime, rhythm: Rhythm, zone: tzinfo) -> datetime:
    if rhythm is Rhythm.HOURLY:
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if rhythm is Rhythm.DAILY:
        local = now.astimezone(zone)
        day = local.date() if local.time() < DAILY_AT else local.date() + timedelta(days=1)
        return _first_after(now, day, DAILY_AT, zone)
    return now


def _first_after(now: datetime, day: date, at: time, zone: tzinfo) -> datetime:
    """The first time after `now` at which the wall shows `at` on `day`; in a night with two of it, the one to come."""
    shown = (datetime.combine(day, at.replace(fold=fold), tzinfo=zone).astimezone(UTC) for fold in (0, 1))
    return next((when for when in shown if when > now), now + timedelta(minutes=1))


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
