"""Sharing what a camera notices inside a household: invited by a word, taken by one browser, opened by the owner's key.

The server can invite whom it likes; nobody reads anything before the owner's signature, over that browser's own key,
reached the edge (docs/spec/events.md). A guest sees events, and no look, no terms, no place.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from consentry.cameras.models import Guest
from consentry.cameras.queries import key_for_camera
from consentry.cameras.rows import camera_of, guest_of
from consentry.cameras.services.letters import post_letter
from consentry.cameras.services.own import own_camera
from consentry.cameras.signed import open_by_owner
from consentry.cameras.types import GuestRead
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.canonical import to_b64
from consentry.kernel.errors import Conflict, LimitReached, NotFound, Refused, Untrusted
from consentry.kernel.holder import load_point
from consentry.kernel.ids import new_id

INVITATION_LIFE = timedelta(days=1)
CODE_BYTES = 16
# As many as an edge seals to (edge/event_letter.py), open invitations included.
MAX_GUESTS = 4


@transaction.atomic
def invite_guest(principal: Principal, camera: str, *, now: datetime) -> str:
    """A word, said once, by which one person asks to read this camera's events; good for a day.

    Raises NotFound for anyone else's camera, LimitReached with four guests and open invitations.
    """
    row = own_camera(principal, camera)
    mine = Guest.objects.filter(camera=row)
    mine.filter(state="invited", invited_at__lte=now - INVITATION_LIFE).delete()
    if mine.exclude(state="ended").count() >= MAX_GUESTS:
        raise LimitReached("a camera is shared with four at most", kind="guests")
    code = to_b64(secrets.token_bytes(CODE_BYTES))
    Guest.objects.create(id=new_id("guest"), camera=row, code_sha256=_hash(code), invited_at=now)
    return code


@transaction.atomic
def take_invitation(principal: Principal, code: str, point: bytes, *, now: datetime) -> GuestRead:
    """Ask, with the key of this browser. Nothing is read before the owner signs it.

    Raises Refused (`invitation`) for a wrong, used or expired word, which are not told apart, and for the owner;
    Conflict (`guest-known`) for somebody who is one already.
    """
    load_point(point)
    found = Guest.objects.select_for_update(of=("self",)).filter(code_sha256=_hash(code), state="invited")
    row = found.filter(invited_at__gt=now - INVITATION_LIFE, camera__removed_at=None).select_related("camera").first()
    if principal.person is None or row is None or row.camera.owner_id == principal.person:
        raise Refused("this invitation is over; ask for a new one", kind="invitation")
    row.person_id, row.point, row.state = principal.person, point, "asked"
    try:
        with transaction.atomic():
            row.save(update_fields=["person", "point", "state"])
    except IntegrityError as error:
        raise Conflict("you share this camera already", kind="guest-known") from error
    tell(f"person:{row.camera.owner_id}", "camera.guest", row.camera_id)
    return guest_of(row)


@transaction.atomic
def share_with(principal: Principal, guest: str, signed: str, *, now: datetime) -> None:
    """The owner signed this guest's key: the edge seals to it from now on.

    Raises NotFound unless it is a guest who asked at a camera of the principal's, Untrusted for another signature.
    """
    row = _of_owner(principal, guest, "asked", "shared")
    _require_signed(row, signed, "events.share", now)
    row.state, row.shared_at = "shared", row.shared_at or now
    row.save(update_fields=["state", "shared_at"])
    _tell_edge(row, "share", signed, now)
    tell(f"person:{row.person_id}", "camera.guest", row.camera_id)


@transaction.atomic
def end_sharing(principal: Principal, guest: str, signed: str, *, now: datetime) -> None:
    """No more for this guest, at once here; with the owner's `events.unshare` the edge seals to them no more either.

    The guest may leave without a signature. Raises NotFound for anybody else, as for no such guest.
    """
    row = Guest.objects.select_for_update(of=("self",)).filter(id=guest).exclude(state="ended").first()
    if row is not None and row.person_id is not None and row.person_id == principal.person:
        signed = ""
    else:
        row = _of_owner(principal, guest, "invited", "asked", "shared")
        if row.state == "shared":
            _require_signed(row, signed, "events.unshare", now)
    if row.state == "shared" and signed:
        _tell_edge(row, "unshare", signed, now)
    row.state = "ended"
    row.save(update_fields=["state"])
    for person in {row.person_id, row.camera.owner_id} - {None}:
        tell(f"person:{person}", "camera.guest", row.camera_id)


def _of_owner(principal: Principal, guest: str, *states: str) -> Guest:
    known = Guest.objects.filter(id=guest, state__in=states).values_list("camera", flat=True).first()
    own_camera(principal, known or "")
    row = Guest.objects.select_for_update(of=("self",)).select_related("camera").filter(id=guest, state__in=states)
    found = row.first()
    if found is None:
        raise NotFound("no such guest")
    return found


def _require_signed(row: Guest, signed: str, kind: str, now: datetime) -> None:
    said = open_by_owner(signed, key_for_camera(camera_of(row.camera)), kind=kind, now=now)
    if said["camera"] != row.camera_id or said["reply_key"] != to_b64(bytes(row.point or b"")):
        raise Untrusted("this was signed for another camera or another browser", kind="owner-record")


def _tell_edge(row: Guest, kind: str, signed: str, now: datetime) -> None:
    if row.camera.edge_id is not None:
        post_letter(row.camera.edge_id, {"type": kind, "owner_signature": signed}, now=now)


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode(errors="replace")).digest()
