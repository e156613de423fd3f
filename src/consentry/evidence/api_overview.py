"""Over all items: where and from what they were taken, and whether they are whole."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema

from consentry.core.codes import one_of
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.evidence import overview
from consentry.evidence.stores.settings import fixity_said
from consentry.evidence.types import FINDING_STATES, KINDS

router = Router(tags=["evidence"])


class ItemPlaceOut(Schema):
    """A published cell; `near`: the block of the newest call there."""

    cell: str
    near: str
    items: int


class ItemSourceOut(Schema):
    """A camera; `name` is empty for a private one."""

    camera: str
    name: str
    items: int


class ItemsWhereOut(Schema):
    """What items can be searched by; most items first."""

    places: list[ItemPlaceOut]
    sources: list[ItemSourceOut]


class ItemDamageOut(Schema):
    """A file (or layer) that was not what was signed."""

    item: str
    name: str
    kind: Annotated[str, one_of(*KINDS)]
    file: str
    state: Annotated[str, one_of(*FINDING_STATES)]
    why: str
    at: datetime


class WholenessReportOut(Schema):
    """What reading everything again found; `every_days`: how often each item is read."""

    whole: int
    damaged: int
    missing: int
    unread: int
    running: int
    last_at: datetime | None
    oldest_at: datetime | None
    every_days: int
    findings: list[ItemDamageOut]


@router.get("/vault/where", response=ItemsWhereOut)
@policy("evidence:item:list")
def list_where(request: HttpRequest) -> ItemsWhereOut:
    """The cells and cameras of the caller's items, for the search."""
    principal = principal_of(request)
    return ItemsWhereOut(
        places=[ItemPlaceOut.model_validate(asdict(one)) for one in overview.places(principal)],
        sources=[ItemSourceOut.model_validate(asdict(one)) for one in overview.sources(principal)],
    )


@router.get("/vault/wholeness", response=WholenessReportOut)
@policy("evidence:item:list")
def read_wholeness(request: HttpRequest) -> WholenessReportOut:
    """Whether the caller's sealed items are whole, as read again last."""
    said = asdict(overview.wholeness(principal_of(request)))
    return WholenessReportOut.model_validate({**said, "every_days": fixity_said().days})
