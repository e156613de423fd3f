"""Reads of notices."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import replace

from consentry.kernel.ids import PersonId
from consentry.notices.kinds import kinds
from consentry.notices.models import Mute as MuteRow
from consentry.notices.models import Notice, PushSubscription, Wish
from consentry.notices.types import Channel, Mute, NoticeRead, Quiet, Rhythm, Wishes

PAGE = 50


def notices_of(person: PersonId, *, before: int | None = None) -> list[NoticeRead]:
    """The newest notices of `person`, at most `PAGE`, older than number `before` if given.

    Kinds that have a list of their own are left out: what a camera notices all day would hide an ask.
    """
    unlisted = [name for name, kind in kinds().items() if not kind.is_listed]
    rows = Notice.objects.filter(person=person).exclude(kind__in=unlisted).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [NoticeRead(row.id, row.kind, row.object_id, row.at, row.seen_at is not None) for row in rows[:PAGE]]


def wishes_of(person: PersonId) -> Wishes:
    """How `person` wants to be told."""
    return wishes_of_all([person])[person]


def wishes_of_all(people: Collection[str]) -> dict[str, Wishes]:
    """How each of `people` wants to be told, by person; three reads for any number."""
    rows = {row.person_id: row for row in Wish.objects.filter(person__in=people)}
    browsers = Counter(PushSubscription.objects.filter(person__in=people).values_list("person_id", flat=True))
    mutes: dict[str, set[Mute]] = defaultdict(set)
    for row in MuteRow.objects.filter(person__in=people):
        mutes[row.person_id].add(Mute(row.kind, Channel(row.channel), row.object_id))
    return {
        person: replace(_wishes(rows.get(person)), browsers=browsers[person], mutes=frozenset(mutes[person]))
        for person in people
    }


def _wishes(row: Wish | None) -> Wishes:
    if row is None:
        return Wishes()
    quiet = None
    if row.quiet_from is not None and row.quiet_until is not None:
        quiet = Quiet(row.quiet_from, row.quiet_until)
    return Wishes(by_email=row.by_email, rhythm=Rhythm(row.rhythm), quiet=quiet, zone=row.zone, is_strict=row.is_strict)
