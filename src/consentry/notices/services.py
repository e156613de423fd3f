"""Tell one person that something happened (ids only), and keep how people want to be told."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from consentry.core.outbox import tell, tell_people
from consentry.kernel.errors import LimitReached, Malformed
from consentry.kernel.holder import load_point
from consentry.kernel.ids import PersonId
from consentry.notices.models import Notice, PushSubscription, Wish
from consentry.notices.rules import MAX_BROWSERS, is_push_address
from consentry.notices.types import Browser

AUTH_BYTES = 16
_NOTIFY_MANY = """INSERT INTO notices_notice (person_id, kind, object_id, at)
SELECT id, %s, %s, clock_timestamp() FROM accounts_person WHERE id = ANY(%s) AND is_active"""


@transaction.atomic(savepoint=False)
def notify(person: PersonId, kind: str, object_id: str) -> int:
    """Keep a notice for `person` and wake their open pages once the caller's transaction commits.

    The worker sends e-mail and web push from the same row, for those who want them (`deliver.py`).

    Args:
        kind: `noun.verb`, for example `look.started`; the console has the words for it.

    Returns the notice's number.
    """
    row = Notice.objects.create(person_id=person, kind=kind, object_id=object_id)
    tell(f"person:{person}", kind, object_id)
    return row.id


@transaction.atomic(savepoint=False)
def notify_many(people: Sequence[PersonId], kind: str, object_id: str) -> int:
    """`notify` for many people at once, in two statements; who is disabled is left out. Returns how many rows."""
    told = list(people)
    with connection.cursor() as cursor:
        cursor.execute(_NOTIFY_MANY, [kind, object_id, told])
        rows = int(cursor.rowcount)
    tell_people(told, kind, object_id)
    return rows


def mark_seen(person: PersonId, *, up_to: int, now: datetime) -> int:
    """The person has seen their notices up to number `up_to`. Returns how many were new."""
    return Notice.objects.filter(person=person, id__lte=up_to, seen_at=None).update(seen_at=now)


def wish_email(person: PersonId, *, wanted: bool) -> None:
    """Tell `person` by e-mail from now on, or no more."""
    Wish.objects.update_or_create(person_id=person, defaults={"by_email": wanted})


@transaction.atomic
def add_browser(person: PersonId, browser: Browser, *, now: datetime) -> None:
    """Push to this browser from now on; whoever signed in there last gets it.

    Raises:
        Malformed: keys of a wrong shape, or an address at no push service that the settings name.
        LimitReached: the person has 10 browsers already.
    """
    load_point(browser.p256dh)
    if len(browser.auth) != AUTH_BYTES or not is_push_address(browser.endpoint, settings.PUSH_SERVICES):
        raise Malformed("not a subscription at a known push service", kind="push-service")
    PushSubscription.objects.filter(endpoint=browser.endpoint).delete()
    if PushSubscription.objects.filter(person=person).count() >= MAX_BROWSERS:
        raise LimitReached(f"at most {MAX_BROWSERS} browsers", kind="push-browsers")
    PushSubscription.objects.create(
        person_id=person, endpoint=browser.endpoint, p256dh=browser.p256dh, auth=browser.auth, made_at=now
    )


def remove_browser(person: PersonId, endpoint: str) -> None:
    """Push no more to this browser of `person`; nothing happens when it is none of theirs."""
    PushSubscription.objects.filter(person=person, endpoint=endpoint).delete()


def forget_before(at: datetime) -> int:
    """Delete notices older than `at`, with their deliveries. Returns how many rows went."""
    return Notice.objects.filter(at__lt=at).delete()[0]
