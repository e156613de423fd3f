"""Two people who did not draw an order agree to it, or one refuses it; an exigent one is reviewed after the fact."""

from datetime import datetime

from django.db import transaction

from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict, Malformed, Refused
from consentry.kernel.roles import Role
from consentry.orders import models
from consentry.orders.access import REVIEWERS, access_order, require_fresh_factor, role_in
from consentry.orders.rules import decide_review, is_reviewed, may_review_exigent
from consentry.orders.services.draw import require_living
from consentry.orders.services.note import Doer, freeze, log_received, note

SAID = {
    "own-order": "who drew or executed an order does not review it",
    "second-person": "a second person must review this",
}


@transaction.atomic
def review_order(principal: Principal, order: str, *, agrees: bool, why: str, now: datetime) -> str:
    """Say that an order is what it says it is, or refuse it; its state afterwards.

    With the second yes it is reviewed, and `order.receive` is in the log; one no refuses it for good.

    Raises: NotFound. NotSignedIn `factor-again`. Refused `own-order`, `second-person`, `review-late`, `role`.
    Conflict `order-over`; `document-missing`: there is nothing to review. Malformed: a no without a reason.
    """
    row = access_order(principal, order, roles=REVIEWERS, lock=True)
    require_fresh_factor(principal, now)
    if not agrees and not why.strip():
        raise Malformed("say why you refuse it")
    role = _role(principal, row, now)
    _require_other(row, principal.person or "")
    if row.kind != "exigent" and not row.document_sha256:
        raise Conflict("put the court's document first", kind="document-missing")
    if row.frozen_at is None:
        freeze(row, now=now)
    models.Review.objects.create(
        order=row, person=principal.person or "", role=role.value, agrees=agrees, why=why.strip(), at=now
    )
    note(row, "reviewed" if agrees else "refused", Doer(principal.person or "", role.value), now=now, why=why.strip())
    if row.kind == "exigent":
        row.reviewed_at = now
    elif not agrees:
        row.state, row.over_at = "refused", now
    elif is_reviewed(row.reviews.filter(agrees=True).count()):
        row.state, row.reviewed_at = "reviewed", now
        log_received(row)
    row.save(update_fields=["state", "reviewed_at", "over_at"])
    return row.state


def _role(principal: Principal, row: models.Order, now: datetime) -> Role:
    """In which role they review. Before executing that is a supervisor's or a manager's; late reviews an auditor's."""
    if row.kind != "exigent":
        require_living(row, now)
        if row.state == "reviewed":
            raise Conflict("this order has its reviews", kind="order-reviewed")
        return role_in(principal, row.agency, Role.SUPERVISOR, Role.MANAGER)
    if row.executed_at is None or row.reviewed_at is not None:
        raise Conflict("this order waits for no review", kind="order-reviewed")
    role = role_in(principal, row.agency, Role.AUDITOR, Role.SUPERVISOR, Role.MANAGER)
    if not may_review_exigent(role, row.executed_at, now):
        raise Refused("72 hours are over; an auditor reviews this", kind="review-late")
    return role


def _require_other(row: models.Order, person: str) -> None:
    said = list(row.reviews.values_list("person", flat=True))
    makers = (row.made_by, row.executed_by)
    kind = "own-order" if person in makers else decide_review(row.made_by, said, person)
    if kind:
        raise Refused(SAID[kind], kind=kind)
