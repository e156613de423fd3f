"""Reads of notices."""

from consentry.kernel.ids import PersonId
from consentry.notices.models import Notice
from consentry.notices.types import NoticeRead

PAGE = 50


def notices_of(person: PersonId, *, before: int | None = None) -> list[NoticeRead]:
    """The newest notices of `person`, at most `PAGE`, older than number `before` if given."""
    rows = Notice.objects.filter(person=person).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [NoticeRead(row.id, row.kind, row.object_id, row.at, row.seen_at is not None) for row in rows[:PAGE]]
