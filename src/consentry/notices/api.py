"""A person's own notices."""

from datetime import datetime
from typing import Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import NotSignedIn
from consentry.kernel.ids import PersonId
from consentry.notices import queries, services, stop
from consentry.notices.push_key import push_public_key
from consentry.notices.stop import MAX_CODE_CHARS
from consentry.notices.types import Browser, Channel, Mute, Quiet, Rhythm, Times

router = Router(tags=["notices"])


class NoticeOut(Schema):
    """One notice: a kind and an id."""

    id: int
    kind: str
    object_id: str
    at: datetime
    is_seen: bool


class QuietHours(Schema):
    """Minutes of the day, 0 to 1439, by the person's own clock; may cross midnight."""

    from_minute: int = Field(ge=0, lt=1_440)
    until_minute: int = Field(ge=0, lt=1_440)


class MuteJson(Schema):
    """A kind that one wants no more by a channel, of one object or ("") of all."""

    kind: str = Field(max_length=60)
    channel: Literal["email", "push"]
    object_id: str = Field(default="", max_length=60)


class WishesOut(Schema):
    """How one wants to be told; `push_key` (base64url point) is what a browser subscribes with."""

    by_email: bool
    browsers: int
    push_key: str
    rhythm: str
    quiet: QuietHours | None
    zone: str
    is_strict: bool
    mutes: list[MuteJson]


class WishesIn(Schema):
    """Whether to be told by e-mail."""

    by_email: bool


class TimesIn(Schema):
    """When one wants to be told; `zone` is an IANA name."""

    rhythm: Literal["now", "hourly", "daily"]
    quiet: QuietHours | None
    zone: str = Field(max_length=64)
    is_strict: bool


class MuteIn(MuteJson):
    """Mute it, or tell again."""

    is_muted: bool


class StopIn(Schema):
    """The word of a letter (`docs/design/notices.md`), and whether to stop its kind alone."""

    code: str = Field(max_length=MAX_CODE_CHARS)
    of_kind_only: bool = False


class LetterIn(Schema):
    """The word of a letter."""

    code: str = Field(max_length=MAX_CODE_CHARS)


class LetterOut(Schema):
    """Of which kind the letter was."""

    kind: str


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
    quiet = None if found.quiet is None else QuietHours(**vars(found.quiet))
    mutes = [MuteJson(kind=one.kind, channel=one.channel.value, object_id=one.object_id) for one in found.mutes]
    return WishesOut(
        by_email=found.by_email, browsers=found.browsers, push_key=to_b64(push_public_key()), rhythm=found.rhythm,
        quiet=quiet, zone=found.zone, is_strict=found.is_strict,
        mutes=sorted(mutes, key=lambda one: (one.kind, one.channel, one.object_id)),
    )  # fmt: skip


@router.patch("/notices/wishes", response={204: None})
@policy("notices:wish:change")
def change_wishes(request: HttpRequest, body: WishesIn) -> Status[None]:
    """E-mail, or none."""
    services.wish_email(_person(request), wanted=body.by_email)
    return Status(204, None)


@router.put("/notices/times", response={204: None})
@policy("notices:wish:change")
def change_times(request: HttpRequest, body: TimesIn) -> Status[None]:
    """Quiet hours, and how often e-mail comes."""
    quiet = None if body.quiet is None else Quiet(body.quiet.from_minute, body.quiet.until_minute)
    services.wish_times(_person(request), Times(Rhythm(body.rhythm), quiet, body.zone, body.is_strict))
    return Status(204, None)


@router.put("/notices/mutes", response={204: None})
@policy("notices:wish:change")
def change_mute(request: HttpRequest, body: MuteIn) -> Status[None]:
    """One kind by one channel: no more, or again."""
    what = Mute(body.kind, Channel(body.channel), body.object_id)
    services.mute(_person(request), what, is_muted=body.is_muted)
    return Status(204, None)


@router.post("/notices/stop", response={204: None})
@policy("notices:letter:stop")
def stop_letters(request: HttpRequest, body: StopIn) -> Status[None]:  # noqa: ARG001 whoever holds the letter
    """No more letters, by the word of one of them; without signing in."""
    stop.stop_letters(body.code, of_kind_only=body.of_kind_only)
    return Status(204, None)


@router.post("/notices/letter", response=LetterOut)
@policy("notices:letter:stop")
def read_letter(request: HttpRequest, body: LetterIn) -> LetterOut:  # noqa: ARG001 whoever holds the letter
    """Of which kind the letter was, so that the page can offer to stop that kind; changes nothing."""
    return LetterOut(kind=stop.kind_of_letter(body.code))


@router.post("/notices/stop/{code}", response={204: None})
@policy("notices:letter:stop")
def stop_with_one_click(request: HttpRequest, code: str) -> Status[None]:  # noqa: ARG001 a mail program, no session
    """What a mail program posts to (RFC 8058); a GET, which programs send by themselves, does nothing."""
    stop.stop_letters(code)
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
