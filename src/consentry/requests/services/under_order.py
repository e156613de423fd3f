"""Who stands behind an answer: opened by an executed order that names this very answer, and by nothing else.

Nothing is copied: the identity stays sealed in its row, and each reading opens it anew, written down beforehand.
"""

from datetime import datetime

from django.db import transaction

from consentry.accounts.queries import mail_address, names_of
from consentry.core.principal import Principal
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import AnswerId
from consentry.orders import services as orders
from consentry.orders.types import Order
from consentry.requests import models
from consentry.requests.identity import Identity, open_identity
from consentry.requests.types import OpenedIdentity


def require_answers(order: Order) -> None:
    """NotFound when a line names an answer that the order's agency does not have: another's looks like absent."""
    named = {line.about for line in order.lines if line.target == "answer"}
    found = models.Answer.objects.filter(id__in=named, request__agency=order.agency).exclude(item="")
    if found.count() != len(named):
        raise NotFound("no such answer")


@transaction.atomic(savepoint=False)
def tell_answerers(order: Order, tell_at: datetime, *, now: datetime) -> None:
    """Each owner whose answer `order` names is told of it, at `tell_at`."""
    for number, line in enumerate(order.lines):
        if line.target == "answer":
            row = models.Answer.objects.get(id=line.about, request__agency=order.agency)
            orders.serve_answerer(order, number, _opened(row).person, tell_at=tell_at, now=now)
            orders.note_yield(order, number, "opened", row.item)


@transaction.atomic
def read_identities(principal: Principal, order: str, *, now: datetime) -> list[OpenedIdentity]:
    """Who sent the answers that an executed order names, in its order; that somebody reads it is written down first.

    Raises: NotFound: not the principal's agency's. Conflict `order-unexecuted`. Unavailable `not-logged`.
    """
    found = orders.note_identity_read(principal, order, now=now)
    answers = [line.about for line in found.lines if line.target == "answer"]
    rows = models.Answer.objects.filter(request__agency=found.agency).in_bulk(answers)
    return [_identity(rows[name]) for name in answers if name in rows]


def _identity(row: models.Answer) -> OpenedIdentity:
    opened = _opened(row)
    return OpenedIdentity(
        answer=AnswerId(row.id), pseudonym=row.pseudonym, item=row.item, camera=opened.camera,
        name=names_of([opened.person]).get(opened.person, ""), email=mail_address(opened.person) or "",
    )  # fmt: skip


def _opened(row: models.Answer) -> Identity:
    return open_identity(AnswerId(row.id), bytes(row.identity))
