"""A person's own notices."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema, Status

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import NotSignedIn
from consentry.kernel.ids import PersonId
from consentry.notices import queries, services

router = Router(tags=["notices"])


class NoticeOut(Schema):
    """One notice: a kind and an id."""

    id: int
    kind: str
    object_id: str
    at: datetime
    is_seen: bool


class SeenIn(Schema):
    """The newest notice that was seen."""

    up_to: int


@router.get("/notices", response=list[NoticeOut])
@policy("notices:notice:read")
def list_notices(request: HttpRequest, before: int | None = None) -> list[NoticeOut]:
    """One's own, newest first, fifty at a time."""
    found = queries.notices_of(_person(request), before=before)
    return [NoticeOut.model_validate(notice, from_attributes=True) for notice in found]


@router.post("/notices/seen", response={204: None})
@policy("notices:notice:read")
def mark_seen(request: HttpRequest, body: SeenIn) -> Status[None]:
    """Mark one's own as seen."""
    services.mark_seen(_person(request), up_to=body.up_to, now=utc_now())
    return Status(204, None)


def _person(request: HttpRequest) -> PersonId:
    person = principal_of(request).person
    if person is None:
        raise NotSignedIn("please sign in")
    return person
