"""What an order does in the vault: holds for a preservation, and a case that joins what is stored of its cameras.

It yields the intersection of what the order names and what is there, and never more: an item that was destroyed is
said to be gone, and a resident's answer under a pseudonym is found by no camera.
"""

from datetime import datetime, timedelta

from django.db import transaction

from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.custody import Deed, note_act, settle_retention
from consentry.evidence.services.cases import add_to_case, open_case
from consentry.evidence.services.holds import set_hold
from consentry.evidence.types import Doer
from consentry.kernel.clock import EPOCH
from consentry.kernel.errors import Conflict, NotFound
from consentry.kernel.ids import CaseId, ItemId
from consentry.orders import services as orders
from consentry.orders.types import Line, Order

_US = timedelta(microseconds=1)
GONE = ("empty", "shredded", "shredding")


def require_items(order: Order) -> None:
    """NotFound when a line names an item that is not the order's agency's: another's looks like absent."""
    named = {line.about for line in order.lines if line.target == "item"}
    if models.Item.objects.filter(id__in=named, agency=order.agency).count() != len(named):
        raise NotFound("no such item")


@transaction.atomic(savepoint=False)
def do_order(order: Order, by: Principal, *, now: datetime) -> None:
    """Hold and join what `order` names, and write beside each line what was found."""
    for number, line in enumerate(order.lines):
        if line.target == "item":
            orders.note_yield(order, number, _hold(order, line, by, now), ItemId(line.about))
        elif line.target == "camera":
            _join(order, number, by, now)


def _hold(order: Order, line: Line, by: Principal, now: datetime) -> str:
    """A hold until the order's last day and no longer: only another preservation renews it."""
    try:
        set_hold(by, line.about, f"{order.kind} {order.docket}", order.expires_at, now=now)
    except Conflict as error:
        if error.kind != "item-gone":
            raise
        return "gone"
    return "held"


def _join(order: Order, number: int, by: Principal, now: datetime) -> None:
    found = items_in(order, order.lines[number])
    for item in found:
        add_to_case(by, item, case_of(order, Doer(by.person or ""), now=now), now=now)
        orders.note_yield(order, number, "joined", item)
    if not found:
        orders.note_yield(order, number, "nothing")


def items_in(order: Order, line: Line) -> list[ItemId]:
    """The agency's items of the line's camera that share a moment with its window, oldest first."""
    if line.window_start is None or line.window_end is None:
        return []
    start, end = (line.window_start - EPOCH) // _US, (line.window_end - EPOCH) // _US
    rows = models.Item.objects.filter(agency=order.agency, camera=line.about, start_us__lt=end, end_us__gt=start)
    rows = rows.exclude(state__in=GONE).exclude(base_reason="withdrawn")
    return [ItemId(name) for name in rows.order_by("start_us", "id").values_list("id", flat=True)]


def join_handed(order: Order, item: ItemId, *, now: datetime) -> None:
    """What an owner handed over under `order` belongs to its case from the first moment; the platform does it."""
    row = models.Item.objects.select_for_update(no_key=True).get(id=item)
    case = models.Case.objects.get(id=case_of(order, Doer(), now=now))
    _, is_new = models.CaseItem.objects.get_or_create(case=case, item=row, defaults={"added_by": "", "added_at": now})
    if is_new:
        settle_retention(row, now=now)
        note_act(row, Deed("case_added", about=case.id), Doer(), now=now)


def case_of(order: Order, doer: Doer, *, now: datetime) -> CaseId:
    """The case of the order's docket (of the order itself without one); made when it is needed first."""
    number = order.docket or order.id
    known = models.Case.objects.filter(agency=order.agency, number=number).values_list("id", flat=True).first()
    return CaseId(known) if known else open_case(doer, order.agency, number, "", now=now)
