"""Time is UTC and aware. Whoever needs the time is handed a clock, so that tests move it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """The system's time, aware, UTC."""
    return datetime.now(UTC)


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970 (UTC); exact, no float on the way."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def from_ms(value: int) -> datetime:
    """The aware UTC moment of `value` milliseconds since 1970."""
    return EPOCH + timedelta(milliseconds=value)


def wall_offset_ms() -> int:
    """Wall time minus time since boot, ms: it moves when somebody sets the clock, not by sleep or slewing."""
    return (time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)) // 1_000_000
