"""An owner's account ends: cameras go at once, what is held of them when their boxes have heard of it."""

from datetime import datetime, timedelta

from django.db import transaction

from consentry.cameras.models import Camera as CameraRow
from consentry.cameras.models import Edge as EdgeRow
from consentry.cameras.models import FoundCameras, Guest, OwnerKey, PairingCode, Picture, SealedEvent
from consentry.cameras.models import Letter as LetterRow
from consentry.cameras.services.guests import end_sharing
from consentry.cameras.services.register import remove_camera
from consentry.cameras.services.remove_edge import remove_edge
from consentry.core.principal import Principal
from consentry.kernel.ids import PersonId
from consentry.kernel.limits_residents import EDGE_GOODBYE_DAYS

GOODBYE = timedelta(days=EDGE_GOODBYE_DAYS)


@transaction.atomic
def close_cameras(person: PersonId, *, now: datetime) -> None:
    """Take out every camera of `person`, so that looks and consents end and the boxes are told to forget the terms;
    no box is paired any more, and nobody shares what a camera notices.
    """
    own = Principal(person=person)
    PairingCode.objects.filter(owner=person).delete()
    cameras = CameraRow.objects.filter(owner=person, removed_at=None).order_by("id")
    for camera in list(cameras.values_list("id", flat=True)):
        remove_camera(own, camera, now=now)
    for guest in list(Guest.objects.filter(person=person).exclude(state="ended").values_list("id", flat=True)):
        end_sharing(own, guest, "", now=now)
    Guest.objects.filter(camera__owner=person).exclude(state="ended").update(state="ended")


def erase_cameras(person: PersonId, now: datetime) -> bool:
    """Names, places and views; then boxes and keys, once each box has heard that its terms are over, or after a week.

    A box that hears nothing opens to nobody either: there is no camera any more that a grant could name.
    """
    close_cameras(person, now=now)
    _forget_cameras(person)
    waits = [edge for edge in EdgeRow.objects.filter(owner=person, removed_at=None) if _hears_yet(edge, now)]
    for edge in EdgeRow.objects.filter(owner=person, removed_at=None).exclude(id__in=[edge.id for edge in waits]):
        remove_edge(Principal(person=person), edge.id, now=now)
    if waits:
        return False
    _forget_boxes(person)
    return True


@transaction.atomic
def _forget_cameras(person: PersonId) -> None:
    """The rows stay, as consents and looks name them; there is no place, name or view in them any more."""
    rows = CameraRow.objects.filter(owner=person)
    for model in (Picture, SealedEvent, Guest):
        model.objects.filter(camera__in=rows).delete()
    Guest.objects.filter(person=person).delete()
    rows.update(
        name="–", lat=0.0, lon=0.0, h3_r9=0, cell="", heading_deg=None, fov_deg=1, range_m=1, health="unknown",
        warnings="", health_at=None, paused_at=None, paused_until=None,
    )  # fmt: skip


def _hears_yet(edge: EdgeRow, now: datetime) -> bool:
    """Does a letter that ends something still wait for this box, for less than a week?"""
    waiting = LetterRow.objects.filter(edge=edge, kind="withdraw", delivered_at=None, written_at__gt=now - GOODBYE)
    return waiting.exists()


@transaction.atomic
def _forget_boxes(person: PersonId) -> None:
    CameraRow.objects.filter(owner=person).update(edge=None)
    FoundCameras.objects.filter(edge__owner=person).delete()
    EdgeRow.objects.filter(owner=person).delete()
    OwnerKey.objects.filter(owner=person).delete()
