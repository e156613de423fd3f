"""What edges and gateways say of their cameras."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from consentry.cameras.models import Camera as CameraRow
from consentry.cameras.models import Edge as EdgeRow
from consentry.cameras.types import Health
from consentry.core.outbox import tell


@transaction.atomic
def record_health(edge: str, states: Mapping[str, str], *, now: datetime) -> None:
    """What `edge` says of its own cameras; of another's it says nothing, and an unknown word counts as `fault`."""
    EdgeRow.objects.filter(id=edge, removed_at=None).update(seen_at=now)
    _record(CameraRow.objects.filter(edge=edge, id__in=list(states)), states, now)


@transaction.atomic
def record_public_health(states: Mapping[str, str], *, now: datetime) -> None:
    """What a gateway says of the public cameras that it dials."""
    _record(CameraRow.objects.filter(klass="public", id__in=list(states)), states, now)


def _record(rows: QuerySet[CameraRow], states: Mapping[str, str], now: datetime) -> None:
    for row in rows.filter(removed_at=None).select_for_update().order_by("id"):
        said = states[row.id]
        health = said if said in set(Health) else Health.FAULT.value
        if health == row.health:
            continue
        row.health, row.health_at = health, now
        row.save(update_fields=["health", "health_at"])
        audience = f"person:{row.owner_id}" if row.owner_id else f"agency:{row.agency_id}"
        tell(audience, "camera.changed", row.id)
