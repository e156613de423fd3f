"""Bags of items: asked for by an agency's people, made by the worker, fetched in ranges (docs/spec/bag.md)."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Field, Router, Schema

from consentry.core.codes import one_of
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.evidence import models, services
from consentry.evidence.access import access_item
from consentry.evidence.bag.types import LANGUAGES
from consentry.evidence.streaming import stream_of
from consentry.evidence.types import EXPORT_STATES
from consentry.kernel.clock import utc_now

router = Router(tags=["evidence"])


class ExportIn(Schema):
    """For whom, and in which language its reports are."""

    recipient: Annotated[str, Field(min_length=1, max_length=120)]
    language: Annotated[str, one_of(*LANGUAGES)] = "en"


class ExportOut(Schema):
    """How a bag stands; `why` it failed, or has no copy for players; fetched until `ends_at`."""

    id: str
    recipient: str
    language: str
    state: Annotated[str, one_of(*EXPORT_STATES)]
    why: str
    asked_at: datetime
    ends_at: datetime | None


@router.post("/items/{item}/exports", response=ExportOut)
@policy("evidence:export:make")
def begin_export(request: HttpRequest, item: str, body: ExportIn) -> ExportOut:
    """Ask for a bag of a sealed item."""
    principal = principal_of(request)
    return export_out(services.begin_export(principal, item, body.recipient, body.language, now=utc_now()))


@router.get("/items/{item}/exports", response=list[ExportOut])
@policy("evidence:export:list")
def list_exports(request: HttpRequest, item: str) -> list[ExportOut]:
    """The item's bags, newest first, those of recipients too."""
    row = access_item(principal_of(request), item)
    return [export_out(export) for export in models.Export.objects.filter(item=row).order_by("-asked_at", "id")[:100]]


@router.get("/exports/{export}/bag", response={200: None, 206: None}, operation_id="read_bag")
@policy("evidence:export:read")
def read_bag(request: HttpRequest, export: str) -> StreamingHttpResponse:
    """The bag, or one range of it, so that a download goes on where it stopped."""
    wanted = request.headers.get("Range", "")
    served = services.fetch_export(principal_of(request), export, wanted, now=utc_now())
    return stream_of(served, name=f"consentry-{export}.zip")


def export_out(row: models.Export) -> ExportOut:
    """An export."""
    return ExportOut.model_validate({name: getattr(row, name) for name in ExportOut.model_fields})
