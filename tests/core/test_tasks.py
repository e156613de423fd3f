"""The worker's tasks: found in every room, run from PostgreSQL, dropped with a transaction that fails."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from consentry.core.models import OutboxEvent
from consentry.core.outbox import tell
from consentry.core.tasks import KEEP_EVENTS, free_locks, prune_outbox
from consentry.kernel.clock import utc_now

SILENT = "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 s' WHERE id = %s"
CACHED = "INSERT INTO core_cache VALUES ('old', 'x', now() - interval '1 s'), ('new', 'x', now() + interval '1 h')"


def test_every_room_has_its_periodic_tasks_registered() -> None:
    found = set(app.tasks)
    wanted = {
        "accounts.tasks.disable_unused",
        "accounts.tasks.prune",
        "agencies.tasks.end_due",
        "core.tasks.prune_outbox",
    }
    assert {f"consentry.{name}" for name in wanted} <= found


@pytest.mark.django_db
def test_old_events_are_forgotten_but_the_newest_stays() -> None:
    for _ in range(3):
        tell("person:p", "look.started", "x")
    OutboxEvent.objects.update(at=utc_now() - KEEP_EVENTS - timedelta(minutes=1))
    newest = OutboxEvent.objects.latest("id").id
    with connection.cursor() as cursor:
        cursor.execute(CACHED)
        prune_outbox(timestamp=0)
        cursor.execute("SELECT cache_key FROM core_cache WHERE cache_key IN ('old', 'new')")
        assert cursor.fetchall() == [("new",)]
    assert list(OutboxEvent.objects.values_list("id", flat=True)) == [newest]


@pytest.mark.django_db(transaction=True)
def test_a_worker_runs_what_was_committed_and_nothing_else() -> None:
    with transaction.atomic():
        prune_outbox.defer(timestamp=1)
    with transaction.atomic():
        prune_outbox.configure(queueing_lock="another").defer(timestamp=2)
        transaction.set_rollback(True)
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]  # Django's connector has it
    with app.replace_connector(connector) as worker:
        worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
    mine = ProcrastinateJob.objects.filter(args__timestamp__in=[1, 2])
    assert list(mine.values_list("args", "status")) == [({"timestamp": 1}, "succeeded")]


@pytest.mark.django_db
def test_what_a_killed_worker_was_doing_does_not_keep_its_lock_for_ever() -> None:
    """Killed while it delivered: the next turn of the same lock is taken once the dead worker is not heard of."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
        dead, living = _worker(cursor), _worker(cursor)
        first, second = _job(cursor), _job(cursor)
        assert _taken_by(cursor, dead) == first
        assert _taken_by(cursor, living) is None, "one at a time"
        free_locks(0)
        assert _taken_by(cursor, living) is None, "whoever lives keeps what it does"
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 s' WHERE id = %s", [dead]
        )
        free_locks(0)
        assert _taken_by(cursor, living) == second


@pytest.mark.django_db
def test_what_a_forgotten_worker_was_doing_does_not_keep_its_lock_either() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
        dead, living = _worker(cursor), _worker(cursor)
        first, second = _job(cursor), _job(cursor)
        assert _taken_by(cursor, dead) == first
        cursor.execute("DELETE FROM procrastinate_workers WHERE id = %s", [dead])
        assert _taken_by(cursor, living) is None, "the queue itself never frees it"
        free_locks(0)
        assert _taken_by(cursor, living) == second


def _worker(cursor: CursorWrapper) -> int:
    cursor.execute("SELECT worker_id FROM procrastinate_register_worker_v1()")
    return int(cursor.fetchone()[0])


def _job(cursor: CursorWrapper) -> int:
    cursor.execute(
        "INSERT INTO procrastinate_jobs (task_name, lock, queue_name) VALUES ('deliver', 'one at a time', 'locks')"
        " RETURNING id"
    )
    return int(cursor.fetchone()[0])


def _taken_by(cursor: CursorWrapper, worker: int) -> int | None:
    cursor.execute("SELECT id FROM procrastinate_fetch_job_v2(ARRAY['locks'], %s)", [worker])
    row = cursor.fetchone()
    return None if row is None or row[0] is None else int(row[0])
