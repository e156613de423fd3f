"""From new notices to deliveries: one for each mailbox and browser that wants it, with the time at which it goes."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from consentry.notices.kinds import kinds
from consentry.notices.models import Delivery, Notice, PushSubscription
from consentry.notices.queries import wishes_of_all
from consentry.notices.timing import due_at
from consentry.notices.types import Channel, Wishes

AT_ONCE = 200


@transaction.atomic
def plan(*, now: datetime) -> int:
    """Make the deliveries of new notices, for those who want them. Returns how many."""
    fresh = list(Notice.objects.select_for_update(skip_locked=True).filter(planned_at=None).order_by("id")[:AT_ONCE])
    told = [notice for notice in fresh if notice.kind in kinds()]
    people = {notice.person_id for notice in told}
    wishes, browsers = wishes_of_all(people), _browsers_of(people)
    rows = [
        row for notice in told for row in _deliveries(notice, wishes[notice.person_id], browsers[notice.person_id], now)
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    Notice.objects.filter(id__in=[notice.id for notice in fresh]).update(planned_at=now)
    return len(rows)


def _browsers_of(people: set[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for person, number in PushSubscription.objects.filter(person__in=people).values_list("person_id", "id"):
        found[person].append(number)
    return found


def _deliveries(notice: Notice, wishes: Wishes, browsers: list[int], now: datetime) -> Iterator[Delivery]:
    mailboxes: list[int | None] = [None] if wishes.by_email else []
    for channel, places in ((Channel.EMAIL, mailboxes), (Channel.PUSH, browsers)):
        kind = kinds()[notice.kind]
        if channel not in kind.channels or not wishes.wants(kind.name, channel, notice.object_id):
            continue
        when = due_at(kind, channel, wishes, now)
        if when is not None:
            for place in places:
                yield Delivery(notice=notice, subscription_id=place, next_at=when, is_held=when > now)
