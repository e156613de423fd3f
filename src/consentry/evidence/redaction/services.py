"""What people do with a redaction: begin, draw, look, review, release, throw away. The worker's turns: `work.py`.

A redaction's row is locked before it is read for a change, its item's row before the redaction's.
"""

import threading
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.access import HANDLERS, access_item, doer_of
from consentry.evidence.custody import Deed, note_act
from consentry.evidence.redact.plan import edits_record
from consentry.evidence.redact.range_film import range_film
from consentry.evidence.redact.types import View
from consentry.evidence.redaction.queries import (
    access_redaction,
    found_of,
    original_of,
    pictures_in,
    plan_of,
    seen_of,
)
from consentry.evidence.redaction.rules import Change, changed, derivative_base
from consentry.evidence.services.play import need_opening
from consentry.evidence.types import Retention
from consentry.kernel.canonical import canonical_json
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, LimitReached, Malformed, Refused, Unavailable
from consentry.kernel.ids import RedactionId, new_id
from consentry.kernel.limits import MAX_REDACTED_PARTS, MAX_REDACTIONS_PER_ITEM

BUSY_S = 60.0
# Each is a process that decodes and encodes; a page that asks for many waits in line.
_turns = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class ShownRange:
    """The film of a range (MP4), and what a review of it names; `sha256` empty where it does not count for one."""

    film: bytes
    sha256: str


@transaction.atomic
def begin_redaction(
    principal: Principal, item: str, why: str, *, finds_faces: bool, now: datetime
) -> RedactionId:  # fmt: skip
    """Begin a redaction of a sealed recording, and say why; it opens the original to this person for an hour.

    Raises: NotFound. Malformed: no reason. Conflict `item-not-sealed`; `redact-derivative`: redact the original
    instead. Malformed `redact-no-video`. LimitReached.
    """
    row = access_item(principal, item, roles=HANDLERS, lock=True)
    doer = doer_of(principal, row.agency, *HANDLERS)
    if not why.strip():
        raise Malformed("say why it is redacted")
    if row.kind == "derivative":
        raise Conflict("a redaction is made of the original", kind="redact-derivative")
    if row.state != "sealed":
        raise Conflict("only sealed items are redacted", kind="item-not-sealed")
    if not 0 < len(pictures_in(row)) <= MAX_REDACTED_PARTS:
        raise Malformed("the original has no picture, or too many parts", kind="redact-no-video")
    if row.redactions.exclude(state__in=("dropped", "failed", "gone")).count() >= MAX_REDACTIONS_PER_ITEM:
        raise LimitReached("so many redactions of this item are there already", kind="redactions-full")
    made = models.Redaction.objects.create(
        id=new_id("redaction"), item=row, state="finding", finds_faces=finds_faces, made_by=doer.person, made_at=now
    )
    note_act(row, Deed("redaction_begun", why=why.strip(), about=made.id), doer, now=now)
    tell_changed(made)
    return RedactionId(made.id)


@transaction.atomic
def change_redaction(principal: Principal, redaction: str, revision: int, change: Change, *, now: datetime) -> int:
    """All that people decide, in one; the new revision. Reviews of ranges that it touches do not hold any more.

    Raises: NotFound. Conflict `redaction-changed`: somebody was faster; `redaction-state`. Malformed; LimitReached.
    """
    row = _open(principal, redaction)
    if row.revision != revision:
        raise Conflict("somebody changed this redaction meanwhile", kind="redaction-changed")
    doer = doer_of(principal, row.item.agency, *HANDLERS)
    plan = changed(plan_of(row, found_of(row)), change, doer.person, to_ms(now))
    row.edits, row.revision, row.why = canonical_json(edits_record(plan)), revision + 1, ""
    row.save(update_fields=["edits", "revision", "why"])
    tell_changed(row)
    return row.revision


