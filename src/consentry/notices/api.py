"""A person's own notices."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import NotSignedIn
from consentry.kernel.ids import PersonId
from consentry.notices import queries, services
from consentry.notices.push_key import push_public_key
from consentry.notices.types import Browser

router = Router(tags=["notices"])


class NoticeOut(Schema):
    """One notice: a kind and an id."""

    id: int
    kind: str
    object_id: str
    at: datetime
    is_seen: bool


class WishesOut(Schema):
    """How one wants to be told; `push_key` (base64url point) is what a browser subscribes with."""

    by_email: bool
    browsers: int
    push_key: str


class WishesIn(Schema):
    """Whether to be told by e-mail."""

    by_email: bool


class BrowserIn(Schema):
    """A browser's push subscription; keys are base64url."""

    endpoint: str = Field(max_length=2_000)
    p256dh: str = Field(max_length=120)
    auth: str = Field(max_length=40)


class BrowserGone(Schema):
    """The browser that wants no more."""

    endpoint: str = Field(max_length=2_000)


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


@router.get("/notices/wishes", response=WishesOut)
@policy("notices:wish:read")
def read_wishes(request: HttpRequest) -> WishesOut:
    """How one wants to be told."""
    found = queries.wishes_of(_person(request))
    return WishesOut(by_email=found.by_email, browsers=found.browsers, push_key=to_b64(push_public_key()))


@router.patch("/notices/wishes", response={204: None})
@policy("notices:wish:change")
def change_wishes(request: HttpRequest, body: WishesIn) -> Status[None]:
    """E-mail, or none."""
    services.wish_email(_person(request), wanted=body.by_email)
    return Status(204, None)


@router.post("/notices/browsers", response={204: None})
@policy("notices:wish:change")
def add_browser(request: HttpRequest, body: BrowserIn) -> Status[None]:
    """Push to this browser."""
    browser = Browser(body.endpoint, from_b64(body.p256dh), from_b64(body.auth))
    services.add_browser(_person(request), browser, now=utc_now())
    return Status(204, None)


@router.post("/notices/browsers/remove", response={204: None})
@policy("notices:wish:change")
def remove_browser(request: HttpRequest, body: BrowserGone) -> Status[None]:
    """Push no more to this browser."""
    services.remove_browser(_person(request), body.endpoint)
    return Status(204, None)


def _person(request: HttpRequest) -> PersonId:
    person = principal_of(request).person
    if person is None:
        raise NotSignedIn("please sign in")
    return person
