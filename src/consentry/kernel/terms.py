"""The owner's terms for one camera in one programme: what consent signs, access obeys and the edge enforces.

One version is one frozen `Terms`; its SHA-256 over canonical JSON is what the owner signs and every opening names.
Sets travel as sorted lists, times as ms since 1970, hours as weekly spans of minutes in the owner's time zone.
Loosening needs the owner's own signature, tightening none; `loosens` is that rule. Format: docs/spec/owner-record.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from consentry.kernel.canonical import sha256_of
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId, ProgrammeId, bytes_of_id
from consentry.kernel.limits import MAX_DISTANCE_M, MAX_GRANT_MIN

DAY_MIN = 24 * 60
MAX_LIST = 100
MAX_LOOK_AROUND_MIN = 240
MAX_TEXT_CHARS = 64


class Tier(StrEnum):
    """How much a consent gives; each includes the ones before it."""

    REGISTRY = "registry"
    REQUEST = "request"
    LIVE = "live"


class Approval(StrEnum):
    """Does each ask need the owner's yes?"""

    ASK_ME = "ask_me"
    AUTOMATIC = "automatic"


class Participation(StrEnum):
    """Why the camera takes part. Only `voluntary` is consent."""

    VOLUNTARY = "voluntary"
    MANDATED = "mandated"
    CONDITION_OF_BENEFIT = "condition_of_benefit"
    AGENCY_OWNED = "agency_owned"


class HourSpan(NamedTuple):
    """Weekly span [from_min, to_min) in minutes of the day on `days` (0 = Monday); overnight is two spans."""

    days: tuple[int, ...]
    from_min: int
    to_min: int


ALWAYS = (HourSpan((0, 1, 2, 3, 4, 5, 6), 0, DAY_MIN),)


class ViewAttested(NamedTuple):
    """What the owner states about the picture; `mask_sha256` (hex) is of the mask burnt in at the edge, or ""."""

    not_indoor: bool
    no_neighbour_dwelling: bool
    mask_sha256: str


@dataclass(frozen=True)
class Terms:
    """One version. Build with `parse_terms`, which checks all of it; `hours` empty means never."""

    camera_id: CameraId
    programme_id: ProgrammeId
    participation: Participation
    tier: Tier
    purposes: frozenset[str]
    call_types: frozenset[str]
    max_distance_m: int
    max_minutes_per_grant: int
    hours: tuple[HourSpan, ...]
    time_zone: str
    lookback_min: int
    lookahead_min: int
    approval: Approval
    audio: bool
    ptz: bool
    emergency_ok: bool
    view_attested: ViewAttested
    waiver_sha256: str
    expires_at_ms: int
    version: int


_FIELDS = frozenset(field.name for field in fields(Terms))
_TIER_RANK = {Tier.REGISTRY: 0, Tier.REQUEST: 1, Tier.LIVE: 2}


def terms_record(terms: Terms) -> dict[str, Any]:
    """The JSON object of `terms`, as hashed, stored and sent (the value of canonical JSON, hence `Any`)."""
    record = {name: getattr(terms, name) for name in sorted(_FIELDS)}
    record["purposes"], record["call_types"] = sorted(terms.purposes), sorted(terms.call_types)
    record["hours"] = [{"days": list(s.days), "from_min": s.from_min, "to_min": s.to_min} for s in terms.hours]
    record["view_attested"] = terms.view_attested._asdict()
    for name in ("participation", "tier", "approval"):
        record[name] = str(record[name])
    return record


def terms_sha256(terms: Terms) -> str:
    """Lower-case hex SHA-256 of the canonical JSON of `terms`."""
    return sha256_of(terms_record(terms)).hex()


def parse_terms(value: Mapping[str, Any]) -> Terms:
    """Parse `terms_record`; Malformed for a missing, unknown, mistyped or out-of-bounds field."""
    if not isinstance(value, Mapping) or set(value) != _FIELDS:
        raise Malformed("terms have other fields")
    try:
        return Terms(
            camera_id=CameraId(_id(value["camera_id"])), programme_id=ProgrammeId(_id(value["programme_id"])),
            participation=Participation(value["participation"]), tier=Tier(value["tier"]),
            purposes=_names(value["purposes"]), call_types=_names(value["call_types"]),
            max_distance_m=_number(value["max_distance_m"], MAX_DISTANCE_M),
            max_minutes_per_grant=_number(value["max_minutes_per_grant"], MAX_GRANT_MIN),
            hours=_hours(value["hours"]), time_zone=_zone(value["time_zone"]),
            lookback_min=_number(value["lookback_min"], MAX_LOOK_AROUND_MIN),
            lookahead_min=_number(value["lookahead_min"], MAX_LOOK_AROUND_MIN),
            approval=Approval(value["approval"]), audio=_flag(value["audio"]), ptz=_flag(value["ptz"]),
            emergency_ok=_flag(value["emergency_ok"]), view_attested=_attested(value["view_attested"]),
            waiver_sha256=_hash(value["waiver_sha256"]), expires_at_ms=_number(value["expires_at_ms"], 2**53 - 1),
            version=_number(value["version"], 2**31),
        )  # fmt: skip
    except (ValueError, TypeError, KeyError) as error:
        raise Malformed(f"not terms: {error}") from error


