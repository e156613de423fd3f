"""Cases, notes and names: what people write around items."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.access import access_case, access_item, doer_of
from consentry.evidence.custody import Deed, note_act, settle_retention
from consentry.evidence.types import Doer
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound
from consentry.kernel.ids import AgencyId, CaseId, ItemId, new_id
from consentry.kernel.limits import MAX_BULK_ITEMS, MAX_CASES_PER_ITEM


@transaction.atomic
def open_case(doer: Doer, agency: AgencyId, number: str, name: str, *, now: datetime) -> CaseId:
    """A case of `agency`; Conflict `case-number` when it has one of this number. Who may was checked by the caller."""
    if not number.strip():
        raise Malformed("a case has a number")
    case = CaseId(new_id("case"))
    try:
        with transaction.atomic():
            models.Case.objects.create(
                id=case, agency=agency, number=number.strip(), name=name, made_by=doer.person, made_at=now
            )
    except IntegrityError as error:
        raise Conflict("there is a case of this number", kind="case-number") from error
    return case


@transaction.atomic
def keep_case_until(principal: Principal, case: str, until: datetime | None, why: str, *, now: datetime) -> None:
    """Until when the case keeps its items, with the reason; None leaves each to its own time. Supervisors only."""
    row = access_case(principal, case, supervisor=True)
    if until is not None and not why.strip():
        raise Malformed("say why the case is kept so long")
    row.keep_until, row.keep_why = until, why
    row.save(update_fields=["keep_until", "keep_why"])
    for item in models.Item.objects.select_for_update(no_key=True).filter(places__case=row).order_by("id"):
        settle_retention(item, now=now)


@transaction.atomic
def add_to_case(principal: Principal, item: str, case: str, *, now: datetime) -> None:
    """Put an item into a case; twice is once. An item may be in several."""
    found, row = access_case(principal, case), access_item(principal, item, lock=True)
    if found.agency != row.agency:
        raise NotFound("no such case")
    if row.places.count() >= MAX_CASES_PER_ITEM:
        raise LimitReached("this item is in too many cases")
    doer = doer_of(principal, row.agency)
    _, is_new = models.CaseItem.objects.get_or_create(
        case=found, item=row, defaults={"added_by": doer.person, "added_at": now}
    )
    if is_new:
        settle_retention(row, now=now)
        note_act(row, Deed("case_added", about=found.id), doer, now=now)


@transaction.atomic
def take_from_case(principal: Principal, item: str, case: str, *, now: datetime) -> None:
    """Take an item out of a case; nothing happens when it is not in it."""
    found, row = access_case(principal, case), access_item(principal, item, lock=True)
    gone, _ = models.CaseItem.objects.filter(case=found, item=row).delete()
    if gone:
        settle_retention(row, now=now)
        note_act(row, Deed("case_removed", about=found.id), doer_of(principal, row.agency), now=now)


@transaction.atomic
def write_note(principal: Principal, item: str, text: str, *, now: datetime) -> None:
    """A note beside an item. NotFound. Malformed: nothing is written."""
    row = access_item(principal, item, lock=True)
    if not text.strip():
        raise Malformed("a note has words")
    doer = doer_of(principal, row.agency)
    models.Note.objects.create(item=row, person=doer.person, at=now, text=text)
    note_act(row, Deed("noted"), doer, now=now)


@transaction.atomic
def name_item(principal: Principal, item: str, name: str, *, now: datetime) -> None:
    """What people call it; the name it had is in its custody."""
    row = access_item(principal, item, lock=True)
    before, row.name = row.name, name
    row.save(update_fields=["name"])
    note_act(row, Deed("named", why=f"{before} → {name}"), doer_of(principal, row.agency), now=now)


def in_bulk(items: Sequence[str], act: Callable[[ItemId], object]) -> None:
    """`act` on each of at most `MAX_BULK_ITEMS` items: on all or on none."""
    if len(items) > MAX_BULK_ITEMS:
        raise LimitReached(f"at most {MAX_BULK_ITEMS} items at once")
    with transaction.atomic():
        for item in dict.fromkeys(sorted(items)):
            act(ItemId(item))
