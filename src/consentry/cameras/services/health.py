"""What edges and gateways say of their cameras."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from consentry.cameras.models import Camera as CameraRow
from consentry.cameras.models import Edge as EdgeRow
from consentry.cameras.services.own import find_edge
from consentry.cameras.types import Health
from consentry.core.outbox import tell
from consentry.kernel.ids import PersonId
from consentry.notices.services import notify

# What owners and agencies are told in words, alphabetical; anything else that an edge says stays out of the page.
WARNINGS = (
    "certificate-changed", "certificate-unknown", "clock-drift", "covered", "frozen", "mask-failed", "mask-missing",
    "no-key-frame", "no-parameter-sets", "no-video", "not-found", "protocol", "unauthorised", "view-moved",
)  # fmt: skip
# Words of `media` and of edges for a camera that gives no picture but may again.
_AWAY = frozenset({"connecting", "offline", "silent", "unreachable"})
# Two boxes under one key push each other out all the time; their owner hears of it this often.
DOUBLED_AGAIN = timedelta(hours=1)


@transaction.atomic
def record_health(
    edge: str, states: Mapping[str, str], *, now: datetime, warnings: Mapping[str, tuple[str, ...]] | None = None
) -> None:
    """What `edge` says of its own cameras; of another's it says nothing; an unknown word is a fault.

    `warnings`: what is wrong with the pictures of each, in words of `WARNINGS`; others are passed over.
    """
    EdgeRow.objects.filter(id=edge, removed_at=None).update(seen_at=now)
    own = CameraRow.objects.filter(edge=edge, id__in=list(states))
    _record(own, states, now)
    told = {camera: (*_fault_word(state), *(warnings or {}).get(camera, ())) for camera, state in states.items()}
    _record_warnings(own, told)


@transaction.atomic
def record_edge_offline(edge: str, *, now: datetime) -> None:
    """The edge's connection is gone: none of its cameras can be seen through."""
    cameras = CameraRow.objects.filter(edge=edge)
    _record(cameras, {camera.id: "offline" for camera in cameras}, now)
    _record_warnings(cameras, {camera.id: () for camera in cameras})


@transaction.atomic
def record_edge_doubled(edge: str, *, now: datetime) -> None:
    """Two links under the key of `edge` lived at once: its owner is told, and again after an hour."""
    row = find_edge(edge)
    if row is None or (row.doubled_at is not None and now - row.doubled_at < DOUBLED_AGAIN):
        return
    row.doubled_at = now
    row.save(update_fields=["doubled_at"])
    notify(PersonId(row.owner_id), "edge.doubled", row.id)


@transaction.atomic
def record_public_health(states: Mapping[str, str], *, now: datetime) -> None:
    """What a gateway says of the public cameras that it dials."""
    _record(CameraRow.objects.filter(klass="public", id__in=list(states)), states, now)


@transaction.atomic
def record_public_warnings(warnings: Mapping[str, tuple[str, ...]]) -> None:
    """What a gateway finds wrong with the pictures of the public cameras that it dials."""
    _record_warnings(CameraRow.objects.filter(klass="public", id__in=list(warnings)), warnings)


def _record_warnings(rows: QuerySet[CameraRow], said: Mapping[str, tuple[str, ...]]) -> None:
    for row in rows.filter(removed_at=None).select_for_update().order_by("id"):
        words = " ".join(word for word in WARNINGS if word in said[row.id])
        if words == row.warnings:
            continue
        row.warnings = words
        row.save(update_fields=["warnings"])
        audience = f"person:{row.owner_id}" if row.owner_id else f"agency:{row.agency_id}"
        tell(audience, "camera.changed", row.id)


def _fault_word(state: str) -> tuple[str, ...]:
    """A state that says why a camera shows nothing stands beside the warnings; owners read it there."""
    return (state,) if state in WARNINGS else ()


def _record(rows: QuerySet[CameraRow], states: Mapping[str, str], now: datetime) -> None:
    for row in rows.filter(removed_at=None).select_for_update().order_by("id"):
        health = _health(states[row.id]).value
        if health == row.health:
            continue
        row.health, row.health_at = health, now
        row.save(update_fields=["health", "health_at"])
        audience = f"person:{row.owner_id}" if row.owner_id else f"agency:{row.agency_id}"
        tell(audience, "camera.changed", row.id)


def _health(said: str) -> Health:
    if said in (Health.ONLINE, Health.UNKNOWN):
        return Health(said)
    return Health.OFFLINE if said in _AWAY else Health.FAULT
