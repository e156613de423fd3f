"""Pairing by a square: the owner's browser leaves the sealed code under the square's name, the box fetches it there."""

from datetime import datetime

from django.db import IntegrityError, transaction

from consentry.cameras.models import PairingCode
from consentry.cameras.services.pairing import hash_code
from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict, Malformed, NotFound
from consentry.kernel.meeting import BOX_BYTES, NAME_BYTES


def leave_code(principal: Principal, code: str, *, meeting: bytes, box: bytes, now: datetime) -> None:
    """Leave `box` (60 bytes, unreadable here) with the principal's own open `code` for who shows square `meeting`.

    Raises NotFound for a code that is not one's own, used or over; Conflict (`meeting-taken`) when somebody answered
    this square before, or the code was left elsewhere; Malformed for other sizes.
    """
    if len(meeting) != NAME_BYTES or len(box) != BOX_BYTES:
        raise Malformed("a square's name has 32 bytes and its box 60")
    mine = PairingCode.objects.filter(owner=principal.person or "", code_sha256=hash_code(code), used_at=None)
    try:
        with transaction.atomic():
            row = mine.select_for_update().filter(expires_at__gt=now).first()
            if principal.person is None or row is None:
                raise NotFound("no such code")
            if row.meeting is not None:
                raise Conflict("this code was left for another box", kind="meeting-taken")
            row.meeting, row.box = meeting, box
            row.save(update_fields=["meeting", "box"])
    except IntegrityError as error:
        raise Conflict("somebody answered this square before; show a new one", kind="meeting-taken") from error


def find_code(meeting: bytes, *, now: datetime) -> bytes | None:
    """The box that was left under this name; None while there is none, or it is used or over."""
    row = PairingCode.objects.filter(meeting=meeting, used_at=None, expires_at__gt=now).first()
    return None if row is None else bytes(row.box)
