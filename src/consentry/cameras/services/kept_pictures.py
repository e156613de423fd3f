"""Pictures on their way from an edge to the owner who asked; sealed, five minutes."""

from datetime import datetime

from consentry.cameras.models import Picture
from consentry.kernel.canonical import from_b64
from consentry.kernel.clock import from_ms
from consentry.kernel.errors import Malformed


def keep_picture(camera: str, box: str, *, taken_ms: int | None, now: datetime) -> None:
    """Keep what the edge sent for the owner, and when it says that it was taken; dropped when nobody waits for it."""
    sealed = from_b64(box)
    if not sealed:
        raise Malformed("an empty picture")
    taken_at = None if taken_ms is None else from_ms(taken_ms)
    Picture.objects.filter(camera=camera, expires_at__gt=now).update(box=sealed, taken_at=taken_at)


def fail_picture(camera: str, fault: str, *, now: datetime) -> None:
    """The edge could not take a picture: keep why."""
    Picture.objects.filter(camera=camera, expires_at__gt=now, box=None).update(fault=fault)


def drop_pictures(now: datetime) -> None:
    """Forget pictures whose 5 minutes are over."""
    Picture.objects.filter(expires_at__lte=now).delete()
