"""Video requests as anybody may read them: what was asked, of which cells, and later the figures in bands."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema

from consentry.core.policy import policy
from consentry.kernel.errors import Malformed
from consentry.requests.queries import get_request, public_requests
from consentry.requests.schemas import RequestOut, request_out

router = Router(tags=["transparency"])
PAGE = 50


class RequestsOut(Schema):
    """A page of requests; `next_before` continues it, null at the end."""

    requests: list[RequestOut]
    next_before: datetime | None


@router.get("/public/requests", response=RequestsOut, operation_id="list_public_requests")
@policy("transparency:request:list")
def list_requests(request: HttpRequest, agency: str = "", before: datetime | None = None) -> RequestsOut:  # noqa: ARG001 ninja hands the request over
    """Every video request (of `agency`), newest first."""
    if len(agency) > 64 or "\0" in agency or (before is not None and before.tzinfo is None):
        raise Malformed("an agency's id, and a time with its zone")
    found = public_requests(agency=agency, before=before, limit=PAGE)
    return RequestsOut(
        requests=[request_out(one) for one in found], next_before=found[-1].made_at if len(found) == PAGE else None
    )


@router.get("/public/requests/{video_request}", response=RequestOut, operation_id="read_public_request")
@policy("transparency:request:list")
def read_request(request: HttpRequest, video_request: str) -> RequestOut:  # noqa: ARG001 ninja hands the request over
    """One video request."""
    return request_out(get_request(video_request))
