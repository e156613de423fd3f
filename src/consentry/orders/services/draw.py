"""Draw an order, change it until somebody has reviewed it, put its document, withdraw it."""

import hashlib
import secrets
from datetime import datetime

from django.db import transaction

from consentry.cameras import queries as cameras
from consentry.core.announcements import announce
from consentry.core.at_rest import seal_at_rest
from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict, Malformed, NotFound, Refused
from consentry.kernel.ids import CameraId, OrderId, new_id
from consentry.kernel.item import SALT_BYTES
from consentry.orders import models
from consentry.orders.access import DRAWERS, EXECUTERS, READERS, access_order, require_fresh_factor
from consentry.orders.events import OrderDrawn
from consentry.orders.pdf import check_pdf
from consentry.orders.queries import KEY, document_of, order_of
from consentry.orders.rules import NOT_PARTICULAR, decide_order, is_blocked, is_particular, state_at
from consentry.orders.services.note import doer_of, freeze, log_received, note
from consentry.orders.types import NewOrder

_TEXTS = ("court", "docket", "judge", "phone", "words", "certificate")


@transaction.atomic
def draw_order(principal: Principal, new: NewOrder, *, now: datetime) -> OrderId:
    """Write down an order as it came. An exigent one is fixed at once and needs its supervisor's second factor.

    Raises: Refused `not-particular`: it names an area or nothing; `order-refused` with the rules that failed;
    `exigent-unreviewed`: the agency owes the review of an earlier one; `role`. NotFound: something that it names is
    not there, or not this agency's. NotSignedIn `factor-again`.
    """
    roles = EXECUTERS if new.kind == "exigent" else DRAWERS
    if new.agency not in principal.agencies(*roles):
        if new.agency in principal.agencies(*READERS):
            raise Refused("your role may not draw this", kind="role")
        raise NotFound("no such agency")
    _require(new, now)
    row = models.Order(id=new_id("order"), made_by=principal.person or "", made_at=now, salt=_salt())
    if new.kind == "exigent":
        require_fresh_factor(principal, now)
        _require_reviews(new, now)
    _write(row, new)
    note(row, "drawn", doer_of(principal, row), now=now)
    announce(OrderDrawn(order_of(row, now=now)))
    if new.kind == "exigent":
        freeze(row, now=now)
        log_received(row)
    return OrderId(row.id)


@transaction.atomic
def change_order(principal: Principal, order: str, new: NewOrder, *, now: datetime) -> None:
    """Write it down anew, before anybody has reviewed it.

    Raises as `draw_order`; Conflict `order-frozen`: it was reviewed; `order-over`.
    """
    row = access_order(principal, order, roles=DRAWERS, lock=True)
    _require_open(row, now)
    if row.agency != new.agency or "exigent" in (row.kind, new.kind):
        raise Malformed("an order stays its agency's, and an exigent one is drawn anew")
    _require(new, now)
    models.Line.objects.filter(order=row).delete()
    _write(row, new)
    note(row, "changed", doer_of(principal, row), now=now)
    announce(OrderDrawn(order_of(row, now=now)))


@transaction.atomic
def put_document(principal: Principal, order: str, document: bytes, *, now: datetime) -> None:
    """Keep the order's PDF, sealed; the one before is gone. Raises as `check_pdf`; Conflict `order-frozen`, …"""
    row = access_order(principal, order, roles=DRAWERS, lock=True)
    _require_open(row, now)
    check_pdf(document)
    row.document_sha256 = _sha256(document)
    row.save(update_fields=["document_sha256"])
    sealed = seal_at_rest(KEY, document, context=f"order\n{row.id}")
    models.Document.objects.update_or_create(
        order=row,
        defaults={"sealed": sealed, "size_bytes": len(document), "put_by": principal.person or "", "put_at": now},
    )
    note(row, "document_put", doer_of(principal, row), now=now, why=row.document_sha256)


@transaction.atomic
def read_document(principal: Principal, order: str, *, now: datetime) -> bytes:
    """The PDF for somebody of the agency or an auditor; that they read it stands with the order."""
    row = access_order(principal, order)
    document = document_of(row)
    note(row, "document_read", doer_of(principal, row), now=now)
    return document


@transaction.atomic
def withdraw_order(principal: Principal, order: str, why: str, *, now: datetime) -> None:
    """Give an order up that is not executed. Conflict `order-over`."""
    row = access_order(principal, order, roles=DRAWERS, lock=True)
    require_living(row, now)
    row.state, row.over_at = "withdrawn", now
    row.save(update_fields=["state", "over_at"])
    note(row, "withdrawn", doer_of(principal, row), now=now, why=why)


def require_living(row: models.Order, now: datetime) -> None:
    """Conflict `order-over` unless it waits for a review or its execution."""
    if state_at(row.state, row.expires_at, now) not in ("drawn", "reviewed"):
        raise Conflict("this order is over", kind="order-over")


def _require_open(row: models.Order, now: datetime) -> None:
    require_living(row, now)
    if row.frozen_at is not None:
        raise Conflict("somebody has reviewed this order; it is not changed any more", kind="order-frozen")


def _require(new: NewOrder, now: datetime) -> None:
    if not is_particular(new):
        raise Refused(NOT_PARTICULAR, kind="not-particular", conditions=("scope.particular",))
    if failed := decide_order(new, now=now):
        raise Refused("this order may not be drawn", kind="order-refused", conditions=failed)
    _require_cameras(new)
    _require_renewed(new)


def _require_cameras(new: NewOrder) -> None:
    """Each camera is registered: anybody's private one, or a city camera of this agency."""
    named = {line.about for line in new.lines if line.target == "camera"}
    found = cameras.get_cameras(named)
    for name in sorted(named):
        camera = found.get(CameraId(name))
        if camera is None or (camera.owner is None and camera.agency != new.agency):
            raise NotFound("no such camera")


def _require_renewed(new: NewOrder) -> None:
    rows = models.Order.objects.filter(id=new.renews, agency=new.agency, kind="preservation", state="executed")
    if new.renews and not rows.exists():
        raise NotFound("no such preservation")


def _require_reviews(new: NewOrder, now: datetime) -> None:
    owed = models.Order.objects.filter(agency=new.agency, kind="exigent", state="executed", reviewed_at=None)
    if is_blocked(filter(None, owed.values_list("executed_at", flat=True)), now):
        raise Refused("an earlier exigent order was not reviewed within 72 hours", kind="exigent-unreviewed")


def _write(row: models.Order, new: NewOrder) -> None:
    for name in _TEXTS:
        setattr(row, name, getattr(new, name).strip())
    row.agency, row.kind, row.renews = new.agency, new.kind, new.renews
    row.issued_at, row.expires_at, row.seal_until = new.issued_at, new.expires_at, new.seal_until
    row.save()
    models.Line.objects.bulk_create(
        models.Line(
            order=row, number=number, target=line.target, about=line.about, window_start=line.window_start,
            window_end=line.window_end,
        )
        for number, line in enumerate(new.lines)
    )  # fmt: skip


def _salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


def _sha256(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()
