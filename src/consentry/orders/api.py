"""The agency's operations: drawn, reviewed, executed; read by its people and auditors. Owners': `api_home.py`."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed
from consentry.orders import models, queries, services
from consentry.orders.access import access_order
from consentry.orders.api_home import pdf_download
from consentry.orders.api_home import router as home_router
from consentry.orders.schemas import (
    OrderIn,
    OrderMadeOut,
    OrderOut,
    OrderReviewIn,
    OrderRowOut,
    OrderWhyIn,
    new_order,
    order_row_out,
)

router = Router(tags=["orders"])
router.add_router("", home_router)


@router.post("/orders", response={201: OrderMadeOut}, operation_id="draw_order")
@policy("orders:order:draw")
def draw(request: HttpRequest, body: OrderIn) -> Status[OrderMadeOut]:
    """Write an order down; two others review it before it can be executed."""
    made = services.draw_order(principal_of(request), new_order(body), now=utc_now())
    return Status(201, OrderMadeOut(id=made))


@router.get("/orders", response=list[OrderRowOut], operation_id="list_orders")
@policy("orders:order:read")
def list_orders(request: HttpRequest) -> list[OrderRowOut]:
    """The newest 100 orders of the caller's agencies."""
    return [order_row_out(found) for found in queries.orders_of(principal_of(request), now=utc_now())]


@router.get("/orders/{order}", response=OrderOut, operation_id="read_order")
@policy("orders:order:read")
def read(request: HttpRequest, order: str) -> OrderOut:
    """One order with its reviews, what it found, whom it concerned and all that was done."""
    return _out(access_order(principal_of(request), order))


@router.put("/orders/{order}", response={204: None}, operation_id="change_order")
@policy("orders:order:draw")
def change(request: HttpRequest, order: str, body: OrderIn) -> Status[None]:
    """Write it down anew, before anybody has reviewed it."""
    services.change_order(principal_of(request), order, new_order(body), now=utc_now())
    return Status(204, None)


@router.put("/orders/{order}/document", response=OrderOut, operation_id="put_order_document")
@policy("orders:order:draw")
def put_document(request: HttpRequest, order: str) -> OrderOut:
    """The court's document as `application/pdf`, at most 8 MiB; the one before is gone."""
    row = access_order(principal_of(request), order)
    if request.content_type != "application/pdf":
        raise Malformed("a document is a PDF", kind="document-type")
    services.put_document(principal_of(request), row.id, request.body, now=utc_now())
    return _out(access_order(principal_of(request), order))


@router.get("/orders/{order}/document", operation_id="read_order_document")
@policy("orders:document:read")
def read_document(request: HttpRequest, order: str) -> HttpResponse:
    """The document, as a download; who reads it stands with the order."""
    return pdf_download(services.read_document(principal_of(request), order, now=utc_now()), order)


@router.post("/orders/{order}/review", response=OrderOut, operation_id="review_order")
@policy("orders:order:review")
def review(request: HttpRequest, order: str, body: OrderReviewIn) -> OrderOut:
    """Agree, or refuse it for good."""
    principal = principal_of(request)
    services.review_order(principal, order, agrees=body.agrees, why=body.why, now=utc_now())
    return _out(access_order(principal, order))


@router.post("/orders/{order}/execute", response=OrderOut, operation_id="execute_order")
@policy("orders:order:execute")
def execute(request: HttpRequest, order: str) -> OrderOut:
    """Do what it says on what is stored. Once."""
    principal = principal_of(request)
    services.execute_order(principal, order, now=utc_now())
    return _out(access_order(principal, order))


@router.post("/orders/{order}/withdraw", response=OrderOut, operation_id="withdraw_order")
@policy("orders:order:draw")
def withdraw(request: HttpRequest, order: str, body: OrderWhyIn) -> OrderOut:
    """Give up an order that is not executed."""
    principal = principal_of(request)
    services.withdraw_order(principal, order, body.why, now=utc_now())
    return _out(access_order(principal, order))


def _out(row: models.Order) -> OrderOut:
    found = {
        "reviews": map(asdict, queries.reviews_of(row)), "yields": map(asdict, queries.yields_of(row)),
        "servings": map(asdict, queries.servings_of(row)), "acts": map(asdict, queries.acts_of(row)),
    }  # fmt: skip
    parts = {name: list(rows) for name, rows in found.items()}
    said = asdict(queries.order_of(row, now=utc_now()))
    return OrderOut.model_validate({**said, **parts, "is_logged": queries.is_logged(row)})
