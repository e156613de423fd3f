"""What an owner reads of orders that concern them, and answers. Handing a recording over: `evidence/api_orders.py`."""

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import PersonId
from consentry.orders import queries, services
from consentry.orders.access import access_serving
from consentry.orders.schemas import ServedOrderOut, ServedSayIn, served_order_out

router = Router(tags=["orders"])


@router.get("/home/orders", response=list[ServedOrderOut], operation_id="list_served_orders")
@policy("orders:served:read")
def list_served(request: HttpRequest, response: HttpResponse) -> list[ServedOrderOut]:
    """Orders that concern this home, newest first; what is under a seal comes when it ends."""
    response["Cache-Control"] = "no-store"
    person = principal_of(request).person or PersonId("")
    return [served_order_out(found) for found in queries.served_to(person, now=utc_now())]


@router.get("/home/orders/{serving}", response=ServedOrderOut, operation_id="read_served_order")
@policy("orders:served:read")
def read_served(request: HttpRequest, response: HttpResponse, serving: str) -> ServedOrderOut:
    """One order that concerns this home."""
    response["Cache-Control"] = "no-store"
    now = utc_now()
    row = access_serving(principal_of(request).person, serving, now=now)
    return served_order_out(queries.served_order(row, now=now))


@router.get("/home/orders/{serving}/document", operation_id="read_served_document")
@policy("orders:served:read")
def read_served_document(request: HttpRequest, serving: str) -> HttpResponse:
    """The court's document, as a download."""
    row = access_serving(principal_of(request).person, serving, now=utc_now())
    return pdf_download(queries.document_of(row.line.order), serving)


@router.post("/home/orders/{serving}/say", response={204: None}, operation_id="answer_served_order")
@policy("orders:served:answer")
def say(request: HttpRequest, serving: str, body: ServedSayIn) -> Status[None]:
    """I have nothing of it, or I contest it."""
    services.say(principal_of(request), serving, body.word, body.said, now=utc_now())
    return Status(204, None)


def pdf_download(document: bytes, name: str) -> HttpResponse:
    """`document` as a file that a browser saves and no page of ours shows; `name` is an id of ours."""
    response = HttpResponse(document, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="order-{name}.pdf"'
    response["Content-Security-Policy"] = "sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
