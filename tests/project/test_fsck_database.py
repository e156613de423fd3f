"""`fsck` finds the folder's database: the one that runs, else one of its own, also after a kill -9."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.faults.running import own_folder

from consentry.project.fsck import running_database
from consentry.project.postgres import Cluster


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A running PostgreSQL in a folder of its own."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with own_folder() as data:
        made = Cluster(data, durable=False)
        made.start()
        yield made
        made.stop()


def ask(folder: Path) -> list[tuple[int]]:
    """One question to the folder's database."""
    with running_database(folder), psycopg.connect(Cluster(folder).url) as connection:
        return connection.execute("select 1").fetchall()


def test_running_database_is_used_and_goes_on(cluster: Cluster) -> None:
    assert ask(cluster.folder) == [(1,)]
    assert cluster.process is not None
    assert cluster.process.poll() is None


def test_killed_database_that_left_its_lock_is_started_and_stopped_again(cluster: Cluster) -> None:
    assert cluster.process is not None
    os.kill(cluster.process.pid, signal.SIGKILL)
    cluster.process.wait()
    assert (cluster.socket / ".s.PGSQL.5432.lock").exists()
    assert ask(cluster.folder) == [(1,)]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(cluster.url)
