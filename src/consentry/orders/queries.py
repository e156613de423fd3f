"""Reads. An agency reads its orders and what became of them; an owner their own line of those that concern them."""

from datetime import datetime

from django.db.models import Count, Q

from consentry.accounts.queries import names_of
from consentry.agencies import queries as agencies
from consentry.cameras import queries as cameras
from consentry.core.at_rest import open_at_rest
from consentry.core.principal import Principal
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import AgencyId, CameraId, HandOverId, OrderId, PersonId, ServingId
from consentry.ledger.queries import find_place
from consentry.orders import models
from consentry.orders.access import READERS
from consentry.orders.rules import REVIEW_WITHIN, state_at
from consentry.orders.types import (
    ActFacts,
    HandedFacts,
    HandOverFor,
    KindCount,
    Line,
    Order,
    ReviewFacts,
    ServedOrder,
    ServingFacts,
    YieldFacts,
)

LIST_LIMIT = 100
KEY = "orders"


def orders_of(principal: Principal, *, now: datetime, limit: int = LIST_LIMIT) -> list[Order]:
    """Orders of the principal's agencies, newest first."""
    rows = models.Order.objects.filter(agency__in=principal.agencies(*READERS)).prefetch_related("lines")
    return [order_of(row, now=now) for row in rows.order_by("-made_at", "id")[:limit]]


def get_order(order: OrderId, *, now: datetime) -> Order:
    """Any order, for the server's own use; NotFound when there is none."""
    row = models.Order.objects.filter(id=order).first()
    if row is None:
        raise NotFound("no such order")
    return order_of(row, now=now)


def order_of(row: models.Order, *, now: datetime) -> Order:
    """The row as its agency reads it at `now`."""
    owed = row.kind == "exigent" and row.executed_at is not None and row.reviewed_at is None
    return Order(
        id=OrderId(row.id), agency=AgencyId(row.agency), agency_name=agencies.get_agency(AgencyId(row.agency)).name,
        kind=row.kind, court=row.court, docket=row.docket, judge=row.judge, phone=row.phone, words=row.words,
        certificate=row.certificate, renews=row.renews, issued_at=row.issued_at, expires_at=row.expires_at,
        seal_until=row.seal_until, lines=tuple(map(line_of, sorted(row.lines.all(), key=lambda line: line.number))),
        document_sha256=row.document_sha256, state=state_at(row.state, row.expires_at, now),
        made_by=PersonId(row.made_by), made_at=row.made_at, frozen_at=row.frozen_at, executed_at=row.executed_at,
        review_by=row.executed_at + REVIEW_WITHIN if owed and row.executed_at else None,
    )  # fmt: skip


def line_of(row: models.Line) -> Line:
    """The row as others see it."""
    return Line(row.target, row.about, row.window_start, row.window_end)


def reviews_of(row: models.Order) -> list[ReviewFacts]:
    """What reviewers said, first to last."""
    found = list(row.reviews.order_by("id"))
    names = names_of(PersonId(one.person) for one in found)
    return [
        ReviewFacts(
            PersonId(one.person), names.get(PersonId(one.person), ""), one.role, agrees=one.agrees, why=one.why,
            at=one.at,
        )
        for one in found
    ]  # fmt: skip


def acts_of(row: models.Order) -> list[ActFacts]:
    """Everything that was done with it, first to last, people of the agency by name."""
    found = list(row.acts.order_by("id"))
    names = names_of(PersonId(one.person) for one in found if one.person)
    return [ActFacts(one.at, one.kind, names.get(PersonId(one.person), ""), one.role, one.why) for one in found]


def yields_of(row: models.Order) -> list[YieldFacts]:
    """What executing found of each line, and what owners handed over since."""
    found = models.Yielded.objects.filter(line__order=row).select_related("line").order_by("line__number", "id")
    return [YieldFacts(one.line.number, one.word, one.item) for one in found]


def servings_of(row: models.Order) -> list[ServingFacts]:
    """Whom it concerned, by line: what they answered and handed over, never who they are."""
    found = models.Serving.objects.filter(line__order=row).select_related("line").prefetch_related("hand_overs")
    return [
        ServingFacts(
            line=one.line.number, state=one.state, told_at=one.told_at, tell_at=one.tell_at, said=one.said,
            items=tuple(sent.item for sent in one.hand_overs.all() if sent.item),
        )
        for one in found.order_by("line__number", "id")
    ]  # fmt: skip


def document_of(row: models.Order) -> bytes:
    """The order's PDF; NotFound while none was put. Who may read it was checked by the caller."""
    found = models.Document.objects.filter(order=row).first()
    if found is None:
        raise NotFound("there is no document yet")
    return open_at_rest(KEY, bytes(found.sealed), context=f"order\n{row.id}")


