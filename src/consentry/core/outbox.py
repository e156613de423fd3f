"""Tell open pages and gateways that something changed: ids only, after commit, one NOTIFY per transaction."""

from collections.abc import Sequence

from django.db import connection, transaction

CHANNEL = "consentry_outbox"

_PUT = "INSERT INTO core_outbox (audience, kind, object_id, at) VALUES (%s, %s, %s, clock_timestamp())"


_PUT_MANY = """INSERT INTO core_outbox (audience, kind, object_id, at)
SELECT 'person:' || person, %s, %s, clock_timestamp() FROM unnest(%s::text[]) AS person"""


def tell_people(people: Sequence[str], kind: str, object_id: str) -> None:
    """`tell` for many people in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_PUT_MANY, [kind, object_id, list(people)])
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
