"""Pure decisions: what an order must say, who may review it, when it ends, when its owner is told."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from consentry.kernel.limits_residents import (
    EXIGENT_REVIEW_H,
    EXIGENT_TELL_H,
    FRESH_FACTOR_MIN,
    MAX_EXIGENT_H,
    MAX_ORDER_DAYS,
    MAX_ORDER_LINES,
    MAX_ORDER_SEAL_DAYS,
    MAX_ORDER_WINDOW_H,
    ORDER_REVIEWERS,
)
from consentry.kernel.roles import Role
from consentry.orders.types import KINDS, OPEN_STATES, TARGETS, WITHOUT_COURT, Line, NewOrder

NOT_PARTICULAR: Final = "not particular: an order names cameras with their times, items or answers, never an area"
TELL_WITHIN: Final = timedelta(hours=EXIGENT_TELL_H)
REVIEW_WITHIN: Final = timedelta(hours=EXIGENT_REVIEW_H)
FRESH: Final = timedelta(minutes=FRESH_FACTOR_MIN)


def is_particular(new: NewOrder) -> bool:
    """Does it name things, each with what it takes, and no area?"""
    whole = all(line.window_start and line.window_end for line in new.lines if line.target == "camera")
    return bool(new.lines) and not new.area and whole


def decide_order(new: NewOrder, *, now: datetime) -> tuple[str, ...]:
    """The names of the rules that refuse `new`, in order; empty when it may be drawn."""
    is_exigent, needs_court = new.kind == "exigent", new.kind not in WITHOUT_COURT
    named = [(line.target, line.about, line.window_start) for line in new.lines]
    targets = {line.target for line in new.lines}
    lasts = timedelta(hours=MAX_EXIGENT_H) if is_exigent else timedelta(days=MAX_ORDER_DAYS)
    sealable = TELL_WITHIN if is_exigent else timedelta(days=MAX_ORDER_SEAL_DAYS)
    kept: Mapping[str, bool] = {
        "kind": new.kind in KINDS,
        "scope.particular": is_particular(new),
        "scope.count": len(new.lines) <= MAX_ORDER_LINES,
        "scope.once": len(named) == len(set(named)),
        "scope.kind": targets <= set(TARGETS) and ("item" in targets) == (new.kind == "preservation")
        and (new.kind != "preservation" or targets == {"item"}),
        "scope.window": all(_window_holds(line, now) for line in new.lines),
        "text.court": not needs_court or bool(new.court.strip() and new.judge.strip()),
        "text.docket": is_exigent or bool(new.docket.strip()),
        "text.certificate": bool(new.certificate.strip()) == is_exigent,
        "text.phone": any(sign.isdigit() for sign in new.phone),
        "text.words": bool(new.words.strip()),
        "text.plain": all(map(is_plain, (new.court, new.docket, new.judge, new.phone)))
        and all(is_plain(text, lines=True) for text in (new.words, new.certificate)),
        "date.issued": now - lasts < new.issued_at <= now,
        "date.expires": now < new.expires_at <= new.issued_at + lasts,
        # A hold past an owner's own day is told to that owner at once, so a preservation is under no seal.
        "date.seal": new.seal_until is None
        or (new.kind != "preservation" and now < new.seal_until <= new.issued_at + sealable),
        "renews": not new.renews or new.kind == "preservation",
    }  # fmt: skip
    return tuple(rule for rule, holds in kept.items() if not holds)


def _window_holds(line: Line, now: datetime) -> bool:
    """A camera's window is over and short; nothing else has one."""
    if line.target != "camera":
        return line.window_start is None and line.window_end is None
    if line.window_start is None or line.window_end is None:
        return False
    longest = timedelta(hours=MAX_ORDER_WINDOW_H)
    return line.window_start < line.window_end <= now and line.window_end - line.window_start <= longest


def is_plain(text: str, *, lines: bool = False) -> bool:
    """Is it text that people read: no control sign (a line's end where `lines`), nothing that turns the line round?"""
    read = text.replace("\n", " ") if lines else text
    return not any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn") for sign in read)


def state_at(state: str, expires_at: datetime, now: datetime) -> str:
    """The state of the moment: what is not executed by its last day is over, whether or not a job has said so."""
    return "expired" if state in OPEN_STATES and now >= expires_at else state


def decide_review(maker: str, reviewers: Sequence[str], person: str) -> str:
    """Why `person` may not review now: `own-order`, `second-person`, or "" when they may."""
    if person == maker:
        return "own-order"
    return "second-person" if person in reviewers else ""


def is_reviewed(agreed: int) -> bool:
    """Have enough people agreed?"""
    return agreed >= ORDER_REVIEWERS


def may_review_exigent(role: Role, executed_at: datetime, now: datetime) -> bool:
    """Within 72 h a colleague's word counts; what is late only an auditor's."""
    return role is Role.AUDITOR or now < executed_at + REVIEW_WITHIN


def is_blocked(unreviewed: Iterable[datetime], now: datetime) -> bool:
    """Does an agency owe a review? `unreviewed`: when its exigent orders without one were executed."""
    return any(now >= executed_at + REVIEW_WITHIN for executed_at in unreviewed)


def tell_at(kind: str, seal_until: datetime | None, executed_at: datetime) -> datetime:
    """When whom the order concerns is told: at once, or when the seal ends; of an exigent one within 24 h."""
    moment = executed_at if seal_until is None else max(seal_until, executed_at)
    return min(moment, executed_at + TELL_WITHIN) if kind == "exigent" else moment


def is_fresh(proved_at: datetime | None, now: datetime) -> bool:
    """Was the second factor given within the last quarter of an hour?"""
    return proved_at is not None and now - proved_at < FRESH
