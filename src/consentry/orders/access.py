"""Whose orders are whose: an agency's, and one line of each for whom it concerns. Not yours looks like absent."""

from datetime import datetime

from consentry.core.principal import Principal
from consentry.kernel.errors import NotFound, NotSignedIn, Refused
from consentry.kernel.ids import PersonId
from consentry.kernel.roles import Role
from consentry.orders import models
from consentry.orders.rules import is_fresh

DRAWERS = (Role.MANAGER, Role.SUPERVISOR)
REVIEWERS = (Role.MANAGER, Role.SUPERVISOR, Role.AUDITOR)
EXECUTERS = (Role.SUPERVISOR,)
READERS = (Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR, Role.ANALYST, Role.OFFICER)


def access_order(
    principal: Principal, order: str, *, roles: tuple[Role, ...] = READERS, lock: bool = False
) -> models.Order:
    """An order of an agency where `principal` has one of `roles`; NotFound for another's as for none.

    `lock` holds its row until the transaction ends, so that reviews and executions come one after another.
    """
    rows = models.Order.objects.select_for_update(no_key=True) if lock else models.Order.objects.all()
    row = rows.filter(id=order, agency__in=principal.agencies(*roles)).first()
    if row is None:
        raise NotFound("no such order")
    return row


def access_serving(person: PersonId | None, serving: str, *, now: datetime, lock: bool = False) -> models.Serving:
    """One's own serving, from the moment one may know of it; NotFound otherwise."""
    rows = models.Serving.objects.select_related("line__order").filter(
        id=serving, person=person or "", tell_at__lte=now
    )
    row = (rows.select_for_update(of=("self",), no_key=True) if lock else rows).first()
    if person is None or row is None:
        raise NotFound("no such order")
    return row


def access_hand_over(person: PersonId | None, hand_over: str, *, lock: bool = False) -> models.HandOver:
    """One's own hand-over; NotFound for anyone else's as for none."""
    rows = models.HandOver.objects.select_related("serving__line__order").filter(
        id=hand_over, serving__person=person or ""
    )
    row = (rows.select_for_update(of=("self",), no_key=True) if lock else rows).first()
    if person is None or row is None:
        raise NotFound("no such recording")
    return row


def role_in(principal: Principal, agency: str, *roles: Role) -> Role:
    """The first of `roles` that `principal` holds in `agency`; Refused `role` when none."""
    held = {seat.role for seat in principal.usable_seats() if seat.agency == agency}
    found = next((role for role in roles if role in held), None)
    if found is None or principal.person is None:
        raise Refused("your role may not do this", kind="role")
    return found


def require_fresh_factor(principal: Principal, now: datetime) -> None:
    """A second factor, given for this: an unattended desk neither reviews nor executes. NotSignedIn `factor-again`."""
    if not is_fresh(principal.proved_at, now):
        raise NotSignedIn("give your second factor again", kind="factor-again")
