"""Tell open pages and gateways that something changed: ids only, after commit, one NOTIFY per transaction."""

from collections.abc import Iterable, Sequence

from django.db import connection, transaction

CHANNEL = "consentry_outbox"

_PUT = "INSERT INTO core_outbox (audience, kind, object_id, at) VALUES (%s, %s, %s, clock_timestamp())"


_PUT_MANY = """INSERT INTO core_outbox (audience, kind, object_id, at)
SELECT 'person:' || person, %s, %s, clock_timestamp() FROM unnest(%s::text[]) AS person"""


# A transaction that may still commit an event holds a transaction id, and its events are younger than itself. A second
# is for what lies between drawing an id, reading the clock and getting a transaction id: microseconds.
_SAFE = """
SELECT coalesce(max(id), 0) FROM core_outbox
WHERE audience = ANY(%s) AND at < least(
    clock_timestamp(),
    (SELECT min(xact_start) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND datname = current_database())
) - interval '1 second'
"""


def safe_id(audiences: Iterable[str]) -> int:
    """The newest event of `audiences` such that none of theirs up to it is still to come; 0 when there is none.

    Whoever reads something after asking and then listens from here on (`Last-Event-ID`) misses nothing; events of the
    last second are heard again. Of their own events only: a count of everybody's would tell when others do something.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SAFE, [sorted(audiences)])
        return int(cursor.fetchone()[0])


def tell_people(people: Sequence[str], kind: str, object_id: str) -> None:
    """`tell` for many people in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_PUT_MANY, [kind, object_id, list(people)])
    _wake_after_commit()


_PUT_EACH = """INSERT INTO core_outbox (audience, kind, object_id, at)
SELECT 'person:' || person, %s, object, clock_timestamp() FROM unnest(%s::text[], %s::text[]) AS one(person, object)"""


def tell_each(people: Sequence[str], kind: str, objects: Sequence[str]) -> None:
    """`tell` each of `people` of the object at the same place, in one statement, also for nobody."""
    with connection.cursor() as cursor:
        cursor.execute(_PUT_EACH, [kind, list(people), list(objects)])
    _wake_after_commit()


def tell(audience: str, kind: str, object_id: str) -> None:
    """Put one event in the outbox; listeners wake when the transaction commits, or never if it rolls back.

    The NOTIFY follows the commit in a transaction of its own: inside, PostgreSQL would hold one lock over the whole
    database until the commit is on disk, and every commit would wait for every other. Should the process die between
    the two, listeners look by themselves (`listener.LOOK_ANYWAY_S`).
    """
    with connection.cursor() as cursor:
        cursor.execute(_PUT, [audience, kind, object_id])
    _wake_after_commit()


def _wake_after_commit() -> None:
    waiting = connection.run_on_commit
    wake = next((item[1] for item in reversed(waiting) if isinstance(item[1], _Wake)), None)
    # Once per savepoint: what was registered inside one that is rolled back goes with it.
    if not waiting or waiting[-1][:2] != (set(connection.savepoint_ids), wake):
        transaction.on_commit(wake or _Wake(), robust=True)


class _Wake:
    """The NOTIFY of one transaction, however many of its savepoints asked for it."""

    def __init__(self) -> None:
        self._is_said = False

    def __call__(self) -> None:
        if self._is_said:
            return
        self._is_said = True
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")
