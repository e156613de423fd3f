"""Seal what is complete, destroy what is due: worker's steps, each of which may be repeated after a crash."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from consentry.evidence import models
from consentry.evidence.custody import Deed, holds_now, note_act, settle_retention
from consentry.evidence.keeping_keys import settle_key
from consentry.evidence.rules import HoldKeep, may_destroy
from consentry.evidence.services.begin import end_of_class
from consentry.evidence.types import Doer
from consentry.evidence.vault_door import open_vault, shredded_by_ledger
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import ConsentryError
from consentry.kernel.ids import ItemId
from consentry.ledger import queries as ledger_reads
from consentry.ledger import services as ledger

logger = logging.getLogger(__name__)
AT_ONCE = 100
Step = Callable[[models.Item, datetime], bool]


def close_due(now: datetime) -> int:
    """Close each item that is complete: manifest signed and durable, then its entry. One that fails stops no other."""
    due = models.Item.objects.filter(state="closing").order_by("began_at", "id").values_list("id", flat=True)
    return sum(_tried(_close, ItemId(item), now) for item in due[:AT_ONCE])


def drop_empty(now: datetime) -> int:
    """A look of which nothing was recorded has nothing to keep: its key is destroyed at once; how many."""
    empty = models.Item.objects.filter(state="empty", shredded_at=None).order_by("id").values_list("id", flat=True)
    return sum(_tried(_forget, ItemId(item), now) for item in empty[:AT_ONCE])


def note_logged(now: datetime) -> int:
    """An item whose entry stands in the ledger is sealed: only now does anything say so."""
    waiting = models.Item.objects.filter(state="logging").order_by("closed_at", "id")
    found = [row.id for row in waiting[:AT_ONCE] if ledger_reads.find_place(row.id) is not None]
    return sum(_tried(_sealed, ItemId(item), now) for item in found)


def destroy_due(now: datetime) -> int:
    """Destroy what is past its time and not held. The ledger's entry comes first, the key's end after its commit."""
    _lapse_holds(now)
    due = models.Item.objects.filter(state="sealed", keep_until__lte=now).order_by("keep_until", "id")
    for item in list(due.values_list("id", flat=True)[:AT_ONCE]):
        _tried(condemn, ItemId(item), now)
    condemned = models.Item.objects.filter(state="shredding").order_by("id").values_list("id", flat=True)
    return sum(_tried(_shred, ItemId(item), now) for item in condemned[:AT_ONCE])


def replay_shreds(now: datetime) -> int:
    """After a restore: what the ledger says was destroyed is destroyed again, held or not. Returns how many came back.

    Opening the vault has destroyed the keys already (`vault_door`); this brings rows and segments after them.
    """
    again = 0
    for item in shredded_by_ledger():
        changed = models.Item.objects.filter(id=item).exclude(state__in=("shredding", "shredded"))
        again += changed.update(state="shredding")
    open_vault().keys.replay_shreds(shredded_by_ledger())
    destroy_due(now)
    return again


def destroy_keks(now: datetime) -> int:
    """Destroy the key-encryption keys that nothing needs any more; how many."""
    keys, now_ms = open_vault().keys, to_ms(now)
    due = keys.due_keks(now_ms)
    for kek in due:
        keys.destroy_kek(kek, now_ms=now_ms)
    return len(due)


def _tried(step: Step, item: ItemId, now: datetime) -> int:
    try:
        with transaction.atomic():
            return int(step(models.Item.objects.select_for_update(no_key=True).get(id=item), now))
    except (ConsentryError, OSError) as error:
        logger.error("item %s: %s: %s", item, getattr(step, "__name__", "step"), error)
        return 0


def _close(item: models.Item, now: datetime) -> bool:
    if item.state != "closing":
        return False
    sealed = open_vault().close(ItemId(item.id), now_ms=to_ms(now))
    item.state, item.closed_at = "logging", now
    item.payload_sha256, item.commit = sealed.payload_sha256.hex(), to_b64(sealed.commit)
    if item.base_until is None:
        item.base_until = end_of_class(item.retention_class, now)
    item.save(update_fields=["state", "closed_at", "payload_sha256", "commit", "base_until"])
    settle_retention(item, now=now)
    ledger.append("item.seal", {"agency": item.agency, "commit": item.commit}, key=item.id)
    note_act(item, Deed("closed"), Doer(), now=now)
    return True


def _sealed(item: models.Item, now: datetime) -> bool:
    if item.state != "logging":
        return False
    item.state, item.sealed_at = "sealed", now
    item.save(update_fields=["state", "sealed_at"])
    note_act(item, Deed("sealed", ledger_key=item.id), Doer(), now=now)
    if item.base_reason == "withdrawn":
        condemn(item, now)  # in the same transaction, so that nobody exports or discloses it between
    return True


def condemn(item: models.Item, now: datetime) -> bool:
    """Log the end of a sealed item that is due; its key is destroyed next.

    The row is locked: a hold came before this and keeps the item, or comes after it and is refused.
    """
    held = [HoldKeep(hold.until) for hold in holds_now(item, now)]
    if not may_destroy(item.state, item.keep_until, held, now=now):
        return False
    key = f"{item.id}:shred"
    ledger.append("item.shred", {"agency": item.agency, "commit": item.commit}, key=key)
    item.state = "shredding"
    item.save(update_fields=["state"])
    note_act(item, Deed("shredded", why=item.keep_reason, ledger_key=key), Doer(), now=now)
    return True


def _forget(item: models.Item, now: datetime) -> bool:
    open_vault().shred(ItemId(item.id))
    item.shredded_at = now
    item.save(update_fields=["shredded_at"])
    return True


def _shred(item: models.Item, now: datetime) -> bool:
    vault = open_vault()
    if not vault.keys.is_shredded(ItemId(item.id)):
        settle_key(item, now=now)  # a hold's transaction may have failed after its key was made
    vault.shred(ItemId(item.id))
    item.state, item.shredded_at = "shredded", now
    item.save(update_fields=["state", "shredded_at"])
    return True


def _lapse_holds(now: datetime) -> None:
    for hold in models.Hold.objects.filter(cleared_at=None, until__lte=now).select_related("item"):
        with transaction.atomic():
            item = models.Item.objects.select_for_update(no_key=True).get(id=hold.item_id)
            models.Hold.objects.filter(id=hold.id).update(cleared_at=now)
            settle_retention(item, now=now)
            settle_key(item, now=now)
            note_act(item, Deed("hold_lapsed", about=hold.id), Doer(), now=now)
