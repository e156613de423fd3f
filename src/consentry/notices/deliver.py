"""What the worker does with new notices: plan a delivery per mailbox and browser, then hand each over at most once."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from consentry.accounts.queries import get_language, mail_address
from consentry.kernel.ids import PersonId
from consentry.notices.kinds import kinds
from consentry.notices.mail import send_mail
from consentry.notices.models import Delivery, Notice, PushSubscription, Wish
from consentry.notices.push import Handed, Sender, push
from consentry.notices.push_key import push_key
from consentry.notices.rules import MAX_PER_HOUR, MAX_TRIES, is_push_address, wait_after
from consentry.notices.types import Browser

AT_ONCE = 200
HOUR = timedelta(hours=1)
STATES = {Handed.TAKEN: "sent", Handed.NEVER: "failed", Handed.GONE: "failed"}


@transaction.atomic
def plan(*, now: datetime) -> int:
    """Make the deliveries of new notices, for those who want them. Returns how many."""
    fresh = list(Notice.objects.select_for_update(skip_locked=True).filter(planned_at=None).order_by("id")[:AT_ONCE])
    told = [notice for notice in fresh if notice.kind in kinds()]
    people = {notice.person_id for notice in told}
    mailed = set(Wish.objects.filter(person__in=people, by_email=True).values_list("person_id", flat=True))
    browsers: dict[str, list[int]] = {}
    for person, number in PushSubscription.objects.filter(person__in=people).values_list("person_id", "id"):
        browsers.setdefault(person, []).append(number)
    rows = [
        Delivery(notice=notice, subscription_id=to, next_at=now)
        for notice in told
        for to in [*([None] if notice.person_id in mailed else []), *browsers.get(notice.person_id, [])]
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    Notice.objects.filter(id__in=[notice.id for notice in fresh]).update(planned_at=now)
    return len(rows)


def deliver_due(*, now: datetime, at_most: int = AT_ONCE) -> int:
    """Hand over what is due, one claimed row at a time. Returns how many were sent.

    A row is claimed in a transaction of its own before anything leaves: a worker that dies in between leaves it
    claimed, and it is never sent again.
    """
    sent = 0
    for _ in range(at_most):
        row = _claim(now)
        if row is None:
            break
        said = _refuse(row, now) or _hand_over(row)
        sent += said is Handed.TAKEN
        _settle(row, said, now)
    return sent


@transaction.atomic
def _claim(now: datetime) -> Delivery | None:
    due = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).filter(state="waiting", next_at__lte=now)
    row = due.select_related("notice", "subscription").order_by("next_at", "id").first()
    if row is not None:
        row.state = "claimed"
        row.save(update_fields=["state"])
    return row


def _refuse(row: Delivery, now: datetime) -> Handed | None:
    """Too late, or too many this hour: the page still has it."""
    kind = kinds().get(row.notice.kind)
    if kind is None or now - row.notice.at > kind.worth:
        return Handed.NEVER
    mine = Delivery.objects.filter(notice__person=row.notice.person_id, subscription=row.subscription, state="sent")
    return Handed.NEVER if mine.filter(done_at__gt=now - HOUR).count() >= MAX_PER_HOUR else None


def _hand_over(row: Delivery) -> Handed:
    person, kind = PersonId(row.notice.person_id), row.notice.kind
    language = get_language(person)
    if row.subscription is None:
        address = mail_address(person)
        return Handed.NEVER if address is None else send_mail(address, kinds()[kind], language)
    known = row.subscription
    if not is_push_address(known.endpoint, settings.PUSH_SERVICES):
        return Handed.GONE
    message = {"id": str(row.notice.id), "kind": kind, "object": row.notice.object_id, "language": language}
    browser = Browser(known.endpoint, bytes(known.p256dh), bytes(known.auth))
    sender = Sender(push_key(), f"mailto:{settings.DEFAULT_FROM_EMAIL}")
    return push(browser, message, sender, kind=kinds()[kind])


def _settle(row: Delivery, said: Handed, now: datetime) -> None:
    if said is Handed.GONE and row.subscription is not None:
        row.subscription.delete()
        return
    row.tries += said is not Handed.TAKEN
    if said is Handed.LATER and row.tries < MAX_TRIES:
        row.state, row.next_at = "waiting", now + wait_after(row.tries)
    else:
        row.state, row.done_at = STATES.get(said, "dropped"), now
    row.save(update_fields=["state", "tries", "next_at", "done_at"])