def show_range(principal: Principal, redaction: str, number: int, view: View, *, now: datetime) -> ShownRange:
    """The film of range `number`; as it will go out, it is noted that this person was shown it.

    Raises: NotFound. Conflict `opening-needed`, `redaction-state`, `item-gone`. Malformed `redact-no-frame`.
    Unavailable `redact-busy`: too many are being made.
    """
    row = access_redaction(principal, redaction)
    need_opening(row.item, principal, now=now)
    _need_sealed(row.item)
    found = found_of(row)
    if not 0 <= number < len(found.ranges):
        raise Malformed("there is no such range", kind="redact-no-frame")
    plan = plan_of(row, found)
    (start, end), part = found.ranges[number], found.part(number, plan)
    if not _turns.acquire(timeout=BUSY_S):
        raise Unavailable("too many films are being made", kind="redact-busy")
    try:
        film = range_film(original_of(row.item), part, start, end, view)
    finally:
        _turns.release()
    if view is not View.HIDDEN:
        return ShownRange(film, "")
    sha256 = found.shown(number, plan)
    doer = doer_of(principal, row.item.agency, *HANDLERS)
    models.RedactionLook.objects.get_or_create(
        redaction=row, start=start, end=end, sha256=sha256, person=doer.person,
        defaults={"role": doer.role, "shown_at": now},
    )  # fmt: skip
    return ShownRange(film, sha256)


@transaction.atomic
def review_range(principal: Principal, redaction: str, number: int, sha256: str, *, now: datetime) -> None:
    """This person looked at all of range `number` as `sha256` names it; twice is once.

    Raises: NotFound. Conflict `redaction-changed`: it would go out otherwise now; `redaction-unseen`: it was never
    shown to them; `redaction-state`. Malformed `redact-no-frame`.
    """
    row = _open(principal, redaction)
    found = found_of(row)
    if not 0 <= number < len(found.ranges):
        raise Malformed("there is no such range", kind="redact-no-frame")
    if sha256 != found.shown(number, plan_of(row, found)):
        raise Conflict("this range changed after it was shown", kind="redaction-changed")
    start, end = found.ranges[number]
    shown = row.looks.filter(start=start, end=end, sha256=sha256, person=principal.person or "")
    if not shown.exists():
        raise Conflict("this range was not shown to you", kind="redaction-unseen")
    shown.filter(reviewed_at=None).update(reviewed_at=now)
    tell_changed(row)


@transaction.atomic
def release_redaction(principal: Principal, redaction: str, revision: int, *, now: datetime) -> None:
    """It may go out as it was reviewed: the worker renders and seals it. From here on nobody changes it.

    Raises: NotFound. Refused `not-reviewed` (`conditions`: the open ranges). Conflict `redaction-changed`,
    `redaction-state`, `item-not-sealed`, `redact-owner-date`.
    """
    row = _open(principal, redaction)
    if row.revision != revision:
        raise Conflict("somebody changed this redaction meanwhile", kind="redaction-changed")
    _need_sealed(row.item)
    found = found_of(row)
    missing = [(one.start, one.end) for one in seen_of(row, found, plan_of(row, found)) if not one.reviewed_at]
    if missing:
        ranges = tuple(f"{start}-{end}" for start, end in missing)
        raise Refused("some frames were not reviewed as they would go out", kind="not-reviewed", conditions=ranges)
    derivative_base(Retention(row.item.base_until, row.item.base_reason), now=now)
    doer = doer_of(principal, row.item.agency, *HANDLERS)
    row.state, row.why, row.done, row.of = "releasing", "", 0, 2 * found.plan.frames.count
    row.released_by, row.released_role, row.released_at, row.tries = doer.person, doer.role, now, 0
    row.save(update_fields=["state", "why", "done", "of", "released_by", "released_role", "released_at", "tries"])
    tell_changed(row)


@transaction.atomic
def drop_redaction(principal: Principal, redaction: str, *, now: datetime) -> None:
    """Throw away one that is not released: what was found and drawn goes, that it was begun stays in custody."""
    row = access_redaction(principal, redaction, lock=True)
    if row.state not in ("finding", "open", "failed"):
        raise Conflict("this redaction is being released, or over", kind="redaction-state")
    row.state, row.found, row.edits, row.claim = "dropped", b"", b"", ""
    row.save(update_fields=["state", "found", "edits", "claim"])
    doer = doer_of(principal, row.item.agency, *HANDLERS)
    note_act(row.item, Deed("redaction_dropped", about=row.id), doer, now=now)
    tell_changed(row)


def tell_changed(row: models.Redaction) -> None:
    """Tell the agency's pages."""
    tell(f"agency:{row.item.agency}", "redaction.changed", row.id)


def _open(principal: Principal, redaction: str) -> models.Redaction:
    row = access_redaction(principal, redaction, lock=True)
    if row.state != "open":
        raise Conflict("this redaction is not open", kind="redaction-state")
    return row


def _need_sealed(item: models.Item) -> None:
    if item.state != "sealed":
        raise Conflict("the original is destroyed, or not sealed", kind="item-not-sealed")