def served_to(person: PersonId, *, now: datetime, limit: int = LIST_LIMIT) -> list[ServedOrder]:
    """Orders that concern this person and of which they may know, newest first."""
    rows = models.Serving.objects.select_related("line__order").filter(person=person, tell_at__lte=now)
    return [served_order(row, now=now) for row in rows.order_by("-tell_at", "id")[:limit]]


def served_order(row: models.Serving, *, now: datetime) -> ServedOrder:
    """One's own serving; that the reader is who it concerns, and may know, was checked by the caller."""
    order, line = row.line.order, row.line
    camera = cameras.get_cameras([row.camera]).get(CameraId(row.camera)) if row.camera else None
    return ServedOrder(
        id=ServingId(row.id), agency_name=agencies.get_agency(AgencyId(order.agency)).name, kind=order.kind,
        court=order.court, docket=order.docket, judge=order.judge, phone=order.phone, words=order.words,
        certificate=order.certificate, issued_at=order.issued_at, expires_at=order.expires_at,
        executed_at=order.executed_at or order.made_at,
        was_sealed=order.executed_at is not None and row.tell_at > order.executed_at,
        has_document=bool(order.document_sha256), document_sha256=order.document_sha256, target=line.target,
        camera=row.camera, camera_name=camera.name if camera else "", window_start=line.window_start,
        window_end=line.window_end, state=row.state, is_open=may_hand_over(row, now=now), said=row.said,
        said_at=row.said_at, handed=tuple(handed_of(one) for one in row.hand_overs.order_by("begun_at", "id")),
    )  # fmt: skip


def may_hand_over(row: models.Serving, *, now: datetime) -> bool:
    """Is a recording asked for, and may it be handed over at `now`?"""
    return row.state != "told" and row.tell_at <= now < row.line.order.expires_at


def handed_of(row: models.HandOver) -> HandedFacts:
    """The row as its owner reads it."""
    return HandedFacts(
        id=HandOverId(row.id), kind="clip" if row.signed else "file", state=row.state, upload=row.upload,
        size_bytes=row.size_bytes, sha256=row.sha256, begun_at=row.begun_at, sent_at=row.sent_at, why=row.why,
    )  # fmt: skip


def waiting_hand_overs(state: str, *, limit: int = 200) -> list[HandOverId]:
    """Hand-overs of any owner in `state`, oldest first: for the worker."""
    rows = models.HandOver.objects.filter(state=state).order_by("begun_at", "id").values_list("id", flat=True)
    return [HandOverId(name) for name in rows[:limit]]


def hand_over_for(row: models.HandOver) -> HandOverFor:
    """The row as the vault takes it in."""
    order = row.serving.line.order
    return HandOverFor(
        id=HandOverId(row.id), serving=ServingId(row.serving_id), order=OrderId(order.id),
        agency=AgencyId(order.agency), camera=CameraId(row.serving.camera), upload=row.upload, state=row.state,
        media_type=row.media_type, size_bytes=row.size_bytes, sha256=row.sha256, edge=row.edge,
        edge_key=bytes(row.edge_key), signed=bytes(row.signed),
    )  # fmt: skip


def counts(agency: AgencyId | None = None) -> dict[AgencyId, list[KindCount]]:
    """Orders received, executed, and still without the review that an exigent one owes, by agency and kind.

    What is under a seal is counted as everything else is. Drawn ones that nobody reviewed are no orders yet.
    """
    rows = models.Order.objects.filter(Q(reviewed_at__isnull=False) | Q(executed_at__isnull=False))
    if agency is not None:
        rows = rows.filter(agency=agency)
    counted = rows.values("agency", "kind").annotate(
        received=Count("id"), executed=Count("id", filter=Q(state="executed")),
        unreviewed=Count("id", filter=Q(state="executed", reviewed_at=None)),
    )  # fmt: skip
    found: dict[AgencyId, list[KindCount]] = {}
    for row in counted.order_by("agency", "kind"):
        one = KindCount(row["kind"], row["received"], row["executed"], row["unreviewed"])
        found.setdefault(AgencyId(row["agency"]), []).append(one)
    return found


def is_logged(row: models.Order) -> bool:
    """Is what the ledger says of it now durable: that it came, and once executed that it was?"""
    if row.executed_at is not None:
        return find_place(executed_key(row.id)) is not None
    return find_place(row.id) is not None


def executed_key(order: str) -> str:
    """The key of its `order.execute`."""
    return f"{order}:execute"
