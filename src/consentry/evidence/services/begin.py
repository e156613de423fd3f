"""Begin an item: its folder in the vault first, then its row, so that a row never stands for nothing."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from consentry.agencies import queries as agencies
from consentry.agencies.jurisdictions import PROFILES
from consentry.evidence import models
from consentry.evidence.custody import Deed, note_act
from consentry.evidence.rules import class_of
from consentry.evidence.types import Doer, NewItem, Retention
from consentry.evidence.vault_door import open_vault
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Refused
from consentry.kernel.ids import AgencyId, ItemId, ProgrammeId, new_id
from consentry.kernel.item import SALT_BYTES, About


@transaction.atomic
def begin_item(new: NewItem, doer: Doer, *, now: datetime) -> models.Item:
    """A fresh open item. A crash between folder and row leaves an empty folder that `fsck` names, never the reverse."""
    item = new.item or ItemId(new_id("item"))
    about = About(
        item=item, agency=new.agency, kind=new.kind, source=dict(new.source), salt=secrets.token_bytes(SALT_BYTES),
        retention_class=new.retention_class, began_ms=to_ms(now), original=new.original or "",
        derivation=dict(new.derivation),
    )  # fmt: skip
    open_vault().begin(about)
    row = models.Item.objects.create(
        id=item, agency=new.agency, kind=new.kind, state="open", name=new.name, camera=new.camera, cell=new.cell,
        incident=new.incident, programme=new.programme, session=new.session, order=new.order,
        clip=new.clip, original_id=new.original,
        began_at=now, media_type=new.media_type, retention_class=new.retention_class, base_until=new.base.until,
        base_reason=new.base.reason, keep_until=new.base.until, keep_reason=new.base.reason,
    )  # fmt: skip
    note_act(row, Deed("began", about=new.session or new.order or str(new.original or "")), doer, now=now)
    return row


def programme_days(agency: AgencyId, programme: str) -> int:
    """How many days a look's item is kept: the programme's, for a city camera without one the profile's longest.

    Refused `retention-none` where the programme keeps nothing.
    """
    profile = PROFILES[agencies.get_agency(agency).jurisdiction]
    days = agencies.get_programme(ProgrammeId(programme)).retention_days if programme else profile.max_retention_days
    if days <= 0:
        raise Refused("this programme keeps nothing", kind="retention-none")
    return days


def counted_from_close(days: int, reason: str) -> tuple[Retention, str]:
    """Retention that is counted once the item is closed, and the class of its key."""
    return Retention(None, reason), class_of(days)


def end_of_class(retention_class: str, closed_at: datetime) -> datetime:
    """When an item of this class is due that was closed then."""
    return closed_at + timedelta(days=int(retention_class.removeprefix("days-")))
