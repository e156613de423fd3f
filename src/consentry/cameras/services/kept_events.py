"""Events and lists of found cameras on their way from an edge to its owner: sealed, bounded, forgotten on time."""

from datetime import datetime, timedelta

from consentry.cameras.models import EventPicture, FoundCameras, SealedEvent
from consentry.kernel.canonical import from_b64
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId
from consentry.kernel.sealed_box import EVENT_BOX_BYTES, SEALED_PICTURE_BYTES

MAX_BOXES = 8
MAX_KEPT = 500
MAX_PICTURES = 50
KEEP_EVENTS = timedelta(days=30)
KEEP_PICTURES = timedelta(days=7)
EVENT_ID_BYTES = 16


def keep_event(camera: CameraId, event: object, boxes: object, *, now: datetime) -> bool:
    """Keep what the edge sent; False when it came before. Malformed unless all boxes have the one size."""
    if not isinstance(event, str) or not isinstance(boxes, list) or not 0 < len(boxes) <= MAX_BOXES:
        raise Malformed("an event has an id and one to eight boxes")
    from_b64(event, length=EVENT_ID_BYTES)
    sealed = b"".join(from_b64(str(box), length=EVENT_BOX_BYTES) for box in boxes)
    _, made = SealedEvent.objects.get_or_create(
        id=event, defaults={"camera_id": camera, "boxes": sealed, "came_at": now}
    )
    newest = SealedEvent.objects.filter(camera=camera).order_by("-came_at", "-id").values_list("id", flat=True)
    if made and len(too_old := list(newest[MAX_KEPT : MAX_KEPT + 10])):
        SealedEvent.objects.filter(id__in=too_old).delete()
    return made


def keep_event_picture(camera: CameraId, event: object, sealed: object) -> bool:
    """Keep the picture of an event of this camera; False when there is no such event, or it has one already.

    Malformed unless it has the one size of all.
    """
    from_b64(str(event), length=EVENT_ID_BYTES)
    raw = from_b64(str(sealed), length=SEALED_PICTURE_BYTES)
    row = SealedEvent.objects.filter(id=str(event), camera=camera).first()
    if row is None:
        return False
    _, made = EventPicture.objects.get_or_create(event=row, defaults={"sealed": raw})
    newest = EventPicture.objects.filter(event__camera=camera).order_by("-event__came_at", "-event_id")
    too_old = list(newest.values_list("event_id", flat=True)[MAX_PICTURES : MAX_PICTURES + 10])
    EventPicture.objects.filter(event__in=too_old).delete()
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
    EventPicture.objects.filter(event__came_at__lt=now - KEEP_PICTURES).delete()
    FoundCameras.objects.filter(expires_at__lte=now).delete()
