"""What this room holds of a person: what they were told, how they want to be told, and their browsers."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction

from consentry.core.personal import Held, RoomData, Row, Section
from consentry.kernel.ids import PersonId
from consentry.notices.models import Mute, Notice, PushSubscription, Wish


@transaction.atomic
def erase(person: PersonId, now: datetime) -> bool:  # noqa: ARG001 other rooms wait for a time
    """All of it, with what is on its way."""
    PushSubscription.objects.filter(person=person).delete()
    Notice.objects.filter(person=person).delete()
    Mute.objects.filter(person=person).delete()
    Wish.objects.filter(person=person).delete()
    return True


def _notices(person: PersonId) -> Iterator[Row]:
    for row in Notice.objects.filter(person=person).order_by("id").iterator():
        yield {"at": row.at, "kind": row.kind, "about": row.object_id, "seen_at": row.seen_at}


def _wishes(person: PersonId) -> Iterator[Row]:
    for row in Wish.objects.filter(person=person):
        yield {
            "by_email": row.by_email, "rhythm": row.rhythm, "quiet_from_min": row.quiet_from,
            "quiet_until_min": row.quiet_until, "zone": row.zone, "is_strict": row.is_strict,
        }  # fmt: skip


def _mutes(person: PersonId) -> Iterator[Row]:
    for row in Mute.objects.filter(person=person).order_by("id"):
        yield {"kind": row.kind, "channel": row.channel, "about": row.object_id}


def _browsers(person: PersonId) -> Iterator[Row]:
    """Which push service each uses; the rest of the address is a key that sends to the browser."""
    for row in PushSubscription.objects.filter(person=person).order_by("id"):
        yield {"service": urlsplit(row.endpoint).hostname or "", "made_at": row.made_at}


PERSONAL = RoomData(
    "notices",
    {
        "Mute.person": Held("mutes"), "Notice.person": Held("notices"), "PushSubscription.person": Held("browsers"),
        "Wish.person": Held("notice_wishes"),
    },
    (
        Section("notices", _notices), Section("notice_wishes", _wishes), Section("mutes", _mutes),
        Section("browsers", _browsers),
    ),
    erase,
)  # fmt: skip
