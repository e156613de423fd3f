"""Officer numbers: stable within a programme, meaningless outside it; and the flag on who looks unusually often."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import connection

from consentry.access import models
from consentry.access.rules import FLAG_DAYS, FLAG_LOOKS
from consentry.core.outbox import tell
from consentry.kernel.canonical import to_b64
from consentry.kernel.ids import PersonId
from consentry.notices.services import notify

_NUMBER = "SELECT number FROM access_officer_number WHERE programme = %s AND person_id = %s"
_LOOKS = """
SELECT count(*) FROM access_grant AS g WHERE camera = %s AND opened_at >= %s
  AND EXISTS (SELECT FROM access_session WHERE grant_id = g.id AND viewer_id = %s)
"""


def number_of(person: str, programme: str) -> str:
    """The officer number of `person` in `programme` (or agency, for city cameras); made at the first use."""
    with connection.cursor() as cursor:
        cursor.execute(_NUMBER, [programme, person])
        found = cursor.fetchone()
    if found is not None:
        return str(found[0])
    taken = set(models.OfficerNumber.objects.filter(programme=programme).values_list("number", flat=True))
    free = [number for number in map(str, range(1000, 10_000)) if number not in taken]
    # Two first uses at once: the second waits here for the first, then reads what it made.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_officer_number (programme, person_id, number) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [programme, person, secrets.choice(free)],
        )
    return models.OfficerNumber.objects.get(programme=programme, person=person).number


def pseudonym_of(person: str, programme: str) -> str:
    """Stands for the viewer in an opening: not linkable between programmes; an auditor recomputes it from the id."""
    return to_b64(hashlib.sha256(f"consentry-viewer-v1\n{programme}\n{person}".encode()).digest())


def flag_if_often(grant: models.Grant, session: models.Session, now: datetime) -> None:
    """Flag to auditor and owner when this officer looked at this camera more than 3 times in 30 days."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOKS, [grant.camera, now - timedelta(days=FLAG_DAYS), session.viewer_id])
        looks = int(cursor.fetchone()[0])
    if looks <= FLAG_LOOKS:
        return
    models.LookFlag.objects.create(
        camera=grant.camera, owner=grant.owner, agency=grant.agency, person=session.viewer_id,
        officer_number=session.officer_number, looks=looks, at=now,
    )  # fmt: skip
    notify(PersonId(grant.owner), "flag.raised", grant.camera)
    tell(f"agency:{grant.agency}", "flag.raised", grant.camera)
