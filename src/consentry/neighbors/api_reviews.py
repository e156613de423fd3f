"""Moderation: the queue, decisions, appeals, and the figures of a year."""

from django.http import HttpRequest
from ninja import Router, Status

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed
from consentry.neighbors import review_queries, services
from consentry.neighbors.schemas import AppealIn, DecideIn, FiguresOut, OwnReviewOut, ReviewOut
from consentry.neighbors.types import Decision

router = Router(tags=["neighbors"])
FIRST_YEAR, LAST_YEAR = 2_000, 9_998


@router.get("/neighbors/reviews", response=list[ReviewOut])
@policy("neighbors:review:list")
def read_queue(request: HttpRequest) -> list[ReviewOut]:
    """What waits for a decision, oldest first."""
    found = review_queries.queue(principal_of(request), now=utc_now())
    return [ReviewOut(**vars(one)) for one in found]


@router.post("/neighbors/reviews/{review}/claim", response={204: None})
@policy("neighbors:review:decide")
def claim(request: HttpRequest, review: str) -> Status[None]:
    """Take it for an hour."""
    services.claim(principal_of(request), review, now=utc_now())
    return Status(204, None)


@router.post("/neighbors/reviews/{review}/decide", response={204: None})
@policy("neighbors:review:decide")
def decide(request: HttpRequest, review: str, body: DecideIn) -> Status[None]:
    """Keep or remove what was reported."""
    decision = Decision(body.verdict, body.reason, body.explained)
    services.decide(principal_of(request), review, decision, now=utc_now())
    return Status(204, None)


@router.post("/neighbors/reviews/{review}/decide-appeal", response={204: None})
@policy("neighbors:review:decide")
def decide_appeal(request: HttpRequest, review: str, body: DecideIn) -> Status[None]:
    """Decide an appeal, as another person than the first."""
    services.decide_appeal(principal_of(request), review, body.verdict, explained=body.explained, now=utc_now())
    return Status(204, None)


@router.get("/neighbors/removals", response=list[OwnReviewOut])
@policy("neighbors:post:appeal")
def read_removals(request: HttpRequest) -> list[OwnReviewOut]:
    """What was removed of one's own, why, and what opens its entry in the log."""
    return [OwnReviewOut(**vars(found)) for found in review_queries.own_reviews(principal_of(request))]


@router.post("/neighbors/reviews/{review}/appeal", response={204: None})
@policy("neighbors:post:appeal")
def appeal(request: HttpRequest, review: str, body: AppealIn) -> Status[None]:
    """Say why a removal of one's own was wrong; another person decides."""
    services.appeal(principal_of(request), review, body.said, now=utc_now())
    return Status(204, None)


@router.get("/neighbors/figures", response=FiguresOut)
@policy("neighbors:guideline:read")
def read_figures(request: HttpRequest, year: int | None = None) -> FiguresOut:  # noqa: ARG001 ninja hands the request over
    """Removals of a year by reason, appeals, and what came back."""
    chosen = year or utc_now().year
    if not FIRST_YEAR <= chosen <= LAST_YEAR:
        raise Malformed("no such year")
    return FiguresOut(year=chosen, counts=review_queries.figures(chosen))
