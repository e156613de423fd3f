"""What this room holds of a person: cameras with their exact places, boxes, devices, who shares what they notice."""

from collections.abc import Iterator

from django.db.models import Q

from consentry.cameras.models import Camera, Edge, Guest, OwnerKey, SealedEvent
from consentry.cameras.services.leave import erase_cameras
from consentry.core.personal import Held, RoomData, Row, Section, Why
from consentry.kernel.ids import PersonId


def _cameras(person: PersonId) -> Iterator[Row]:
    for row in Camera.objects.filter(owner=person).order_by("registered_at", "id").iterator():
        yield {
            "camera": row.id, "name": row.name, "kind": row.kind, "participation": row.participation, "lat": row.lat,
            "lon": row.lon, "heading_deg": row.heading_deg, "fov_deg": row.fov_deg, "range_m": row.range_m,
            "cell": row.cell, "box": row.edge_id, "health": row.health, "warnings": row.warnings,
            "paused_at": row.paused_at, "paused_until": row.paused_until, "registered_at": row.registered_at,
            "removed_at": row.removed_at,
        }  # fmt: skip


def _boxes(person: PersonId) -> Iterator[Row]:
    for row in Edge.objects.filter(owner=person).order_by("paired_at", "id"):
        yield {
            "box": row.id, "name": row.name, "paired_at": row.paired_at, "seen_at": row.seen_at,
            "public_key": bytes(row.public_key), "device": row.owner_key_id, "removed_at": row.removed_at,
        }  # fmt: skip


def _devices(person: PersonId) -> Iterator[Row]:
    for row in OwnerKey.objects.filter(owner=person).order_by("registered_at", "id"):
        yield {
            "device": row.id, "name": row.name, "site": row.rp_id, "public_key": bytes(row.public_key),
            "registered_at": row.registered_at, "revoked_at": row.revoked_at,
        }  # fmt: skip


def _shared(person: PersonId) -> Iterator[Row]:
    """Both ways, without who the other is."""
    rows = Guest.objects.filter(Q(person=person) | Q(camera__owner=person)).select_related("camera")
    for row in rows.order_by("invited_at", "id"):
        yield {
            "camera": row.camera_id, "is_mine": row.camera.owner_id == person, "state": row.state,
            "invited_at": row.invited_at, "shared_at": row.shared_at,
        }  # fmt: skip


def _events(person: PersonId) -> Iterator[Row]:
    """When; what was seen is sealed to the owner's browsers and opens there alone."""
    rows = SealedEvent.objects.filter(camera__owner=person).order_by("came_at", "id").defer("boxes")
    for row in rows.iterator():
        yield {"camera": row.camera_id, "at": row.came_at}


PERSONAL = RoomData(
    "cameras",
    {
        "Camera.owner": Held("cameras", stays=Why.CONSENT_RECORD), "Edge.owner": Held("boxes"),
        "Guest.person": Held("shared_cameras"), "OwnerKey.owner": Held("devices"),
        "PairingCode.owner": Held(apart=Why.SIGN_IN_SAFETY),
    },
    (
        Section("cameras", _cameras), Section("boxes", _boxes), Section("devices", _devices),
        Section("shared_cameras", _shared), Section("camera_events", _events),
    ),
    erase_cameras,
)  # fmt: skip
