"""Pure decisions: what may be asked, which home may be asked once more, which figures are said and when."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from consentry.incidents.types import UNMAPPED, Incident
from consentry.kernel.limits_residents import (
    MAX_REQUEST_ANSWER_DAYS,
    MAX_REQUEST_AREA_SQ_M,
    MAX_REQUEST_WINDOW_MIN,
    MAX_REQUESTS_PER_CASE,
    MAX_REQUESTS_PER_HOME_WEEK,
    MIN_REQUEST_AREA_SQ_M,
    MIN_REQUEST_WINDOW_MIN,
    REQUEST_CALL_AGE_DAYS,
    REQUEST_WINDOW_AROUND_H,
)
from consentry.requests.types import LOOKING_FOR, NewRequest, Wishes

# Nobody is asked for these, whatever a city writes: the same list as `incident.type_never` of policies/access.cedar.
NEVER_TYPES: Final = frozenset({
    "ALIEN", "CIVDIS", "CRWD", "PHANDLE", "VAG", "NOISE", "PARKING", "PERSUSP", "VEHSUSP", "SUSP", "EDP", "MNTL",
    "WELFARE", "SUICIDE", "SUICTHRT", "JUV", "TRESPASS", "TSTOP", "WARRANT", "911H", "INFO", "ADMIN", "NONEMERG",
})  # fmt: skip
# Whole families: a protest stays one whatever code a feed gives it.
NEVER_FAMILIES: Final = frozenset({"disorder", "service", "suspicious"})
WEEK: Final = timedelta(days=7)
PUBLISH_AFTER: Final = timedelta(hours=24)
_LINK = re.compile(r"(https?:|www\.|\S@\S)", re.IGNORECASE)


@dataclass(frozen=True)
class CaseSoFar:
    """What was asked before: requests of this case number, of this call, and whether the area may stand beside them."""

    of_case: int
    of_incident: int
    area_is_new: bool


def decide_request(new: NewRequest, incident: Incident, so_far: CaseSoFar, *, now: datetime) -> tuple[str, ...]:
    """The names of the rules that refuse `new`, in order; empty when it may be made."""
    minutes = (new.window_end - new.window_start) / timedelta(minutes=1)
    around = timedelta(hours=REQUEST_WINDOW_AROUND_H)
    near_start, near_end = incident.reported_at - around, incident.reported_at + around
    kept = {
        "incident.type": _may_be_asked(incident),
        "incident.trusted": not incident.flags and not incident.changed_by_console,
        "incident.logged": incident.ledger_index is not None,
        "incident.age": incident.reported_at > now - timedelta(days=REQUEST_CALL_AGE_DAYS),
        "window.length": MIN_REQUEST_WINDOW_MIN <= minutes <= MAX_REQUEST_WINDOW_MIN,
        "window.past": new.window_end <= now,
        "window.near": near_start <= new.window_start and new.window_end <= near_end,
        "area.size": MIN_REQUEST_AREA_SQ_M <= new.area_sq_m <= MAX_REQUEST_AREA_SQ_M,
        "area.new": so_far.area_is_new,
        "case.count": max(so_far.of_case, so_far.of_incident) < MAX_REQUESTS_PER_CASE,
        "text.case": bool(case_key(new.case_number)),
        "text.contact": bool(new.contact.strip()),
        "text.looking_for": bool(new.looking_for) and set(new.looking_for) <= set(LOOKING_FOR),
        "text.words": is_plain(new.words) and is_plain(new.contact, links=True) and is_plain(new.case_number),
        "deadline": 1 <= new.answer_days <= MAX_REQUEST_ANSWER_DAYS,
    }
    return tuple(rule for rule, holds in kept.items() if not holds)


def _may_be_asked(incident: Incident) -> bool:
    code = incident.type_code
    return code != UNMAPPED and code not in NEVER_TYPES and incident.family not in NEVER_FAMILIES


def case_key(case_number: str) -> str:
    """What makes two case numbers one: letters and digits alone, in one case; "" when there are none."""
    folded = unicodedata.normalize("NFKC", case_number).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def is_plain(text: str, *, links: bool = False) -> bool:
    """Is it text that people read: no control sign, nothing that turns the line round, and no link unless allowed?"""
    odd = any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn") for sign in text)
    return not odd and (links or not _LINK.search(text))


def may_be_told(wishes: Wishes, told_this_week: int) -> bool:
    """May a home be asked once more? What is over the quota is not asked later either, and nobody learns it."""
    return not wishes.opted_out and told_this_week < min(wishes.most_per_week, MAX_REQUESTS_PER_HOME_WEEK)


def band_of_five(count: int) -> str:
    """The band that is said instead of `count`; ValueError for a negative one."""
    if count < 0:
        raise ValueError("a count is not negative")
    bands: Mapping[int, str] = {0: "under_5", 1: "5_to_9", 2: "10_to_14", 3: "15_to_19"}
    return bands.get(count // 5, "20_or_more")


def publish_at(closed_at: datetime) -> datetime:
    """When the figures of a request are said: the first Monday, 00:00 UTC, at least a day after it was closed."""
    earliest = (closed_at + PUBLISH_AFTER).astimezone(UTC)
    monday = datetime.combine(earliest.date(), time(0), tzinfo=UTC) - timedelta(days=earliest.weekday())
    return monday if monday >= earliest else monday + WEEK


def pseudonym_of(tag: bytes) -> str:
    """Six signs without look-alikes for a home's tag in one request; another request gives another."""
    alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
    return "".join(alphabet[byte % len(alphabet)] for byte in tag[:6])
