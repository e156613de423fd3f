"""Writes custody: one row per act, in the transaction of the act itself."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from consentry.core.outbox import tell
from consentry.evidence import models
from consentry.evidence.rules import HoldKeep, decide_retention
from consentry.evidence.types import Doer, Retention
from consentry.kernel.canonical import sha256_of, to_b64
from consentry.kernel.item import commit_of


@dataclass(frozen=True)
class Deed:
    """What was done, why, and to which other object it relates; `ledger_key` of its entry."""

    kind: str
    why: str = ""
    about: str = ""
    ledger_key: str = ""


def note_act(item: models.Item, deed: Deed, doer: Doer, *, now: datetime) -> None:
    """Add `deed` to the item's custody and tell its agency's pages that the item changed."""
    models.Act.objects.create(
        item=item, at=now, kind=deed.kind, person=doer.person, role=doer.role, why=deed.why, about=deed.about,
        ledger_key=deed.ledger_key,
    )  # fmt: skip
    tell(f"agency:{item.agency}", "item.changed", item.id)


def settle_retention(item: models.Item, *, now: datetime) -> None:
    """Decide anew until when `item` (its row locked) is kept, and keep that."""
    holds = [HoldKeep(hold.until) for hold in holds_now(item, now)]
    until = item.places.values_list("case__keep_until", flat=True)
    cases = [moment for moment in until if moment is not None]
    kept = decide_retention(Retention(item.base_until, item.base_reason), cases, holds, now=now)
    if (item.keep_until, item.keep_reason) != (kept.until, kept.reason):
        item.keep_until, item.keep_reason = kept.until, kept.reason
        item.save(update_fields=["keep_until", "keep_reason"])


def holds_now(item: models.Item, now: datetime) -> list[models.Hold]:
    """The holds that keep `item` at `now`."""
    lasting = Q(until=None) | Q(until__gt=now)
    return list(item.holds.filter(lasting, cleared_at=None).order_by("set_at", "id"))


def commit_record(record: dict[str, str | int]) -> str:
    """A salted commitment to a record that stays private, base64url: what the ledger says of a hold."""
    return to_b64(commit_of(secrets.token_bytes(32), sha256_of(record)))
