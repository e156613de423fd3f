"""Pure rules of "was this place looked at?": whole days, bands of five, one published cell."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from consentry.kernel.clock import from_ms
from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_DAYS_OF_LOOKS
from consentry.transparency.types import DayOfLooks

BAND = 5
# A look is revealed after 30 days at most, by the ledger's rules; a day more for the last hour of the day itself.
FINAL_AFTER_DAYS = 31


def days_between(first: date, last: date, now: datetime) -> list[date]:
    """The days from `first` to `last`, both included.

    Raises Malformed for a span turned round, longer than 31 days, or with a day (UTC) that is not over: a count that
    is asked for again and again while it grows would tell the minute of each look.
    """
    count = (last - first).days + 1
    if not 1 <= count <= MAX_DAYS_OF_LOOKS:
        raise Malformed(f"1 to {MAX_DAYS_OF_LOOKS} days at a time", kind="days")
    if last >= now.astimezone(UTC).date():
        raise Malformed("a day is answered for once it is over", kind="day-not-over")
    return [first + timedelta(days=step) for step in range(count)]


def band_per_day(days: Iterable[date], times_ms: Iterable[int], now: datetime) -> list[DayOfLooks]:
    """The band of each of `days` from when looks began."""
    counts = Counter(from_ms(t_ms).date() for t_ms in times_ms)
    return [
        DayOfLooks(day, BAND * (counts[day] // BAND), BAND * (counts[day] // BAND) + BAND - 1, _is_final(day, now))
        for day in days
    ]


def _is_final(day: date, now: datetime) -> bool:
    return now.astimezone(UTC).date() > day + timedelta(days=FINAL_AFTER_DAYS)
