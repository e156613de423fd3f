"""Choose the homes of a request and tell them, by the worker: nothing that an agency waits for depends on it."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count

from consentry.cameras.queries import private_in_cells
from consentry.cameras.types import Camera
from consentry.consent.queries import consents_for
from consentry.consent.types import ConsentState
from consentry.kernel.ids import PersonId, ProgrammeId
from consentry.kernel.terms import Participation, Tier
from consentry.notices.services import notify
from consentry.requests import models
from consentry.requests.queries import wishes_of_row
from consentry.requests.rules import WEEK, may_be_told
from consentry.requests.types import Wishes

logger = logging.getLogger(__name__)
ASKED = "request.asked"
# Homes that are told in one transaction: a crash repeats none, and no transaction grows with the city.
AT_ONCE = 500
_REACHED = frozenset({Tier.REQUEST, Tier.LIVE})


def send_out_due(now: datetime) -> int:
    """Choose the homes of each request that was made since; how many homes were asked."""
    waiting = models.VideoRequest.objects.filter(sent_out_at=None, state="open").order_by("made_at", "id")
    return sum(_send_out(request, now) for request in waiting.values_list("id", flat=True))


@transaction.atomic
def _send_out(request: str, now: datetime) -> int:
    """Homes with a camera in the area whose owner's consent goes as far as requests; a household counts once.

    A mandate is no consent: nobody is asked for a recording because an ordinance obliges a camera.
    """
    row = models.VideoRequest.objects.select_for_update().get(id=request)
    if row.sent_out_at is not None:
        return 0
    homes = _homes(row, now)
    wishes = {wish.person_id: wishes_of_row(wish) for wish in models.Wish.objects.filter(person__in=list(homes))}
    asked = _asked_this_week(homes, now)
    rows = [
        models.Recipient(request=row, person_id=person, cameras=cameras, asked_at=now)
        for person, cameras in sorted(homes.items())
        if may_be_told(wishes.get(person, Wishes()), asked.get(person, 0))
    ]
    models.Recipient.objects.bulk_create(rows, batch_size=AT_ONCE)
    row.sent_out_at = now
    row.save(update_fields=["sent_out_at"])
    return len(rows)


def _homes(row: models.VideoRequest, now: datetime) -> dict[str, list[str]]:
    cameras = [camera for camera in private_in_cells(row.cells) if camera.participation is Participation.VOLUNTARY]
    reached = _consenting(cameras, ProgrammeId(row.programme), now)
    homes: dict[str, list[str]] = defaultdict(list)
    for camera in cameras:
        if camera.owner is not None and camera.id in reached:
            homes[camera.owner].append(camera.id)
    return dict(homes)


def _consenting(cameras: Sequence[Camera], programme: ProgrammeId, now: datetime) -> frozenset[str]:
    found = consents_for([camera.id for camera in cameras], programme, now)
    given = (camera for camera, consent in found.items() if consent.state is ConsentState.GIVEN
             and consent.terms.tier in _REACHED)  # fmt: skip
    return frozenset(given)


def _asked_this_week(people: Iterable[str], now: datetime) -> dict[str, int]:
    rows = models.Recipient.objects.filter(person__in=list(people), asked_at__gt=now - WEEK)
    return dict(rows.values("person_id").annotate(count=Count("id")).values_list("person_id", "count"))


def tell_due(now: datetime) -> int:
    """Write the notice of each home that was asked, unless the request is over or put away; how many were done.

    When it rings, at night or gathered with others, is for `notices`.
    """
    told = 0
    while batch := _tell_some(now):
        told += batch
    return told


@transaction.atomic
def _tell_some(now: datetime) -> int:
    due = models.Recipient.objects.filter(told_at=None).select_related("request")
    rows = list(due.select_for_update(of=("self",), skip_locked=True).order_by("id")[:AT_ONCE])
    for row in rows:
        if row.declined_at is None and row.request.state == "open":
            notify(PersonId(row.person_id), ASKED, row.request_id)
    models.Recipient.objects.filter(id__in=[row.id for row in rows]).update(told_at=now)
    return len(rows)
