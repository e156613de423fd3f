"""Under which key-encryption key an item lies: its month's, or that of a hold that keeps it."""

from datetime import datetime

from consentry.evidence import models
from consentry.evidence.custody import holds_now
from consentry.evidence.vault.keys import hold_kek, is_hold, month_kek
from consentry.evidence.vault_door import open_vault
from consentry.kernel.clock import to_ms
from consentry.kernel.ids import HoldId, ItemId


def settle_key(item: models.Item, *, now: datetime) -> None:
    """Wrap the item's key under its newest hold's KEK, or back under its month's, so that the month's dies on time.

    The row is locked by the caller, in whose transaction the hold was set or cleared; repeating it changes nothing.
    """
    keys, holds = open_vault().keys, holds_now(item, now)
    if holds:
        keys.rewrap(ItemId(item.id), hold_kek(HoldId(holds[-1].id)))
    elif is_hold(keys.kek_of(ItemId(item.id))):
        keys.rewrap(ItemId(item.id), month_kek(item.retention_class, to_ms(item.closed_at or now)))
