"""The promise about evidence, checked on a data folder: it never changes, and is destroyed on time unless held."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from consentry.core.invariants import Broken
from consentry.evidence.custody import holds_now
from consentry.evidence.models import Item, Mark
from consentry.evidence.vault_door import open_vault
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import ConsentryError, Unavailable
from consentry.kernel.ids import ItemId
from consentry.ledger.queries import find_place

# The worker looks each half minute.
LATE = timedelta(minutes=10)
# The vault's folder is made before the row; the largest upload is sealed within this.
ROW_FOLLOWS = timedelta(hours=1)


def broken_invariants() -> Iterator[Broken]:
    """1, 10: sealed items are whole and in the log, the destroyed have no key, nothing outlives its time unheld."""
    now = utc_now()
    yield from _sealed_and_whole()
    yield from _late(now)
    yield from _kept_without_look()
    yield from _of_nobody(now)


def _sealed_and_whole() -> Iterator[Broken]:
    for item in Item.objects.filter(state="sealed").iterator():
        if find_place(item.id) is None:
            yield Broken(10, f"item {item.id} is called sealed and is not in the log")
        try:
            signed = open_vault().check(ItemId(item.id))
        except Unavailable as error:
            yield Broken(10, f"item {item.id} cannot be read: {error.kind}")
        except ConsentryError as error:
            yield Broken(10, f"item {item.id} is not what was sealed: {error.kind}: {error}")
        else:
            if signed is None or signed.payload_sha256.hex() != item.payload_sha256:
                yield Broken(10, f"item {item.id} has another manifest than the one that was logged")


def _late(now: datetime) -> Iterator[Broken]:
    for item in Item.objects.filter(state__in=("sealed", "shredding"), keep_until__lt=now - LATE).iterator():
        if not holds_now(item, now):
            yield Broken(10, f"item {item.id} is there after its time")
    for item in Item.objects.filter(state="shredded").iterator():
        if find_place(f"{item.id}:shred") is None:
            yield Broken(10, f"item {item.id} was destroyed without a word in the log")
        if open_vault().keys.has(ItemId(item.id)):
            yield Broken(10, f"item {item.id} is called destroyed and its key is here")


def _kept_without_look() -> Iterator[Broken]:
    for mark in Mark.objects.select_related("item").exclude(item__start_us=None).iterator():
        if mark.item.start_us is not None and mark.item.start_us < mark.from_us:
            yield Broken(1, f"item {mark.item_id} begins before the grant of its look")


def _of_nobody(now: datetime) -> Iterator[Broken]:
    """What no row tells of nobody destroys: a crash came between folder and row, or the database is an older one."""
    vault, known = open_vault(), set(Item.objects.values_list("id", flat=True))
    for item in vault.items():
        if item in known or vault.keys.is_shredded(item):
            continue
        if vault.about(item).began_ms < to_ms(now - ROW_FOLLOWS):
            yield Broken(10, f"item {item} lies in the vault and no row tells of it")