def loosens(old: Terms | None, new: Terms) -> bool:
    """Does `new` allow anything that `old` does not (True when there was none)? Then only the owner may bring it.

    `version` is no part of it: whoever stores terms refuses a version that does not rise, so old ones do not come back.
    """
    if old is None:
        return True
    same = ("camera_id", "programme_id", "participation", "view_attested", "waiver_sha256")
    rising = ("max_distance_m", "max_minutes_per_grant", "lookback_min", "lookahead_min", "expires_at_ms")
    switches = ("audio", "ptz", "emergency_ok")
    return (
        any(getattr(old, name) != getattr(new, name) for name in same)
        or any(getattr(new, name) > getattr(old, name) for name in rising + switches)
        or not (new.purposes <= old.purposes and new.call_types <= old.call_types)
        or _TIER_RANK[new.tier] > _TIER_RANK[old.tier]
        or (old.approval is Approval.ASK_ME and new.approval is not Approval.ASK_ME)
        or _widens_hours(old, new)
    )


def within_hours(terms: Terms, moment: datetime) -> bool:
    """Is `moment` (aware) inside the owner's hours, on the clock of the owner's time zone?"""
    local = moment.astimezone(ZoneInfo(terms.time_zone))
    minute = local.hour * 60 + local.minute
    return any(local.weekday() in s.days and s.from_min <= minute < s.to_min for s in terms.hours)


def _widens_hours(old: Terms, new: Terms) -> bool:
    before, after = _week(old.hours), _week(new.hours)
    if before == _week(ALWAYS) or after == 0:
        return False
    return old.time_zone != new.time_zone or bool(after & ~before)


def _week(hours: tuple[HourSpan, ...]) -> int:
    """The week's minutes as bits, so that containment is one operation."""
    bits = 0
    for span in hours:
        for day in span.days:
            bits |= ((1 << (span.to_min - span.from_min)) - 1) << (day * DAY_MIN + span.from_min)
    return bits


def _hours(value: Any) -> tuple[HourSpan, ...]:
    return tuple(_hour_span(item) for item in _list(value))


def _hour_span(item: Any) -> HourSpan:
    if not isinstance(item, Mapping) or set(item) != {"days", "from_min", "to_min"}:
        raise ValueError("a span of hours has other fields")
    days = tuple(_number(day, 6) for day in _list(item["days"]))
    start, end = _number(item["from_min"], DAY_MIN), _number(item["to_min"], DAY_MIN)
    if not days or list(days) != sorted(set(days)) or start >= end:
        raise ValueError("a span of hours is empty, reversed or repeats a day")
    return HourSpan(days, start, end)


def _attested(value: Any) -> ViewAttested:
    if not isinstance(value, Mapping) or set(value) != set(ViewAttested._fields):
        raise ValueError("the attestation has other fields")
    mask = value["mask_sha256"]
    return ViewAttested(
        _flag(value["not_indoor"]), _flag(value["no_neighbour_dwelling"]), mask if mask == "" else _hash(mask)
    )


def _names(value: Any) -> frozenset[str]:
    names = [_text(item) for item in _list(value)]
    if names != sorted(set(names)):
        raise ValueError("a set travels as a sorted list without repetition")
    return frozenset(names)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MAX_LIST:
        raise ValueError(f"not a list of at most {MAX_LIST}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT_CHARS or not value.isprintable():
        raise ValueError("not a short text")
    return value


def _id(value: Any) -> str:
    bytes_of_id(_text(value))
    return str(value)


def _hash(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 64 or bytes.fromhex(value).hex() != value:
        raise ValueError("not a SHA-256 in lower-case hex")
    return value


def _zone(value: Any) -> str:
    return ZoneInfo(_text(value)).key


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not true or false")
    return value


def _number(value: Any, at_most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= at_most:
        raise ValueError(f"not a whole number from 0 to {at_most}")
    return value
