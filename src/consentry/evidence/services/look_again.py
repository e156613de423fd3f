"""The fixity job: reads every sealed file again, a few seconds at a time, and raises the alarm when one has changed."""

import logging
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from consentry.accounts import queries as accounts
from consentry.core.announcements import announce
from consentry.evidence import models
from consentry.evidence.custody import Deed, note_act
from consentry.evidence.events import ItemDamaged
from consentry.evidence.stores.fixity import OK, Checked, Eye, Pace, check_item
from consentry.evidence.stores.settings import FixitySaid
from consentry.evidence.types import Doer
from consentry.evidence.vault_door import open_items, open_vault
from consentry.kernel.errors import NotFound, Unavailable
from consentry.kernel.ids import AgencyId, ItemId
from consentry.kernel.roles import Role
from consentry.notices.services import notify

logger = logging.getLogger(__name__)
ALARM = "item.damaged"
AWAY_PAUSE = timedelta(minutes=10)
_SHREDDED = ("shredding", "shredded")


def look_due(said: FixitySaid, now: datetime, *, for_s: float) -> int:
    """Read items whose turn it is for at most `for_s` seconds (and the file at hand); how many files were read.

    What is not finished goes on behind its last whole file. A store that is away says nothing about an item.
    """
    until_s, pace, read = time.monotonic() + for_s, Pace(said.bytes_per_s), 0
    due = models.Item.objects.filter(Q(fixity=None) | Q(fixity__next_at__lte=now), state__in=("sealed", *_SHREDDED))
    for item in due.order_by(F("fixity__next_at").asc(nulls_first=True), "id").iterator(chunk_size=50):
        if time.monotonic() >= until_s:
            break
        read += _look(item, Eye(open_items(), open_vault().verifiers, pace), until_s, _Times(now, said.days))
    return read


class _Times:
    """When a look is, and when the next one is due."""

    def __init__(self, now: datetime, days: int) -> None:
        self.now, self.again = now, now + timedelta(days=days)


def _look(item: models.Item, eye: Eye, until_s: float, times: _Times) -> int:
    row, _ = models.FixityLook.objects.get_or_create(item=item, defaults={"next_at": times.now})
    read = 0
    try:
        for found in check_item(eye, ItemId(item.id), after=row.after, shredded=item.state in _SHREDDED):
            read += 1
            if found.state != OK:
                raise_alarm(item, found, times.now)
            if not found.file.endswith(".seg"):
                continue
            row.after = found.file
            if time.monotonic() >= until_s:
                row.save(update_fields=["after"])
                return read
        row.after, row.looked_at, row.next_at = "", times.now, times.again
    except NotFound:
        raise_alarm(item, Checked("manifest", "missing"), times.now)
        row.after, row.looked_at, row.next_at = "", times.now, times.again
    except Unavailable as error:
        logger.error("item %s cannot be read again now: %s", item.id, error)
        row.next_at = times.now + AWAY_PAUSE
    row.save()
    return read


@transaction.atomic
def raise_alarm(item: models.Item, found: Checked, now: datetime) -> None:
    """Once for each finding: a row, custody, whoever listens, and a notice to everybody who audits or supervises."""
    current = models.Item.objects.select_for_update().get(id=item.id)
    if current.state in _SHREDDED and item.state not in _SHREDDED:
        return  # destroyed while it was read
    finding, is_new = models.FixityFinding.objects.get_or_create(
        item=current, file=found.file, state=found.state, found=found.found,
        defaults={"expected": found.expected, "why": found.why, "at": now},
    )  # fmt: skip
    if not is_new:
        return
    logger.error("item %s: %s is %s: %s", item.id, found.file, found.state, found.why or "another hash")
    note_act(current, Deed("damaged", why=f"{found.file}: {found.state}", about=str(finding.id)), Doer(), now=now)
    announce(ItemDamaged(ItemId(item.id), AgencyId(current.agency), found.file, found.state))
    for person in accounts.agency_people(AgencyId(current.agency)):
        if person.is_active and person.role in (Role.AUDITOR, Role.SUPERVISOR):
            notify(person.id, ALARM, item.id)
