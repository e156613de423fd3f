"""Reads of notices."""

from consentry.kernel.ids import PersonId
from consentry.notices.models import Notice, PushSubscription, Wish
from consentry.notices.types import NoticeRead, Wishes

PAGE = 50


def notices_of(person: PersonId, *, before: int | None = None) -> list[NoticeRead]:
    """The newest notices of `person`, at most `PAGE`, older than number `before` if given."""
    rows = Notice.objects.filter(person=person).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [NoticeRead(row.id, row.kind, row.object_id, row.at, row.seen_at is not None) for row in rows[:PAGE]]


def wishes_of(person: PersonId) -> Wishes:
    """How `person` wants to be told."""
    by_email = Wish.objects.filter(person=person, by_email=True).exists()
    return Wishes(by_email, PushSubscription.objects.filter(person=person).count())
