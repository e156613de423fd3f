"""The worker's steps between the vault's folder and the store. Each may be repeated after a crash, none holds a row
while it talks to the store."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from consentry.evidence import models
from consentry.evidence.custody import Deed, note_act
from consentry.evidence.rules import next_try
from consentry.evidence.stores.types import Lock
from consentry.evidence.types import Doer
from consentry.evidence.vault_door import open_items, open_vault
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import ConsentryError
from consentry.kernel.ids import ItemId

logger = logging.getLogger(__name__)
AT_ONCE = 20
# A lock that kept segments of a destroyed item is asked again so often.
_LOCKED_PAUSE = timedelta(hours=6)


def store_due(now: datetime) -> int:
    """Bring sealed items to the store, let its locks follow retention and holds, remove what was destroyed; how many.

    Where the store is the vault's folder there is nothing to do.
    """
    if open_items().is_one_place:
        return 0
    return _store_new(now) + _follow_locks(now) + _remove_shredded(now)


def lock_of(item: models.Item) -> Lock:
    """What keeps this item in a store: its own time, and a hold that has no end."""
    until = item.keep_until or item.base_until
    return Lock(to_ms(until) if until else 0, held=item.keep_until is None)


def _store_new(now: datetime) -> int:
    place = open_items().store.place
    here = Q(copy__place=place, copy__state="stored") | Q(copy__next_at__gt=now)
    waiting = models.Item.objects.filter(state="sealed").exclude(here).order_by("sealed_at", "id")
    return sum(_tried(item, _hand_over, now) for item in waiting[:AT_ONCE])


def _hand_over(item: models.Item, now: datetime) -> None:
    open_items().hand_over(ItemId(item.id), open_vault().verifiers, lock_of(item))
    place = open_items().store.place
    _note(item, now, state="stored", place=place, keep_until=item.keep_until, stored_at=now, problem="", tries=0)


def _follow_locks(now: datetime) -> int:
    longer = Q(keep_until__lt=F("item__keep_until")) | Q(keep_until__gt=F("item__keep_until"))
    held = Q(keep_until=None, item__keep_until__isnull=False) | Q(keep_until__isnull=False, item__keep_until=None)
    rows = models.StoredCopy.objects.filter(longer | held, state="stored", next_at__lte=now, item__state="sealed")
    return sum(_tried(row.item, _lock, now) for row in rows.select_related("item")[:AT_ONCE])


def _lock(item: models.Item, now: datetime) -> None:
    open_items().lock(ItemId(item.id), lock_of(item))
    _note(item, now, keep_until=item.keep_until, problem="", tries=0)


def _remove_shredded(now: datetime) -> int:
    rows = models.StoredCopy.objects.filter(item__state="shredded", next_at__lte=now).exclude(state="gone")
    return sum(_tried(row.item, _remove, now) for row in rows.select_related("item")[:AT_ONCE])


def _remove(item: models.Item, now: datetime) -> None:
    items = open_items()
    items.lock(ItemId(item.id), Lock())
    if items.remove_segments(ItemId(item.id)):
        # Nothing but noise since its key is gone; it goes when the store lets it.
        _note(item, now, next_at=now + _LOCKED_PAUSE, problem="locked in the store")
    else:
        _note(item, now, state="gone", problem="")


def _tried(item: models.Item, step: Callable[[models.Item, datetime], None], now: datetime) -> int:
    try:
        step(item, now)
    except ConsentryError as error:
        logger.error("item %s in the store: %s", item.id, error)
        row = models.StoredCopy.objects.filter(item=item).first()
        tries = (row.tries if row else 0) + 1
        _note(item, now, tries=tries, next_at=next_try(tries, now), problem=str(error))
        return 0
    return 1


def _note(item: models.Item, now: datetime, **changes: object) -> None:
    """Keep the changes; a first copy stands in custody."""
    fresh = {"state": "waiting", "place": open_items().store.place, "next_at": now}
    with transaction.atomic():
        row, _ = models.StoredCopy.objects.select_for_update().get_or_create(item=item, defaults=fresh)
        was = (row.state, row.place)
        for name, value in changes.items():
            setattr(row, name, value)
        row.save()
        if row.state == "stored" and was != ("stored", row.place):
            note_act(item, Deed("stored", why=row.place), Doer(), now=now)
