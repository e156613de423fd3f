"""The end of an account (docs/spec/personal-data.md).

Every door closes in one transaction; what is held is erased afterwards by the worker, room by room, highest first. No
step says that it was done: each looks what is still there, so a worker that is killed anywhere leaves nothing out.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction

from consentry.accounts.events import PersonLeft
from consentry.accounts.models import Deletion, Person, PersonalExport, SeatRow
from consentry.accounts.personal import forget_identity
from consentry.accounts.rules import require_fresh
from consentry.accounts.types import EXPORT_RUNS
from consentry.core.announcements import announce
from consentry.core.personal import personal_rooms
from consentry.core.principal import Principal
from consentry.kernel.errors import ConsentryError, NotFound, Refused
from consentry.kernel.ids import PersonId
from consentry.kernel.limits_residents import ERASE_SETTLES_MIN
from consentry.kernel.roles import Role
from consentry.ledger.services import append

logger = logging.getLogger(__name__)
# Requests that were in flight when the doors closed have ended long before: what they wrote goes in the last round.
SETTLES = timedelta(minutes=ERASE_SETTLES_MIN)
SOON, LATER, YOUNG = timedelta(minutes=1), timedelta(hours=1), timedelta(hours=1)
AT_ONCE = 20


def delete_account(principal: Principal, *, now: datetime) -> None:
    """Delete the principal's own account: afterwards nobody signs in, nothing runs, and no name is left.

    Raises: Refused `fresh-sign-in`, `last-manager`. NotSignedIn: agency people without their second factor. NotFound.
    """
    person = _close(principal, now)
    # In a transaction of its own: to change an address waits for everybody who refers to the row.
    forget_identity(person)


def why_not(principal: Principal) -> str:
    """Why the principal cannot delete their account now: `last-manager`, or ""."""
    return "last-manager" if _agencies_left_alone(principal, lock=False) else ""


def advance_deletions(now: datetime) -> int:
    """The worker's step: one round through the rooms for each account that is due. Returns how many are finished."""
    due = Deletion.objects.filter(finished_at=None, next_at__lte=now).order_by("next_at", "person")
    return sum(_round(row, now) for row in due[:AT_ONCE])


@transaction.atomic
def _close(principal: Principal, now: datetime) -> PersonId:
    """Everything that opens a door, in one transaction; what ends looks comes first (`project/wiring.py`)."""
    require_fresh(principal, now)
    row = Person.objects.select_for_update(no_key=True).filter(id=principal.person or "", is_active=True).first()
    if row is None:
        raise NotFound("there is no such account")
    if _agencies_left_alone(principal, lock=True):
        raise Refused("an agency needs a manager: give somebody else this role first", kind="last-manager")
    person = PersonId(row.id)
    announce(PersonLeft(person, now))
    for seat in SeatRow.objects.filter(person=row).exclude(agency=None):
        append(
            "admin.act", {"act": "person.leave", "agency": str(seat.agency), "role": seat.role},
            key=f"admin.act:{uuid4().hex}",
        )  # fmt: skip
    SeatRow.objects.filter(person=row).delete()
    PersonalExport.objects.filter(person=row, state__in=(*EXPORT_RUNS, "ready")).update(state="cancelled")
    Person.objects.filter(id=person).update(is_active=False, disabled_at=now, disabled_reason="deleted")
    Deletion.objects.create(person=row, asked_at=now, next_at=now)
    return person


def _agencies_left_alone(principal: Principal, *, lock: bool) -> list[str]:
    """Agencies that would have no manager who can sign in; their managers' seats are locked if `lock`."""
    mine = [seat.agency for seat in principal.seats if seat.role is Role.MANAGER and seat.agency is not None]
    rows = SeatRow.objects.filter(agency__in=mine, role=Role.MANAGER.value).order_by("id")
    if lock:
        list(rows.select_for_update(of=("self",)))
    others = rows.filter(person__is_active=True).exclude(person=principal.person)
    return sorted(set(mine) - set(_texts(others.values_list("agency", flat=True))))


def _texts(values: Iterable[str | None]) -> Iterable[str]:
    return (value for value in values if value is not None)


def _round(row: Deletion, now: datetime) -> bool:
    """One round: every room erases what it can. Finished when none waits and the doors closed long enough ago."""
    waits = list(_rooms_that_wait(PersonId(row.person_id), now))
    is_finished = not waits and now - row.asked_at >= SETTLES
    again = now + (SOON if now - row.asked_at < YOUNG else LATER)
    Deletion.objects.filter(person=row.person_id).update(
        waits_for=" ".join(waits), next_at=again, finished_at=now if is_finished else None
    )
    return is_finished


def _rooms_that_wait(person: PersonId, now: datetime) -> Iterable[str]:
    for room in reversed(personal_rooms()):
        if room.erase is None:
            continue
        try:
            is_done = room.erase(person, now)
        except (ConsentryError, OSError) as error:
            logger.error("erasing in %s: %s", room.room, error)
            is_done = False
        if not is_done:
            yield room.room
