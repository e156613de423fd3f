"""Tell one person that something happened. Ids only; e-mail and web push come on top of the same row."""

from datetime import datetime

from django.db import transaction

from consentry.core.outbox import tell
from consentry.kernel.ids import PersonId
from consentry.notices.models import Notice


@transaction.atomic
def notify(person: PersonId, kind: str, object_id: str) -> int:
    """Keep a notice for `person` and wake their open pages once the caller's transaction commits.

    Args:
        kind: `noun.verb`, for example `look.started`; the console has the words for it.

    Returns the notice's number.
    """
    row = Notice.objects.create(person_id=person, kind=kind, object_id=object_id)
    tell(f"person:{person}", kind, object_id)
    return row.id


def mark_seen(person: PersonId, *, up_to: int, now: datetime) -> int:
    """The person has seen their notices up to number `up_to`. Returns how many were new."""
    return Notice.objects.filter(person=person, id__lte=up_to, seen_at=None).update(seen_at=now)
