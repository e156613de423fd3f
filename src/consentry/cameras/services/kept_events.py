"""Events and lists of found cameras on their way from an edge to its owner: sealed, bounded, forgotten on time."""

from datetime import datetime, timedelta

from consentry.cameras.models import FoundCameras, SealedEvent
from consentry.kernel.canonical import from_b64
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId
from consentry.kernel.sealed_box import EVENT_BOX_BYTES

MAX_BOXES = 4
MAX_KEPT = 500
KEEP_EVENTS = timedelta(days=30)
EVENT_ID_BYTES = 16


def keep_event(camera: CameraId, event: object, boxes: object, *, now: datetime) -> bool:
    """Keep what the edge sent; False when it came before. Malformed unless all boxes have the one size."""
    if not isinstance(event, str) or not isinstance(boxes, list) or not 0 < len(boxes) <= MAX_BOXES:
        raise Malformed("an event has an id and one to four boxes")
    from_b64(event, length=EVENT_ID_BYTES)
    sealed = b"".join(from_b64(str(box), length=EVENT_BOX_BYTES) for box in boxes)
    _, made = SealedEvent.objects.get_or_create(
        id=event, defaults={"camera_id": camera, "boxes": sealed, "came_at": now}
    )
    newest = SealedEvent.objects.filter(camera=camera).order_by("-came_at", "-id").values_list("id", flat=True)
    if made and len(too_old := list(newest[MAX_KEPT : MAX_KEPT + 10])):
        SealedEvent.objects.filter(id__in=too_old).delete()
    return made


def keep_found(edge: str, box: str, *, now: datetime) -> None:
    """Keep the list that the edge sent for its owner; one that nobody waits for is dropped."""
    sealed = from_b64(box)
    if not sealed:
        raise Malformed("an empty box")
    FoundCameras.objects.filter(edge=edge, expires_at__gt=now).update(box=sealed)


def fail_found(edge: str, fault: str, *, now: datetime) -> None:
    """The edge could not look: keep why."""
    FoundCameras.objects.filter(edge=edge, expires_at__gt=now, box=None).update(fault=fault)


def drop_kept(now: datetime) -> None:
    """Forget what is over."""
    SealedEvent.objects.filter(came_at__lt=now - KEEP_EVENTS).delete()
    FoundCameras.objects.filter(expires_at__lte=now).delete()
