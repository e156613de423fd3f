"""Who was shown which version; the only use is to tell them of a correction."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection

from consentry.kernel.ids import PersonId
from consentry.kernel.limits_residents import SEEN_DAYS
from consentry.neighbors.models import Seen

_NOTE = """INSERT INTO neighbors_seen (subject, person_id, version, at)
SELECT subject, %s, version, %s FROM unnest(%s::text[], %s::smallint[]) AS shown (subject, version)
ON CONFLICT (subject, person_id) DO UPDATE SET version = EXCLUDED.version, at = EXCLUDED.at
WHERE neighbors_seen.version < EXCLUDED.version"""


def note_seen(person: PersonId, shown: Iterable[tuple[str, int]], *, now: datetime) -> None:
    """`person` was shown these versions, (subject, version) each."""
    pairs = sorted(shown)  # in one order, so that two pages of one person never wait for each other
    if pairs:
        with connection.cursor() as cursor:
            cursor.execute(_NOTE, [person, now, [pair[0] for pair in pairs], [pair[1] for pair in pairs]])


def forget_seen(now: datetime) -> int:
    """Forget what was shown more than 30 days ago. Returns how many rows went."""
    return Seen.objects.filter(at__lt=now - timedelta(days=SEEN_DAYS)).delete()[0]
