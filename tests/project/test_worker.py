"""The worker waits for a database that is away, says so, and goes on."""

import logging
import time

import psycopg
import pytest

from consentry.kernel.errors import Unavailable
from consentry.project.postgres import Cluster
from consentry.project.worker import FIRST_PAUSE_S, LONGEST_PAUSE_S, at_once, keep_working

LONG = (
    "evidence.tasks.export", "evidence.tasks.look_again", "evidence.tasks.name", "evidence.tasks.stamp",
    "evidence.tasks.store", "evidence.tasks.take_uploads", "neighbors.tasks.tell", "neighbors.tasks.make_videos",
    "notices.tasks.deliver_notices", "requests.tasks.seal", "requests.tasks.send_out",
)  # fmt: skip
NEVER_WAIT = ("access.tasks.end_due", "agencies.tasks.end_due")


def test_long_jobs_leave_room_for_those_that_end_looks() -> None:
    from procrastinate.contrib.django import app

    app.perform_import_paths()
    locks = {task.lock for task in app.tasks.values() if task.lock}
    assert {app.tasks[f"consentry.{name}"].lock for name in LONG} <= locks, "each runs once at most"
    assert at_once() - len(locks) >= 2
    assert [app.tasks[f"consentry.{name}"].lock for name in NEVER_WAIT] == [None, None]


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """A cluster of this test's own, to be killed."""
    folder = tmp_path_factory.mktemp("worker")
    for step in (folder, folder.parent, folder.parent.parent):
        step.chmod(0o711)
    return Cluster(folder, durable=False)


def test_worker_whose_database_is_killed_goes_on_when_it_is_back(
    own: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    own.start()
    rounds = 0

    def work() -> None:
        nonlocal rounds
        rounds += 1
        with psycopg.connect(own.url) as connection:
            if rounds == 1 and own.process is not None:
                own.process.kill()
                own.process.wait()
                _ask_until_it_is_gone(connection)
            connection.execute("select 1")

    def wait(_pause_s: float) -> None:
        own.tend()

    with caplog.at_level(logging.WARNING):
        keep_working(work, wait=wait)
    own.stop()
    assert rounds == 2
    assert "the database is away" in caplog.text
    assert own.url.rpartition("=")[2] not in caplog.text


def test_pauses_grow_up_to_a_bound() -> None:
    pauses = list[float]()

    def work() -> None:
        if len(pauses) < 8:
            raise ExceptionGroup("queue", [psycopg.OperationalError("no server")])

    keep_working(work, wait=pauses.append)
    assert pauses[0] == FIRST_PAUSE_S
    assert pauses == sorted(pauses)
    assert max(pauses) == LONGEST_PAUSE_S


def test_fault_that_is_not_the_databases_ends_the_worker() -> None:
    def work() -> None:
        raise Unavailable("the queue is not the database's")

    with pytest.raises(Unavailable):
        keep_working(work, wait=lambda _pause_s: None)


def _ask_until_it_is_gone(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Its backend outlives a killed server by a moment and may still answer; the error comes out of here."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        connection.execute("select 1")
    pytest.fail("the killed server's backend goes on answering")
