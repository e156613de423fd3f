"""Who stands behind answers that an order names: read under the order, each time written down."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.clock import utc_now
from consentry.requests import services

router = Router(tags=["requests"])


class OpenedIdentityOut(Schema):
    """Who sent an answer. `email` empty: the address was never proven; `camera` empty: none was named."""

    answer: str
    pseudonym: str
    item: str
    camera: str
    name: str
    email: str


@router.post("/orders/{order}/identities", response=list[OpenedIdentityOut], operation_id="read_order_identities")
@policy("orders:identity:read")
def read_identities(request: HttpRequest, response: HttpResponse, order: str) -> list[OpenedIdentityOut]:
    """Who sent the answers that this executed order names, and no other."""
    response["Cache-Control"] = "no-store"
    found = services.read_identities(principal_of(request), order, now=utc_now())
    return [OpenedIdentityOut.model_validate(asdict(one)) for one in found]
