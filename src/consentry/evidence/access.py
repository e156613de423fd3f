"""Whose items are whose: an agency's, for its people in a role that works with them. Not yours looks like absent."""

from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.types import Doer
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import AgencyId
from consentry.kernel.roles import Role

HANDLERS = (Role.ANALYST, Role.OFFICER, Role.SUPERVISOR)
READERS = (*HANDLERS, Role.AUDITOR)


def access_item(
    principal: Principal, item: str, *, roles: tuple[Role, ...] = READERS, lock: bool = False
) -> models.Item:
    """An item of an agency where `principal` has one of `roles`; `lock` holds its row until the transaction ends."""
    rows = models.Item.objects.select_for_update(no_key=True) if lock else models.Item.objects.all()
    found = rows.filter(id=item, agency__in=principal.agencies(*roles)).first()
    if found is None:
        raise NotFound("no such item")
    return found


def access_case(principal: Principal, case: str, *, supervisor: bool = False) -> models.Case:
    """A case of an agency where `principal` works with items, or is a supervisor."""
    roles = (Role.SUPERVISOR,) if supervisor else READERS
    found = models.Case.objects.filter(id=case, agency__in=principal.agencies(*roles)).first()
    if found is None:
        raise NotFound("no such case")
    return found


def access_hold(principal: Principal, hold: str) -> models.Hold:
    """A hold on an item of an agency where `principal` may clear holds; its item's row is locked."""
    row = models.Hold.objects.select_related("item").filter(id=hold).first()
    mine = principal.agencies(Role.SUPERVISOR, Role.AUDITOR)
    if row is None or row.item.agency not in mine:
        raise NotFound("no such hold")
    models.Item.objects.select_for_update(no_key=True).get(id=row.item_id)
    return models.Hold.objects.select_related("item").get(id=hold)


def doer_of(principal: Principal, agency: str, *roles: Role) -> Doer:
    """Who acts, in the first of `roles` (the readers' by default) that they hold in `agency`."""
    held = {seat.role for seat in principal.usable_seats() if seat.agency == agency}
    role = next((role for role in roles or READERS if role in held), None)
    if role is None or principal.person is None:
        raise NotFound("no such item")
    return Doer(principal.person, role.value)


def agency_of(principal: Principal, agency: str, *roles: Role) -> AgencyId:
    """`agency` if `principal` has one of `roles` there; the only one of theirs when it is empty. NotFound otherwise."""
    mine = principal.agencies(*(roles or HANDLERS))
    if not agency and len(mine) == 1:
        return next(iter(mine))
    if agency not in mine:
        raise NotFound("no such agency")
    return AgencyId(agency)
