"""How many court orders each agency received and executed, by kind; what is under a seal is counted like all else."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema

from consentry.agencies.queries import all_agencies
from consentry.core.codes import one_of
from consentry.core.policy import policy
from consentry.orders.queries import counts
from consentry.orders.types import KINDS

router = Router(tags=["transparency"])


class OrderCountOut(Schema):
    """Orders of one kind. `unreviewed`: executed exigent ones whose review afterwards is owed."""

    kind: Annotated[str, one_of(*KINDS)]
    received: int
    executed: int
    unreviewed: int


class AgencyOrdersOut(Schema):
    """An agency's orders by kind; a kind that it never received is left out."""

    agency: str
    agency_name: str
    kinds: list[OrderCountOut]


@router.get("/public/orders", response=list[AgencyOrdersOut], operation_id="list_public_orders")
@policy("transparency:order:list")
def list_orders(request: HttpRequest) -> list[AgencyOrdersOut]:  # noqa: ARG001 ninja hands the request over
    """Every agency with its orders, by name."""
    found = counts()
    return [
        AgencyOrdersOut(
            agency=agency.id, agency_name=agency.name,
            kinds=[OrderCountOut(**vars(one)) for one in found.get(agency.id, [])],
        )
        for agency in all_agencies()
    ]  # fmt: skip
