"""Pure decisions: how long an item is kept and why, who may clear a hold, which bytes of a file are wanted."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from consentry.evidence.types import Retention
from consentry.kernel.errors import Malformed, Refused
from consentry.kernel.ids import PersonId
from consentry.kernel.roles import Role

# An officer's file belongs to no programme; the agency's profile may say less.
UPLOAD_DAYS = 180
OPENING_LASTS = timedelta(minutes=60)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
# Acts after which somebody of the agency has seen an item's pictures.
SEEN_ACTS = ("disclosed", "downloaded", "exported", "opened")
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


@dataclass(frozen=True)
class HoldKeep:
    """A hold that is not cleared; `until` None never ends by itself."""

    until: datetime | None


@dataclass(frozen=True)
class ClearWord:
    """Somebody would clear a hold."""

    person: PersonId
    role: Role


def next_try(tries: int, now: datetime) -> datetime:
    """When to try again what failed `tries` times: each pause twice the one before, up to six hours."""
    return now + min(FIRST_PAUSE * (1 << min(max(tries - 1, 0), 20)), LONGEST_PAUSE)


def class_of(days: int) -> str:
    """The vault's class of keys for a retention of `days`."""
    return f"days-{days}"


def decide_retention(
    base: Retention, cases: Iterable[datetime], holds: Sequence[HoldKeep], *, now: datetime
) -> Retention:
    """The longest wins. `cases`: until when each case keeps its items; an owner's own date yields only to a hold,
    and what an owner took back to nothing.

    `base.until` None: the item is not closed yet, so nothing is counted.
    """
    if base.reason == "withdrawn":
        return base
    kept = base
    if base.reason != "owner":
        for until in cases:
            if kept.until is not None and until > kept.until:
                kept = Retention(until, "case")
    for hold in holds:
        if hold.until is None:
            return Retention(None, "hold")
        if kept.until is not None and hold.until > now and hold.until > kept.until:
            kept = Retention(hold.until, "hold")
    return kept


def decide_clear(first: ClearWord | None, word: ClearWord) -> bool:
    """Does `word` clear the hold? False: it is the first of the two that are needed.

    Refused `second-person`: the same person twice; `hold-auditor`: two people, none of them an auditor.
    """
    if word.role not in (Role.SUPERVISOR, Role.AUDITOR):
        raise Refused("only supervisors and auditors clear a hold", kind="role")
    if first is None:
        return False
    if first.person == word.person:
        raise Refused("a second person must clear this hold", kind="second-person")
    if Role.AUDITOR not in (first.role, word.role):
        raise Refused("one of the two who clear a hold is an auditor", kind="hold-auditor")
    return True


def byte_range(header: str, size_bytes: int) -> tuple[int, int] | None:
    """`[start, end)` that a Range header asks for; None for the whole. Malformed `range`: none that can be served.

    One range only; several at once are answered with the whole, as RFC 9110 allows.
    """
    if not header or "," in header:
        return None
    said = _RANGE.fullmatch(header.strip())
    if said is None or said.group(1, 2) == ("", ""):
        return None
    first, last = said.group(1, 2)
    if first:
        start, end = int(first), min(int(last) + 1, size_bytes) if last else size_bytes
    else:
        start, end = max(size_bytes - int(last), 0), size_bytes
    if start >= end:
        raise Malformed("nothing of this file lies in that range", kind="range")
    return start, end


def may_destroy(state: str, keep_until: datetime | None, holds: Sequence[HoldKeep], *, now: datetime) -> bool:
    """May a sealed item's key be destroyed now?"""
    held = any(hold.until is None or hold.until > now for hold in holds)
    return state == "sealed" and keep_until is not None and keep_until <= now and not held
