"""The desk: an agency's requests and what homes sent. Homes' own operations: `api_home.py`."""

from django.http import HttpRequest
from ninja import Router, Status

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import IncidentId
from consentry.requests import queries, services
from consentry.requests.api_edge import router as edge_router
from consentry.requests.api_home import router as home_router
from consentry.requests.api_orders import router as orders_router
from consentry.requests.schemas import (
    AgencyAnswerOut,
    AgencyRequestOut,
    RequestIn,
    RequestPreviewOut,
    ResolveRequestIn,
    SettleIn,
    agency_answer_out,
    agency_request_out,
)
from consentry.requests.types import NewRequest, Settlement

router = Router(tags=["requests"])
router.add_router("", edge_router)
router.add_router("", home_router)
router.add_router("", orders_router)


@router.post("/requests/preview", response=RequestPreviewOut, operation_id="preview_request")
@policy("requests:request:make")
def preview(request: HttpRequest, body: RequestIn) -> RequestPreviewOut:
    """The area as it would be asked, and what speaks against it; nothing is kept."""
    found = services.preview_request(principal_of(request), _new(body), now=utc_now())
    return RequestPreviewOut(
        cells=list(found.cells), number_in_case=found.number_in_case, refusals=list(found.refusals)
    )


@router.post("/requests", response={201: AgencyRequestOut}, operation_id="make_request")
@policy("requests:request:make")
def make(request: HttpRequest, body: RequestIn) -> Status[AgencyRequestOut]:
    """Publish a request. It is never edited, only resolved."""
    made = services.make_request(principal_of(request), _new(body), now=utc_now())
    return Status(201, agency_request_out(queries.get_request(made)))


@router.get("/requests", response=list[AgencyRequestOut], operation_id="list_requests")
@policy("requests:request:read")
def list_requests(request: HttpRequest) -> list[AgencyRequestOut]:
    """The newest 100 requests of the caller's agencies."""
    return [agency_request_out(found) for found in queries.requests_of(principal_of(request))]


@router.get("/requests/{video_request}", response=AgencyRequestOut, operation_id="read_request")
@policy("requests:request:read")
def read(request: HttpRequest, video_request: str) -> AgencyRequestOut:
    """One request of the caller's agency."""
    row = queries.access_request(principal_of(request), video_request)
    return agency_request_out(queries.request_of(row))


@router.post("/requests/{video_request}/resolve", response={204: None}, operation_id="resolve_request")
@policy("requests:request:resolve")
def resolve(request: HttpRequest, video_request: str, body: ResolveRequestIn) -> Status[None]:
    """No more answers are needed."""
    services.resolve_request(principal_of(request), video_request, body.reason, now=utc_now())
    return Status(204, None)


@router.get("/requests/{video_request}/answers", response=list[AgencyAnswerOut], operation_id="list_answers")
@policy("requests:answer:list")
def list_answers(request: HttpRequest, video_request: str) -> list[AgencyAnswerOut]:
    """What homes sent, newest first."""
    return [agency_answer_out(found) for found in queries.answers_of(principal_of(request), video_request)]


@router.post("/answers/{answer}/settle", response={204: None}, operation_id="settle_answer")
@policy("requests:answer:settle")
def settle(request: HttpRequest, answer: str, body: SettleIn) -> Status[None]:
    """Used or not, thanks, destroy: in one step. Its owner reads it."""
    services.settle_answer(principal_of(request), answer, Settlement(**body.model_dump()), now=utc_now())
    return Status(204, None)


def _new(body: RequestIn) -> NewRequest:
    said = body.model_dump()
    return NewRequest(**{
        **said, "incident": IncidentId(body.incident), "looking_for": tuple(sorted(set(body.looking_for))),
    })  # fmt: skip
