"""What a home reads of requests and does with them. No agency has an operation here."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from consentry.cameras import queries as cameras
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import PersonId
from consentry.requests import queries, services
from consentry.requests.schemas import (
    AnswerReceiptOut,
    FinishAnswerIn,
    HomeRequestOut,
    NewAnswerIn,
    OwnAnswerOut,
    RequestWishesJson,
    home_request_out,
    own_answer_out,
)
from consentry.requests.types import HomeRequest, NewAnswer, Wishes

router = Router(tags=["requests"])
_PIECE_BYTES = 1_048_576


@router.get("/home/requests", response=list[HomeRequestOut], operation_id="list_home_requests")
@policy("requests:inbox:read")
def list_asked(request: HttpRequest, response: HttpResponse) -> list[HomeRequestOut]:
    """Requests that reached this home, newest first."""
    response["Cache-Control"] = "no-store"
    person = _person(request)
    names = _names(person)
    return [_out(found, names) for found in queries.asked_of(person)]


@router.get("/home/requests/{video_request}", response=HomeRequestOut, operation_id="read_home_request")
@policy("requests:inbox:read")
def read_asked(request: HttpRequest, response: HttpResponse, video_request: str) -> HomeRequestOut:
    """One request that reached this home, with its own answers."""
    response["Cache-Control"] = "no-store"
    person = _person(request)
    return _out(queries.access_asked(person, video_request), _names(person))


@router.post("/home/requests/{video_request}/decline", response={204: None}, operation_id="decline_request")
@policy("requests:inbox:answer")
def decline(request: HttpRequest, video_request: str) -> Status[None]:
    """Put it away. Nobody is told, and no reason is asked."""
    services.decline(principal_of(request), video_request, now=utc_now())
    return Status(204, None)


@router.post("/home/requests/{video_request}/answers", response={201: OwnAnswerOut}, operation_id="begin_answer")
@policy("requests:inbox:answer")
def begin(request: HttpRequest, video_request: str, body: NewAnswerIn) -> Status[OwnAnswerOut]:
    """Say what is to come; then send it in parts (docs/spec/request.md)."""
    new = NewAnswer(**{**body.model_dump(), "signed": body.signed.encode()})
    answer = services.begin_answer(principal_of(request), video_request, new, now=utc_now())
    return Status(201, _answer(request, answer))


@router.get("/home/answers/{answer}", response=OwnAnswerOut, operation_id="read_answer")
@policy("requests:inbox:read")
def read_answer(request: HttpRequest, answer: str) -> OwnAnswerOut:
    """How one's own answer stands, and from which byte on it goes on."""
    return _answer(request, answer)


@router.patch("/home/answers/{answer}/part", response=OwnAnswerOut, operation_id="take_answer_part")
@policy("requests:inbox:answer")
def take_part(request: HttpRequest, answer: str, offset: int = 0) -> OwnAnswerOut:
    """The next bytes, at most 16 MiB, as `application/octet-stream`, from `offset` on."""
    queries.access_own_answer(principal_of(request).person, answer)
    if offset < 0 or request.content_type != "application/octet-stream":
        raise Malformed("a part is bytes at an offset")
    services.take_part(principal_of(request), answer, offset, _pieces_of(request))
    return _answer(request, answer)


@router.post("/home/answers/{answer}/finish", response=OwnAnswerOut, operation_id="finish_answer")
@policy("requests:inbox:answer")
def finish(request: HttpRequest, answer: str, body: FinishAnswerIn) -> OwnAnswerOut:
    """All was sent: the hash is compared here; checking and sealing follow."""
    services.finish_answer(principal_of(request), answer, body.sha256)
    return _answer(request, answer)


@router.post("/home/answers/{answer}/withdraw", response=OwnAnswerOut, operation_id="withdraw_answer")
@policy("requests:inbox:answer")
def withdraw(request: HttpRequest, answer: str) -> OwnAnswerOut:
    """Take one's own answer back, until the agency has opened it."""
    services.withdraw_answer(principal_of(request), answer, now=utc_now())
    return _answer(request, answer)


@router.get("/home/answers/{answer}/receipt", response=AnswerReceiptOut, operation_id="read_answer_receipt")
@policy("requests:inbox:read")
def read_receipt(request: HttpRequest, answer: str) -> AnswerReceiptOut:
    """What one agreed to by sending it."""
    row = queries.access_own_answer(principal_of(request).person, answer)
    return AnswerReceiptOut(receipt=row.receipt, signature=row.receipt_signature)


@router.get("/home/request-wishes", response=RequestWishesJson, operation_id="read_request_wishes")
@policy("requests:wish:read")
def read_wishes(request: HttpRequest) -> RequestWishesJson:
    """How one wants to be asked."""
    return RequestWishesJson(**vars(queries.wishes_of(_person(request))))


@router.put("/home/request-wishes", response={204: None}, operation_id="set_request_wishes")
@policy("requests:wish:change")
def set_wishes(request: HttpRequest, body: RequestWishesJson) -> Status[None]:
    """Be asked so from now on; opting out hides nothing that reached one before."""
    services.set_wishes(_person(request), Wishes(**body.model_dump()))
    return Status(204, None)


def _person(request: HttpRequest) -> PersonId:
    return principal_of(request).person or PersonId("")


def _names(person: PersonId) -> dict[str, str]:
    return {camera.id: camera.name for camera in cameras.cameras_of(person)}


def _answer(request: HttpRequest, answer: str) -> OwnAnswerOut:
    return own_answer_out(queries.own_answer(queries.access_own_answer(principal_of(request).person, answer)))


def _out(found: HomeRequest, names: dict[str, str]) -> HomeRequestOut:
    return home_request_out(found, names, services.most_keep_days(found.request.agency))


def _pieces_of(request: HttpRequest) -> Iterator[bytes]:
    while piece := request.read(_PIECE_BYTES):
        yield piece
