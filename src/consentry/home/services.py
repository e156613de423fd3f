"""The owner's acts. Each ends what runs before it returns; none asks for a reason."""

from datetime import datetime

from django.db import transaction

from consentry.access.services import end_grants
from consentry.access.types import GrantWhere
from consentry.cameras.queries import access_camera
from consentry.core.principal import Principal


@transaction.atomic
def stop_looks(principal: Principal, camera: str, *, now: datetime) -> int:
    """End every look at one's own camera at once. Returns how many grants ended; terms stay as they are."""
    own = access_camera(principal, camera)
    return end_grants(GrantWhere(camera=own.id), "stopped", now=now)
