"""What the worker does with deliveries that are due: hand each over at most once, eight at a time."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction

from consentry.accounts.queries import get_language, mail_address
from consentry.kernel.ids import PersonId
from consentry.notices.kinds import kinds
from consentry.notices.mail import Letter, send_letter
from consentry.notices.models import Delivery, PushSubscription
from consentry.notices.plan import AT_ONCE, plan
from consentry.notices.push import Handed, Sender, push
from consentry.notices.push_key import push_key
from consentry.notices.rules import MAX_PER_HOUR, MAX_TRIES, is_push_address, wait_after
from consentry.notices.stop import stop_code
from consentry.notices.types import Browser

HOUR = timedelta(hours=1)
STATES = {Handed.TAKEN: "sent", Handed.NEVER: "failed", Handed.GONE: "failed"}
# One server that answers slowly takes one of these places, and the others go on.
AT_A_TIME = 8
LOOK_S = 0.25
# What was held goes as one: a push of this kind, or a letter that counts them.
HELD = "notices.held"


@dataclass(frozen=True)
class Parcel:
    """Rows that go as one (several only when they were held), and the act, which touches no database."""

    rows: list[Delivery]
    hand_over: Callable[[], Handed]


def deliver_due(*, now: datetime, at_most: int = AT_ONCE) -> int:
    """Hand over what is due at `now`. Returns how many were sent."""
    return keep_delivering(lambda: now, at_most=at_most)


def keep_delivering(clock: Callable[[], datetime], *, at_most: int = AT_ONCE) -> int:
    """Plan and hand over until nothing is due and nothing is on its way. Returns how many were sent.

    Rows are claimed in a transaction of their own before anything leaves: a worker that dies in between leaves them
    claimed, and they are never sent again. While one place answers slowly, what comes meanwhile goes on its way.
    """
    sent, left = 0, at_most
    flying: dict[Future[Handed], Parcel] = {}
    with ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="notices") as pool:
        while True:
            plan(now=clock())
            while left > 0 and len(flying) < AT_A_TIME and (parcel := _take(clock())) is not None:
                flying[pool.submit(parcel.hand_over)] = parcel
                left -= 1
            if not flying:
                return sent
            for landed in wait(flying, timeout=LOOK_S, return_when=FIRST_COMPLETED).done:
                said = landed.result()
                sent += said is Handed.TAKEN
                _settle(flying.pop(landed).rows, said, clock())


def _take(now: datetime) -> Parcel | None:
    """The next that goes; what goes nowhere is settled on the way."""
    while rows := _claim(now):
        if not _is_refused(rows[0], now):
            return Parcel(rows, _prepare(rows))
        _settle(rows, Handed.NEVER, now)
    return None


@transaction.atomic
def _claim(now: datetime) -> list[Delivery]:
    """One row that is due; one that was held brings with it what else was held for the same mailbox or browser."""
    waiting = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        state="waiting", next_at__lte=now
    )
    due = waiting.select_related("notice", "subscription").order_by("next_at", "id")
    first = due.first()
    if first is None:
        return []
    rows = [first]
    if first.is_held:
        beside = due.filter(is_held=True, notice__person=first.notice.person_id, subscription=first.subscription)
        rows += beside.exclude(id=first.id)[:AT_ONCE]
    Delivery.objects.filter(id__in=[row.id for row in rows]).update(state="claimed")
    return rows


def _is_refused(row: Delivery, now: datetime) -> bool:
    """Too late, or too many this hour: the page still has it. The urgent are counted apart: nothing crowds them out."""
    kind = kinds().get(row.notice.kind)
    if kind is None:
        return True
    if row.is_held:
        return False
    if now - row.notice.at > kind.worth:
        return True
    alike = [name for name, other in kinds().items() if other.is_urgent == kind.is_urgent]
    mine = Delivery.objects.filter(
        notice__person=row.notice.person_id, notice__kind__in=alike, subscription=row.subscription, is_held=False
    ).exclude(id=row.id)
    flying = mine.filter(state="claimed", next_at__gt=now - HOUR).count()
    return flying + mine.filter(state="sent", done_at__gt=now - HOUR).count() >= MAX_PER_HOUR


def _prepare(rows: list[Delivery]) -> Callable[[], Handed]:
    """Everything that is read from the database for handing these over."""
    first = rows[-1]
    person = PersonId(first.notice.person_id)
    language = get_language(person)
    if first.subscription is None:
        address = mail_address(person)
        if address is None:
            return lambda: Handed.NEVER
        told = [kinds()[row.notice.kind] for row in rows if row.notice.kind in kinds()]
        return partial(send_letter, Letter(address, language, told, stop_code(first.id)))
    known = first.subscription
    if not is_push_address(known.endpoint, settings.PUSH_SERVICES):
        return lambda: Handed.GONE
    kind = kinds()[HELD if len(rows) > 1 else first.notice.kind]
    thing = "" if len(rows) > 1 else first.notice.object_id
    message = {"id": str(first.notice.id), "kind": kind.name, "object": thing, "language": language}
    browser = Browser(known.endpoint, bytes(known.p256dh), bytes(known.auth))
    sender = Sender(push_key(), f"mailto:{settings.DEFAULT_FROM_EMAIL}")
    return partial(push, browser, message, sender, kind=kind)


def _settle(rows: list[Delivery], said: Handed, now: datetime) -> None:
    gone = rows[0].subscription_id if said is Handed.GONE else None
    if gone is not None:
        PushSubscription.objects.filter(id=gone).delete()
        return
    for row in rows:
        row.tries += said is not Handed.TAKEN
        if said is Handed.LATER and row.tries < MAX_TRIES:
            row.state, row.next_at = "waiting", now + wait_after(row.tries)
        else:
            row.state, row.done_at = STATES.get(said, "dropped"), now
    Delivery.objects.bulk_update(rows, ["state", "tries", "next_at", "done_at"])
