"""Shut an edge out: its key opens no link any more."""

from datetime import datetime

from django.db import transaction

from consentry.cameras.models import Camera as CameraRow
from consentry.cameras.models import Letter as LetterRow
from consentry.cameras.services.own import find_edge
from consentry.cameras.services.register import remove_camera
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.errors import NotFound


@transaction.atomic
def remove_edge(principal: Principal, edge: str, *, now: datetime) -> None:
    """Take the principal's own edge out with its cameras: looks end, consents end, and its key is never paired again.

    NotFound for anyone else's as for none.
    """
    row = find_edge(edge)
    if row is None or row.owner_id != principal.person:
        raise NotFound("no such edge")
    cameras = CameraRow.objects.filter(edge=row, removed_at=None).order_by("id")
    for camera in cameras.values_list("id", flat=True):
        remove_camera(principal, camera, now=now)
    LetterRow.objects.filter(edge=row, delivered_at=None).delete()
    row.removed_at = now
    row.save(update_fields=["removed_at"])
    tell(f"person:{row.owner_id}", "edge.removed", row.id)
    tell("gateway:*", "state.changed", "edges")
