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
from consentry.kernel.errors import NotFound, Refused, Untrusted
from consentry.kernel.holder import POINT_BYTES, load_point

PICTURE_LIFE = timedelta(minutes=5)


@transaction.atomic
def ask_picture(principal: Principal, camera: str, signed: str, *, now: datetime, whole: bool = False) -> None:
    """Ask the camera's edge for one picture, by the owner-signed `picture.ask` with the key that it is sealed to.

    `whole`: without the mask, by `picture.whole`, for the owner who draws it.
    """
    row = own_camera(principal, camera)
    if row.edge_id is None:
        raise Refused("this camera has no edge yet", kind="no-edge")
    kind = "picture.whole" if whole else "picture.ask"
    said = open_by_owner(signed, key_for_camera(camera_of(row)), kind=kind, now=now)
    if said["camera"] != row.id:
        raise Untrusted("this was signed for another camera", kind="owner-record")
    reply_key = from_b64(str(said["reply_key"]), length=POINT_BYTES)
    load_point(reply_key)
    ends = now + PICTURE_LIFE
    values = {"reply_key": reply_key, "asked_at": now, "box": None, "fault": "", "expires_at": ends}
    Picture.objects.update_or_create(camera=row, defaults=values)
    body = {"type": "picture", "camera": row.id, "owner_signature": signed, **({"whole": True} if whole else {})}
    post_letter(row.edge_id, body, now=now, expires_at=ends)


@transaction.atomic
def fetch_picture(principal: Principal, camera: str, *, now: datetime) -> PictureAnswer:
    """How the test of the principal's own camera stands; NotFound when none was asked for in the last 5 min."""
    row = own_camera(principal, camera)
    picture = Picture.objects.filter(camera=row, expires_at__gt=now).first()
    if picture is None:
        raise NotFound("no picture was asked for in the last 5 minutes")
    if picture.box is not None:
        return PictureAnswer("ready", box=bytes(picture.box))
    return PictureAnswer("failed", fault=picture.fault) if picture.fault else PictureAnswer("waiting")
