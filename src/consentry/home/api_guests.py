"""Who of a household may read what a camera notices. Both sides name browsers by their keys; the owner signs."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status

from consentry.accounts.queries import names_of
from consentry.cameras import queries as cameras
from consentry.cameras import services as camera_services
from consentry.cameras.types import GuestRead
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import PersonId
from consentry.kernel.owner_record import MAX_SIGNED_CHARS

router = Router(tags=["home"])


class InvitedOut(Schema):
    """The invitation's word, said once; it stands behind # in the address that is handed on."""

    code: str


class GuestJoinIn(Schema):
    """The word, and the key (base64url point) of the browser that will read."""

    code: str = Field(max_length=60)
    reply_key: str = Field(max_length=120)


class GuestOut(Schema):
    """One of the household; `reply_key` (base64url) is what the owner compares and signs, None while it is open."""

    id: str
    camera: str
    name: str
    reply_key: str | None
    state: str
    invited_at: datetime


class SharedOut(Schema):
    """A camera of somebody else whose events one may read, or waits to."""

    id: str
    camera: str
    camera_name: str
    owner_name: str
    state: str


class ShareIn(Schema):
    """The owner's signed `events.share` or `events.unshare`; "" from a guest who leaves."""

    owner_signature: str = Field(default="", max_length=MAX_SIGNED_CHARS)


@router.post("/home/cameras/{camera}/guests", response=InvitedOut, operation_id="invite_guest")
@policy("home:guest:invite")
def invite(request: HttpRequest, response: HttpResponse, camera: str) -> InvitedOut:
    """Invite one person of the household to read this camera's events."""
    response["Cache-Control"] = "no-store"
    return InvitedOut(code=camera_services.invite_guest(principal_of(request), camera, now=utc_now()))


@router.get("/home/cameras/{camera}/guests", response=list[GuestOut], operation_id="list_guests")
@policy("home:guest:read")
def list_guests(request: HttpRequest, camera: str) -> list[GuestOut]:
    """With whom one's own camera is shared, and who waits."""
    own = cameras.access_camera(principal_of(request), camera)
    found = cameras.guests_of(own.id)
    names = names_of(guest.person for guest in found if guest.person is not None)
    return [_guest_out(guest, names) for guest in found]


@router.post("/home/guests", response={201: GuestOut}, operation_id="take_invitation")
@policy("home:guest:join")
def join(request: HttpRequest, body: GuestJoinIn) -> Status[GuestOut]:
    """Take an invitation with this browser; the owner confirms it."""
    guest = camera_services.take_invitation(principal_of(request), body.code, from_b64(body.reply_key), now=utc_now())
    return Status(201, _guest_out(guest, {}))


@router.get("/home/guests", response=list[SharedOut], operation_id="list_shared_cameras")
@policy("home:guest:read")
def list_shared(request: HttpRequest) -> list[SharedOut]:
    """Cameras of others that are shared with oneself."""
    found = cameras.guest_at(principal_of(request).person or PersonId(""))
    known = cameras.get_cameras([guest.camera for guest in found])
    owners = names_of(camera.owner for camera in known.values() if camera.owner is not None)
    return [
        SharedOut(
            id=guest.id, camera=guest.camera, state=guest.state, camera_name=known[guest.camera].name,
            owner_name=owners.get(known[guest.camera].owner or PersonId(""), ""),
        )
        for guest in found if guest.camera in known
    ]  # fmt: skip


@router.post("/home/guests/{guest}/share", response={202: None}, operation_id="share_with_guest")
@policy("home:guest:share")
def share(request: HttpRequest, guest: str, body: ShareIn) -> Status[None]:
    """The owner's signature over the guest's key: from now on the box seals to it too."""
    camera_services.share_with(principal_of(request), guest, body.owner_signature, now=utc_now())
    return Status(202, None)


@router.post("/home/guests/{guest}/end", response={204: None}, operation_id="end_sharing")
@policy("home:guest:share")
def end(request: HttpRequest, guest: str, body: ShareIn) -> Status[None]:
    """No more, said by the owner or by the guest."""
    camera_services.end_sharing(principal_of(request), guest, body.owner_signature, now=utc_now())
    return Status(204, None)


def _guest_out(guest: GuestRead, names: dict[PersonId, str]) -> GuestOut:
    return GuestOut(
        id=guest.id, camera=guest.camera, name=names.get(guest.person or PersonId(""), ""),
        reply_key=None if guest.point is None else to_b64(guest.point), state=guest.state, invited_at=guest.invited_at,
    )  # fmt: skip
