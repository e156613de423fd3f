"""Times as feeds write them, to aware UTC."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def parse_iso(said: object) -> datetime | None:
    """RFC 3339 with an offset; None for anything else (a time without an offset could be hours wrong)."""
    if not isinstance(said, str) or not 16 <= len(said) <= 40:
        return None
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return None
    return _bounded(moment) if moment.tzinfo is not None else None


def parse_local(said: object, form: str, zone: str) -> datetime | None:
    """A local time in `form` (strptime) of time zone `zone`; None when it is not one."""
    if not isinstance(said, str) or not 4 <= len(said) <= 40:
        return None
    try:
        moment = datetime.strptime(said.strip(), form).replace(tzinfo=ZoneInfo(zone))
    except (ValueError, OverflowError):
        return None
    return _bounded(moment)


def _bounded(moment: datetime) -> datetime | None:
    try:
        utc = moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return utc if EARLIEST <= utc < LATEST else None
