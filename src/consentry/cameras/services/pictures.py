"""The connection test: one picture, asked for by the owner's key, sealed to the owner's browser, gone in 5 min."""

from datetime import datetime, timedelta

from django.db import transaction

from consentry.cameras.models import Picture
from consentry.cameras.queries import key_for_camera
from consentry.cameras.rows import camera_of
from consentry.cameras.services.letters import post_letter
from consentry.cameras.services.own import own_camera
from consentry.cameras.signed import open_by_owner
from consentry.cameras.types import PictureAnswer
from consentry.core.principal import Principal
from consentry.kernel.canonical import from_b64
from consentry.kernel.errors import Malformed, NotFound, Refused, Untrusted
from consentry.kernel.holder import POINT_BYTES, load_point

_KINDS = {"last": "picture.last", "shown": "picture.ask", "whole": "picture.whole"}
PICTURE_LIFE = timedelta(minutes=5)


@transaction.atomic
def ask_picture(principal: Principal, camera: str, signed: str, *, now: datetime, which: str = "shown") -> None:
    """Ask the camera's edge for one picture, by the owner-signed record with the key that it is sealed to.

    `which`: `shown` (by `picture.ask`), `whole` (by `picture.whole`: without the mask, for the owner who draws it) or
    `last` (by `picture.last`: the last good one before a fault). Malformed for another word.
    """
    row = own_camera(principal, camera)
    if row.edge_id is None:
        raise Refused("this camera has no edge yet", kind="no-edge")
    kind = _KINDS.get(which)
    if kind is None:
        raise Malformed("no such picture")
    said = open_by_owner(signed, key_for_camera(camera_of(row)), kind=kind, now=now)
    if said["camera"] != row.id:
        raise Untrusted("this was signed for another camera", kind="owner-record")
    reply_key = from_b64(str(said["reply_key"]), length=POINT_BYTES)
    load_point(reply_key)
    ends = now + PICTURE_LIFE
    values = {"reply_key": reply_key, "asked_at": now, "box": None, "taken_at": None, "fault": "", "expires_at": ends}
    Picture.objects.update_or_create(camera=row, defaults=values)
    body = {"type": "picture", "camera": row.id, "owner_signature": signed, "which": which}
    post_letter(row.edge_id, body, now=now, expires_at=ends)


@transaction.atomic
def fetch_picture(principal: Principal, camera: str, *, now: datetime) -> PictureAnswer:
    """How the test of the principal's own camera stands; NotFound when none was asked for in the last 5 min."""
    row = own_camera(principal, camera)
    picture = Picture.objects.filter(camera=row, expires_at__gt=now).first()
    if picture is None:
        raise NotFound("no picture was asked for in the last 5 minutes")
    if picture.box is not None:
        return PictureAnswer("ready", box=bytes(picture.box), taken_at=picture.taken_at)
    return PictureAnswer("failed", fault=picture.fault) if picture.fault else PictureAnswer("waiting")
