"""Holds: one person sets one, two clear it. The item is wrapped under a key of the hold's own while it lasts."""

from datetime import datetime

from django.db import transaction

from consentry.cameras import queries as cameras
from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.access import access_hold, access_item, doer_of
from consentry.evidence.custody import Deed, commit_record, note_act, settle_retention
from consentry.evidence.keeping_keys import settle_key
from consentry.evidence.rules import ClearWord, decide_clear
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, Malformed
from consentry.kernel.ids import CameraId, HoldId, PersonId, new_id
from consentry.kernel.roles import Role
from consentry.ledger import services as ledger
from consentry.notices.services import notify

PAST_OWNERS_DAY = "clip.held"
CLEARERS = (Role.AUDITOR, Role.SUPERVISOR)


@transaction.atomic
def set_hold(principal: Principal, item: str, why: str, until: datetime | None, *, now: datetime) -> HoldId:
    """Keep an item past its time.

    Raises: NotFound. Malformed: no reason, or an end that has passed. Conflict `item-gone`: it is destroyed, or its
    destruction stands in the ledger already.
    """
    row = access_item(principal, item, roles=CLEARERS, lock=True)
    if not why.strip() or (until is not None and until <= now):
        raise Malformed("a hold has a reason, and an end in the future or none")
    if row.state in ("shredding", "shredded", "empty") or row.base_reason == "withdrawn":
        raise Conflict("this item is destroyed", kind="item-gone")
    hold, doer = HoldId(new_id("hold")), doer_of(principal, row.agency, *CLEARERS)
    models.Hold.objects.create(id=hold, item=row, why=why.strip(), until=until, set_by=doer.person, set_at=now)
    until_ms = 0 if until is None else to_ms(until)
    commit = commit_record({"hold": hold, "item": row.id, "why": why.strip(), "until": until_ms})
    ledger.append("hold.set", {"agency": row.agency, "commit": commit, "until": until_ms}, key=hold)
    settle_retention(row, now=now)
    note_act(row, Deed("hold_set", why=why.strip(), about=hold, ledger_key=hold), doer, now=now)
    settle_key(row, now=now)
    _tell_owner(row, until)
    return hold


@transaction.atomic
def clear_hold(principal: Principal, hold: str, *, now: datetime) -> bool:
    """Say that a hold may end. True when that was the second of two people; the first only changes who is missing.

    Refused `second-person`, `hold-auditor`. Conflict `hold-over`: it has ended.
    """
    row = access_hold(principal, hold)
    if row.cleared_at is not None:
        raise Conflict("this hold is over", kind="hold-over")
    item = row.item
    doer = doer_of(principal, item.agency, *CLEARERS)
    first = ClearWord(PersonId(row.first_by), Role(row.first_role)) if row.first_by else None
    if not decide_clear(first, ClearWord(PersonId(str(doer.person)), Role(doer.role))):
        row.first_by, row.first_role, row.first_at = str(doer.person), doer.role, now
        row.save(update_fields=["first_by", "first_role", "first_at"])
        note_act(item, Deed("hold_first", about=row.id), doer, now=now)
        return False
    row.cleared_by, row.cleared_at = str(doer.person), now
    row.save(update_fields=["cleared_by", "cleared_at"])
    key = f"{row.id}:clear"
    ledger.append("admin.act", {"act": "hold.clear", "agency": item.agency, "role": doer.role}, key=key)
    settle_retention(item, now=now)
    note_act(item, Deed("hold_cleared", about=row.id, ledger_key=key), doer, now=now)
    settle_key(item, now=now)
    return True


def _tell_owner(item: models.Item, until: datetime | None) -> None:
    """Who gave a clip named its last day; a hold that goes past it is told to them, and only that."""
    if item.base_reason != "owner" or item.base_until is None or (until is not None and until <= item.base_until):
        return
    camera = cameras.get_cameras([item.camera]).get(CameraId(item.camera))
    if camera is not None and camera.owner is not None:
        notify(camera.owner, PAST_OWNERS_DAY, item.id)
