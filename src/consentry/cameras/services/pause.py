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
from consentry.kernel.errors import Malformed, Untrusted

PAUSE_MINUTES = (15, 24 * 60)


@transaction.atomic
def pause_camera(principal: Principal, camera: str, *, now: datetime, minutes: int | None = None) -> None:
    """Nothing may be seen through it until its owner resumes it, or for `minutes`; running looks end.

    Pausing twice does no harm: the longer pause counts. Malformed for minutes out of bounds.
    """
    if minutes is not None and not PAUSE_MINUTES[0] <= minutes <= PAUSE_MINUTES[1]:
        raise Malformed("a pause that ends by itself lasts from 15 minutes to a day")
    row = own_camera(principal, camera)
    until = None if minutes is None else now + timedelta(minutes=minutes)
    if row.paused_at is not None and (row.paused_until is None or (until is not None and until <= row.paused_until)):
        return
    was_paused = row.paused_at is not None
    _set(row, paused_at=row.paused_at or now, until=until)
    if row.edge_id is not None:
        end = {} if until is None else {"until": to_ms(until)}
        post_letter(row.edge_id, {"type": "pause", "camera": row.id, **end}, now=now)
    if not was_paused:
        announce(CameraPaused(camera_of(row).id))


@transaction.atomic
def end_pauses(now: datetime) -> int:
    """End pauses whose own end has come; the edge does so by its own clock. How many."""
    due = CameraRow.objects.select_for_update(skip_locked=True).filter(paused_until__lte=now, removed_at=None)
    ended = list(due)
    for row in ended:
        _set(row, paused_at=None, until=None)
        announce(CameraResumed(camera_of(row).id))
    return len(ended)


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
    _set(row, paused_at=None, until=None)
    if row.edge_id is not None:
        post_letter(row.edge_id, {"type": "resume", "camera": row.id, "owner_signature": signed}, now=now)
    announce(CameraResumed(camera_of(row).id))


def _set(row: CameraRow, *, paused_at: datetime | None, until: datetime | None) -> None:
    row.paused_at, row.paused_until = paused_at, until
    row.save(update_fields=["paused_at", "paused_until"])
    tell(f"person:{row.owner_id}", "camera.changed", row.id)
