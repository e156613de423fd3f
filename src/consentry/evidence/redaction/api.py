"""Redactions for an agency's people: begun, drawn, shown, reviewed, released (docs/spec/redaction.md, The web API)."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import Field

from consentry.core.codes import one_of
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.evidence.redact.cover import covers_between
from consentry.evidence.redact.types import View
from consentry.evidence.redaction import queries, services
from consentry.evidence.redaction.schemas import (
    VIEWS,
    CoverOut,
    RangeReviewIn,
    RedactionEditedOut,
    RedactionEditsIn,
    RedactionFoundOut,
    RedactionIn,
    RedactionOut,
    RevisionIn,
    change_of,
    cover_out,
    edited_out,
    found_out,
    redaction_fields,
)
from consentry.evidence.services.play import is_opened
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed

router = Router(tags=["evidence"])
Shown = Annotated[str, Field(pattern="^(hidden|original|outline)$"), one_of(*VIEWS)]
SHOWN_HEADER = "Consentry-Shown"


@router.post("/items/{item}/redactions", response=RedactionOut)
@policy("evidence:redaction:make")
def begin_redaction(request: HttpRequest, item: str, body: RedactionIn) -> RedactionOut:
    """Begin one, and say why; the worker looks for faces first. The original is open to the caller for an hour."""
    principal = principal_of(request)
    made = services.begin_redaction(principal, item, body.why, finds_faces=body.finds_faces, now=utc_now())
    return RedactionOut.model_validate(redaction_fields(queries.access_redaction(principal, made)))


@router.get("/items/{item}/redactions", response=list[RedactionOut])
@policy("evidence:redaction:list")
def list_redactions(request: HttpRequest, item: str) -> list[RedactionOut]:
    """The item's redactions, newest first; no picture."""
    found = queries.redactions_of(principal_of(request), item)
    return [RedactionOut.model_validate(redaction_fields(row)) for row in found]


@router.get("/redactions/{redaction}", response=RedactionOut)
@policy("evidence:redaction:show")
def read_redaction(request: HttpRequest, redaction: str) -> RedactionOut:
    """How it stands."""
    return RedactionOut.model_validate(redaction_fields(queries.access_redaction(principal_of(request), redaction)))


@router.get("/redactions/{redaction}/edits", response=RedactionEditedOut)
@policy("evidence:redaction:show")
def read_edits(request: HttpRequest, redaction: str) -> RedactionEditedOut:
    """What was decided, and which ranges were looked at as they would go out now."""
    return _edited(request, redaction)


@router.put("/redactions/{redaction}/edits", response=RedactionEditedOut)
@policy("evidence:redaction:change")
def change_redaction(request: HttpRequest, redaction: str, body: RedactionEditsIn) -> RedactionEditedOut:
    """All that people decide, in one, of the revision that it is a change of."""
    services.change_redaction(principal_of(request), redaction, body.revision, change_of(body), now=utc_now())
    return _edited(request, redaction)


@router.get("/redactions/{redaction}/found", response=RedactionFoundOut)
@policy("evidence:redaction:show")
def read_found(request: HttpRequest, redaction: str) -> RedactionFoundOut:
    """Frames and tracks as they were found; never changed."""
    return found_out(queries.found_of(queries.access_redaction(principal_of(request), redaction)).plan)


@router.get("/redactions/{redaction}/ranges/{number}/covers", response=list[CoverOut])
@policy("evidence:redaction:show")
def read_covers(request: HttpRequest, redaction: str, number: int) -> list[CoverOut]:
    """What is hidden in each frame of a range, as it is burnt in."""
    row = queries.access_redaction(principal_of(request), redaction)
    found = queries.found_of(row)
    if not 0 <= number < len(found.ranges):
        raise Malformed("there is no such range", kind="redact-no-frame")
    part = found.part(number, queries.plan_of(row, found))
    return [cover_out(cover) for cover in covers_between(part, *found.ranges[number])]


@router.get("/redactions/{redaction}/ranges/{number}/film", response={200: None}, operation_id="read_range_film")
@policy("evidence:redaction:show")
def read_film(request: HttpRequest, redaction: str, number: int, view: Shown = "hidden") -> HttpResponse:
    """A range as a film (MP4), after a reason was given for opening the original within the hour.

    `hidden` is as it will go out: a review names what the answer's header `Consentry-Shown` says.
    """
    shown = services.show_range(principal_of(request), redaction, number, View(view), now=utc_now())
    headers = {"Cache-Control": "private, no-store", SHOWN_HEADER: shown.sha256}
    return HttpResponse(shown.film, content_type="video/mp4", headers=headers)


@router.post("/redactions/{redaction}/ranges/{number}/review", response=RedactionEditedOut)
@policy("evidence:redaction:review")
def review_range(request: HttpRequest, redaction: str, number: int, body: RangeReviewIn) -> RedactionEditedOut:
    """Say that one looked at all of a range as it was shown; who and when are the session's, not the page's."""
    services.review_range(principal_of(request), redaction, number, body.sha256, now=utc_now())
    return _edited(request, redaction)


@router.post("/redactions/{redaction}/release", response=RedactionOut)
@policy("evidence:redaction:release")
def release_redaction(request: HttpRequest, redaction: str, body: RevisionIn) -> RedactionOut:
    """It may go out: the worker renders and seals it."""
    services.release_redaction(principal_of(request), redaction, body.revision, now=utc_now())
    return read_redaction(request, redaction)


@router.post("/redactions/{redaction}/drop", response={204: None})
@policy("evidence:redaction:change")
def drop_redaction(request: HttpRequest, redaction: str) -> Status[None]:
    """Throw it away; not once it is being released."""
    services.drop_redaction(principal_of(request), redaction, now=utc_now())
    return Status(204, None)


def _edited(request: HttpRequest, redaction: str) -> RedactionEditedOut:
    principal = principal_of(request)
    row = queries.access_redaction(principal, redaction)
    found = queries.found_of(row)
    plan = queries.plan_of(row, found)
    opened = is_opened(row.item, principal, now=utc_now())
    return edited_out(row, plan, queries.seen_of(row, found, plan), is_opened=opened)
