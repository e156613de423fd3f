"""What an owner asks of the box itself, signed: seal events to this browser, find the cameras in this home."""

from datetime import datetime, timedelta

from django.db import transaction

from consentry.cameras.models import Edge as EdgeRow
from consentry.cameras.models import FoundCameras
from consentry.cameras.services.letters import post_letter
from consentry.cameras.services.own import find_edge
from consentry.cameras.signed import open_by_owner
from consentry.cameras.types import PictureAnswer
from consentry.core.principal import Principal
from consentry.kernel.canonical import from_b64
from consentry.kernel.errors import NotFound, Untrusted
from consentry.kernel.holder import POINT_BYTES, load_point
from consentry.kernel.owner_record import OwnerKey

FOUND_LIFE = timedelta(minutes=5)


@transaction.atomic
def hear_events(principal: Principal, edge: str, signed: str, *, now: datetime) -> None:
    """From now on the edge seals events to this browser too, by the owner-signed `events.key`."""
    row = _signed_for(principal, edge, signed, "events.key", now)
    post_letter(row.id, {"type": "events", "owner_signature": signed}, now=now)


@transaction.atomic
def ask_for_cameras(principal: Principal, edge: str, signed: str, *, now: datetime) -> None:
    """Ask the edge which cameras answer in its home, by the owner-signed `cameras.find`."""
    row = _signed_for(principal, edge, signed, "cameras.find", now)
    ends = now + FOUND_LIFE
    FoundCameras.objects.update_or_create(edge=row, defaults={"box": None, "fault": "", "expires_at": ends})
    post_letter(row.id, {"type": "find", "owner_signature": signed}, now=now, expires_at=ends)


@transaction.atomic
def fetch_found(principal: Principal, edge: str, *, now: datetime) -> PictureAnswer:
    """How the search stands; NotFound when none was asked for in the last 5 min."""
    row = _own_edge(principal, edge)
    found = FoundCameras.objects.filter(edge=row, expires_at__gt=now).first()
    if found is None:
        raise NotFound("no search was asked for in the last 5 minutes")
    if found.box is not None:
        return PictureAnswer("ready", box=bytes(found.box))
    return PictureAnswer("failed", fault=found.fault) if found.fault else PictureAnswer("waiting")


def _signed_for(principal: Principal, edge: str, signed: str, kind: str, now: datetime) -> EdgeRow:
    """The principal's own edge, when the key that it pinned signed this for it."""
    row = _own_edge(principal, edge)
    pinned = OwnerKey(bytes(row.owner_key.public_key), row.owner_key.rp_id)
    said = open_by_owner(signed, (pinned,), kind=kind, now=now)
    if said["edge"] != row.id:
        raise Untrusted("this was signed for another box", kind="owner-record")
    load_point(from_b64(str(said["reply_key"]), length=POINT_BYTES))
    return row


def _own_edge(principal: Principal, edge: str) -> EdgeRow:
    row = find_edge(edge)
    if row is None or row.owner_id != principal.person:
        raise NotFound("no such edge")
    return row
