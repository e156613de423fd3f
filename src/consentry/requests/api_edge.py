"""What a box at home says of an answer that it sends by itself (docs/spec/clip-send.md): signed, without a session."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from consentry.core.policy import policy
from consentry.kernel.box_auth import BoxRequest
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed, NotSignedIn
from consentry.requests import services
from consentry.requests.schemas import BoxAnswerOut, BoxFailIn, BoxFinishIn
from consentry.requests.services.from_box import BoxSaid

router = Router(tags=["edges"])


@router.get("/edges/answers/{answer}", response=BoxAnswerOut, operation_id="read_answer_for_box")
@policy("requests:answer:box")
def read(request: HttpRequest, response: HttpResponse, answer: str) -> BoxAnswerOut:
    """How it stands, and from which byte it goes on."""
    response["Cache-Control"] = "no-store"
    return BoxAnswerOut(**vars(services.read_for_box(_said(request), answer, now=utc_now())))


@router.patch("/edges/answers/{answer}/part", response=BoxAnswerOut, operation_id="take_answer_part_of_box")
@policy("requests:answer:box")
def take_part(request: HttpRequest, answer: str, offset: int = 0) -> BoxAnswerOut:
    """The next bytes, at most 1 MiB, as `application/octet-stream`, from `offset` on."""
    said = _said(request)
    if request.content_type != "application/octet-stream":
        raise Malformed("a part is bytes at an offset")
    return BoxAnswerOut(**vars(services.take_box_part(said, answer, offset, now=utc_now())))


@router.post("/edges/answers/{answer}/finish", response=BoxAnswerOut, operation_id="finish_answer_of_box")
@policy("requests:answer:box")
def finish(request: HttpRequest, answer: str, body: BoxFinishIn) -> BoxAnswerOut:
    """All was sent, with the owner's word for it; checking and sealing follow."""
    said = _said(request)
    return BoxAnswerOut(**vars(services.finish_from_box(said, answer, body.owner_signature, now=utc_now())))


@router.post("/edges/answers/{answer}/fail", response=BoxAnswerOut, operation_id="fail_answer_of_box")
@policy("requests:answer:box")
def fail(request: HttpRequest, answer: str, body: BoxFailIn) -> BoxAnswerOut:
    """It will not be sent; its owner reads why."""
    return BoxAnswerOut(**vars(services.fail_from_box(_said(request), answer, body.why, now=utc_now())))


def _said(request: HttpRequest) -> BoxSaid:
    header = request.headers.get("Authorization", "")
    if not header:
        raise NotSignedIn("this door is for boxes at home")
    return BoxSaid(header, BoxRequest(request.method or "", request.get_full_path(), request.body))
