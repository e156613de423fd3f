"""Public cameras that send to us (a phone, a drone): each has a key, shown once and known here by its hash."""

import hashlib
import secrets
from datetime import datetime

from django.db import transaction

from consentry.cameras.models import Camera as CameraRow
from consentry.cameras.models import PushKey
from consentry.cameras.queries import registered
from consentry.cameras.services.register import enter_pushed_camera
from consentry.cameras.types import Camera, Klass, NewCamera
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import AgencyId
from consentry.kernel.roles import Role

KEY_BYTES = 32
# Who may send by a camera of their agency; adding one is a manager's act.
SENDERS = (Role.MANAGER, Role.OFFICER, Role.SUPERVISOR)


@transaction.atomic
def add_pushed_camera(principal: Principal, new: NewCamera, *, agency: AgencyId, now: datetime) -> Camera:
    """Register a camera of `agency` that sends to us, by its manager. It has no key yet.

    Raises NotFound for an agency that the principal does not manage, Malformed for a view out of bounds.
    """
    if agency not in principal.agencies(Role.MANAGER):
        raise NotFound("no such agency")
    camera = enter_pushed_camera(new, agency=agency, now=now)
    PushKey.objects.create(camera_id=camera.id, made_at=now)
    return camera


@transaction.atomic
def make_push_key(principal: Principal, camera: str, *, now: datetime) -> str:
    """The next key of a camera that sends to us; the one before opens nothing any more.

    Returns 43 characters, kept nowhere. Raises NotFound for another agency's camera as for one that we dial.
    """
    row = _sendable(principal, camera)
    key = secrets.token_urlsafe(KEY_BYTES)
    PushKey.objects.filter(camera=row).update(key_sha256=hashlib.sha256(key.encode()).digest(), made_at=now)
    _tell()
    return key


@transaction.atomic
def end_push_key(principal: Principal, camera: str) -> None:
    """Take the key back: who sends is cut off. NotFound as for `make_push_key`."""
    PushKey.objects.filter(camera=_sendable(principal, camera)).update(key_sha256=None)
    _tell()


def _sendable(principal: Principal, camera: str) -> CameraRow:
    mine = registered().filter(klass=Klass.PUBLIC, agency__in=principal.agencies(*SENDERS), push_key__isnull=False)
    row: CameraRow | None = mine.select_for_update(of=("self",)).filter(id=camera).first()
    if row is None:
        raise NotFound("no such camera")
    return row


def _tell() -> None:
    tell("gateway:*", "state.changed", "cameras")
