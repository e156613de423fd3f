"""Tell one person that something happened (ids only), and keep how people want to be told."""

import contextlib
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from consentry.accounts.queries import has_left
from consentry.core.outbox import tell, tell_each, tell_people
from consentry.kernel.errors import LimitReached, Malformed
from consentry.kernel.holder import load_point
from consentry.kernel.ids import PersonId
from consentry.notices.kinds import kinds
from consentry.notices.models import Mute as MuteRow
from consentry.notices.models import Notice, PushSubscription, Wish
from consentry.notices.rules import MAX_BROWSERS, MAX_MUTES, is_push_address
from consentry.notices.timing import find_zone, require_quiet
from consentry.notices.types import Browser, Mute, Times

AUTH_BYTES = 16
_NOTIFY_MANY = """INSERT INTO notices_notice (person_id, kind, object_id, at)
SELECT id, %s, %s, clock_timestamp() FROM accounts_person WHERE id = ANY(%s) AND is_active"""
_NOTIFY_EACH = """INSERT INTO notices_notice (person_id, kind, object_id, at)
SELECT person, %s, object, clock_timestamp() FROM unnest(%s::text[], %s::text[]) AS one(person, object)"""
# One job of this name runs and one waits, whoever asked for it.
DELIVER = "notices.deliver"


@transaction.atomic(savepoint=False)
def notify(person: PersonId, kind: str, object_id: str) -> int:
    """Keep a notice for `person` and wake their open pages once the caller's transaction commits.

    The worker sends e-mail and web push from the same row, for those who want them (`deliver.py`).

    Args:
        kind: `noun.verb`, for example `look.started`; the console has the words for it.

    Returns the notice's number; 0 for somebody whose account was deleted, who is told nothing.
    """
    if has_left(person):
        return 0
    row = Notice.objects.create(person_id=person, kind=kind, object_id=object_id)
    tell(f"person:{person}", kind, object_id)
    if kind in kinds():
        transaction.on_commit(_wake_worker, robust=True)
    return row.id


@transaction.atomic(savepoint=False)
def notify_many(people: Sequence[PersonId], kind: str, object_id: str) -> int:
    """`notify` for many people at once, in two statements; who is disabled is left out. Returns how many rows."""
    told = list(people)
    with connection.cursor() as cursor:
        cursor.execute(_NOTIFY_MANY, [kind, object_id, told])
        rows = int(cursor.rowcount)
    tell_people(told, kind, object_id)
    if kind in kinds():
        transaction.on_commit(_wake_worker, robust=True)
    return rows


@transaction.atomic(savepoint=False)
def notify_each(told: Sequence[tuple[PersonId, str]], kind: str) -> None:
    """`notify` of (person, object) pairs, in as many statements for none as for many: who waits must not learn how
    many were told.
    """
    people, objects = [person for person, _ in told], [name for _, name in told]
    with connection.cursor() as cursor:
        cursor.execute(_NOTIFY_EACH, [kind, people, objects])
    tell_each(people, kind, objects)
    if kind in kinds():
        transaction.on_commit(_wake_worker, robust=True)


def _wake_worker() -> None:
    """Somebody rings and the owner's phone waits: the worker begins now, and not when it looks by itself (2 s)."""
    with contextlib.suppress(AlreadyEnqueued):
        app.configure_task("consentry.notices.tasks.deliver_notices", queueing_lock=DELIVER, lock=DELIVER).defer(
            timestamp=0
        )


def mark_seen(person: PersonId, *, up_to: int, now: datetime) -> int:
    """The person has seen their notices up to number `up_to`. Returns how many were new."""
    return Notice.objects.filter(person=person, id__lte=up_to, seen_at=None).update(seen_at=now)


def wish_email(person: PersonId, *, wanted: bool) -> None:
    """Tell `person` by e-mail from now on, or no more."""
    Wish.objects.update_or_create(person_id=person, defaults={"by_email": wanted})


def wish_times(person: PersonId, times: Times) -> None:
    """When `person` wants to be told from now on; what waits already goes when it was to go.

    Raises Malformed for quiet hours without two ends that differ, or a time zone that nobody knows.
    """
    find_zone(times.zone)
    if times.quiet is not None:
        require_quiet(times.quiet)
    said = {
        "rhythm": str(times.rhythm), "zone": times.zone, "is_strict": times.is_strict,
        "quiet_from": None if times.quiet is None else times.quiet.from_minute,
        "quiet_until": None if times.quiet is None else times.quiet.until_minute,
    }  # fmt: skip
    Wish.objects.update_or_create(person_id=person, defaults=said)


@transaction.atomic
def mute(person: PersonId, what: Mute, *, is_muted: bool) -> None:
    """Tell `person` no more of this by this channel, or tell again. The page always tells.

    Raises Malformed for a kind that is never told, LimitReached beyond 500 such wishes.
    """
    if what.kind not in kinds():
        raise Malformed("no such kind of notice", kind="notice-kind")
    mine = MuteRow.objects.filter(person=person)
    same = {"kind": what.kind, "channel": str(what.channel), "object_id": what.object_id}
    if not is_muted:
        mine.filter(**same).delete()
    elif not mine.filter(**same).exists():
        if mine.count() >= MAX_MUTES:
            raise LimitReached(f"at most {MAX_MUTES} such wishes", kind="notice-mutes")
        MuteRow.objects.bulk_create([MuteRow(person_id=person, **same)], ignore_conflicts=True)


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
