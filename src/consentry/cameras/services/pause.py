"""Pause with one tap and no signature; resume only by the owner's own key."""

from datetime import datetime, timedelta

from django.db import transaction

from consentry.cameras.events import CameraPaused, CameraResumed
from consentry.cameras.models import Camera as CameraRow
from consentry.cameras.queries import key_for_camera
from consentry.cameras.rows import camera_of
from consentry.cameras.services.letters import post_letter
from consentry.cameras.services.own import own_camera
from consentry.cameras.signed import open_by_owner
from consentry.core.announcements import announce
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Untrusted


@transaction.atomic
def pause_camera(principal: Principal, camera: str, *, now: datetime) -> None:
    """Nothing may be seen through it until its owner resumes it; running looks end. Pausing twice does no harm."""
    row = own_camera(principal, camera)
    if row.paused_at is not None:
        return
    _set(row, paused_at=now)
    if row.edge_id is not None:
        post_letter(row.edge_id, {"type": "pause", "camera": row.id}, now=now)
    announce(CameraPaused(camera_of(row).id))


@transaction.atomic
def resume_camera(principal: Principal, camera: str, signed: str, *, now: datetime) -> None:
    """Resume by the owner-signed `camera.resume` (fresh, and said after the pause); Untrusted otherwise."""
    row = own_camera(principal, camera)
    if row.paused_at is None:
        return
    said = open_by_owner(signed, key_for_camera(camera_of(row)), kind="camera.resume", now=now)
    slack = timedelta(seconds=60)
    if said["camera"] != row.id or int(said["t"]) < to_ms(row.paused_at - slack):
        raise Untrusted("this resume is of another camera or of before the pause", kind="owner-record")
    _set(row, paused_at=None)
    if row.edge_id is not None:
        post_letter(row.edge_id, {"type": "resume", "camera": row.id, "owner_signature": signed}, now=now)
    announce(CameraResumed(camera_of(row).id))


def _set(row: CameraRow, *, paused_at: datetime | None) -> None:
    row.paused_at = paused_at
    row.save(update_fields=["paused_at"])
    tell(f"person:{row.owner_id}", "camera.changed", row.id)
