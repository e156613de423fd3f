"""Timestamps over manifests: asked for after closing, again with growing pauses, and never waited for."""

import hashlib
import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from consentry.evidence import models
from consentry.evidence.custody import Deed, note_act
from consentry.evidence.rules import next_try
from consentry.evidence.stamps.ask import Authority, stamp
from consentry.evidence.stamps.check import Stamp, check_stamp
from consentry.evidence.stores.plan import MANIFEST, TIMESTAMP
from consentry.evidence.types import Doer
from consentry.evidence.vault_door import open_vault
from consentry.kernel.errors import ConsentryError, Unavailable
from consentry.kernel.ids import ItemId

logger = logging.getLogger(__name__)
AT_ONCE = 50


def stamp_due(authority: Authority | None, now: datetime) -> int:
    """Stamp closed items that have no timestamp yet; how many. An authority that is away ends the run."""
    if authority is None:
        return 0
    unstamped = Q(stamping=None) | Q(stamping__state="pending", stamping__next_at__lte=now)
    due = models.Item.objects.filter(unstamped, state__in=("logging", "sealed")).order_by("closed_at", "id")
    stamped = 0
    for item in due[:AT_ONCE]:
        try:
            _keep(item, _stamp(item, authority), now)
        except ConsentryError as error:
            logger.error("timestamp of item %s: %s", item.id, error)
            _put_off(item, error, now)
            if isinstance(error, Unavailable):
                break
        else:
            stamped += 1
    return stamped


def _stamp(item: models.Item, authority: Authority) -> Stamp:
    """Ask, check, keep in the vault. A reply that a crash left in the vault without its row is checked and used."""
    vault, folder = open_vault(), open_vault().folder_of(ItemId(item.id))
    manifest = (folder / MANIFEST).read_bytes()
    if (folder / TIMESTAMP).exists():
        return check_stamp((folder / TIMESTAMP).read_bytes(), hashlib.sha256(manifest).digest(), authority.trust)
    reply, said = stamp(manifest, authority)
    vault.put_timestamp(ItemId(item.id), reply)
    return said


def _keep(item: models.Item, said: Stamp, now: datetime) -> None:
    kept = {"state": "kept", "at": said.at, "authority": said.authority, "problem": "", "next_at": now}
    with transaction.atomic():
        models.Stamping.objects.update_or_create(item=item, defaults=kept)
        # The reply goes after the manifest into the store.
        models.StoredCopy.objects.filter(item=item, state="stored").update(state="waiting", next_at=now)
        note_act(item, Deed("stamped", why=said.authority), Doer(), now=now)


def _put_off(item: models.Item, error: ConsentryError, now: datetime) -> None:
    row = models.Stamping.objects.filter(item=item).first()
    tries = (row.tries if row else 0) + 1
    later = {"state": "pending", "tries": tries, "next_at": next_try(tries, now), "problem": str(error)}
    models.Stamping.objects.update_or_create(item=item, defaults=later)
