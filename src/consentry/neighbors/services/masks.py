"""A neighbour asks that cameras do not see a place. The answer is always the same; owners, if any, are asked.

Whether a camera sees the place is found out later, by the worker, and kept nowhere: neither the answer's words nor its
bytes, time or count tell whether there is a camera.
"""

from datetime import datetime, timedelta

from django.db import transaction

from consentry.cameras.queries import get_cameras, near
from consentry.cells.queries import cell_of
from consentry.core.at_rest import open_at_rest, seal_at_rest
from consentry.core.principal import Principal
from consentry.kernel.errors import LimitReached
from consentry.kernel.geo import Place, bearing_deg, sees
from consentry.kernel.ids import CameraId, PersonId, new_id
from consentry.kernel.limits import MAX_DISTANCE_M
from consentry.kernel.limits_residents import MASK_ASKS_PER_MONTH, MAX_SAID_CHARS
from consentry.neighbors.access import access_neighbor
from consentry.neighbors.models import MaskAsk, MaskNote
from consentry.neighbors.text import clean_text
from consentry.notices.services import notify

MONTH = timedelta(days=30)
KEY = "neighbors"
REACH_M = 200
_EIGHTH = 45


@transaction.atomic
def ask_for_mask(principal: Principal, place: Place, said: str, *, now: datetime) -> None:
    """Take an ask; the same work whatever cameras there are.

    Raises: Refused (`not-joined`), Malformed (`outside-city`, `text-long`), LimitReached (`mask-asks`).
    """
    neighbor = access_neighbor(principal, lock=True)
    cell_of(place)
    words = clean_text(said, most_chars=MAX_SAID_CHARS) if said.strip() else ""
    lately = MaskAsk.objects.filter(person=neighbor.person_id, asked_at__gt=now - MONTH).count()
    if lately >= MASK_ASKS_PER_MONTH:
        raise LimitReached(f"at most {MASK_ASKS_PER_MONTH} in 30 days", kind="mask-asks")
    name = new_id("mask_ask")
    sealed = seal_at_rest(KEY, f"{place.lat:.6f},{place.lon:.6f}".encode(), context=name)
    MaskAsk.objects.create(id=name, person_id=neighbor.person_id, place=sealed, said=words, asked_at=now)


def advance_masks(now: datetime) -> int:
    """Ask the owners of cameras that may see the places that wait, and forget the places. Returns how many asks."""
    done = 0
    while _ask_next(now):
        done += 1
    return done


@transaction.atomic
def _ask_next(now: datetime) -> bool:
    row = MaskAsk.objects.select_for_update(skip_locked=True).filter(done_at=None).order_by("asked_at").first()
    if row is None:
        return False
    lat, lon = open_at_rest(KEY, bytes(row.place), context=row.id).decode().split(",")
    place = Place(float(lat), float(lon))
    found = get_cameras([CameraId(camera.id) for camera in near(place, min(REACH_M, MAX_DISTANCE_M), "private")])
    for camera in found.values():
        if camera.owner and camera.owner != row.person_id and sees(camera.place, camera.view, place) > 0:
            towards = round(bearing_deg(camera.place, place) / _EIGHTH) * _EIGHTH % 360
            MaskNote.objects.create(camera=camera.id, owner_id=camera.owner, towards_deg=towards, said=row.said, at=now)
            notify(PersonId(str(camera.owner)), "mask.asked", camera.id)
    row.place, row.said, row.done_at = b"", "", now
    row.save(update_fields=["place", "said", "done_at"])
    return True
