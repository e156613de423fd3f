"""The embedded PostgreSQL."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from consentry.kernel.errors import Conflict
from consentry.project import postgres
from consentry.project.postgres import Cluster


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that others may pass through."""
    made = tmp_path_factory.mktemp("cluster")
    for step in (made, made.parent, made.parent.parent):
        step.chmod(0o711)
    return made


def test_second_start_keeps_all_data(folder: Path) -> None:
    cluster = Cluster(folder)
    cluster.start()
    with psycopg.connect(cluster.url) as connection:
        connection.execute("create table kept (n int); insert into kept values (7)")
    cluster.stop()
    cluster.start()
    with psycopg.connect(cluster.url) as connection:
        assert connection.execute("select n from kept").fetchall() == [(7,)]
    cluster.stop()


def test_wrong_password_is_refused(folder: Path) -> None:
    cluster = Cluster(folder, durable=False)
    cluster.start()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"host={cluster.socket} dbname=consentry user=consentry password=guess")
    cluster.stop()


def test_folder_of_another_major_version_is_refused(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(Conflict, match="PostgreSQL 12"):
        Cluster(folder).start()


def test_what_a_killed_initdb_left_is_never_taken_for_a_cluster(folder: Path) -> None:
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new" / "PG_VERSION").write_text("1\n")
    cluster = Cluster(folder, durable=False)
    cluster.start()
    with psycopg.connect(cluster.url) as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]
    cluster.stop()
    assert not (folder / "postgres.new").exists()


def test_second_server_on_the_same_folder_is_refused_and_the_first_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "LEFTOVERS_END_S", 1)  # ten in earnest: what a crash left may take that long to end
    cluster = Cluster(folder, durable=False)
    cluster.start()
    with pytest.raises(Conflict, match="already"):
        Cluster(folder, durable=False).start()
    assert (folder / "postgres" / "postmaster.pid").exists()
    with psycopg.connect(cluster.url) as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]
    cluster.stop()


def test_killed_server_comes_back_with_all_that_was_committed_though_a_session_was_busy(folder: Path) -> None:
    cluster = Cluster(folder)
    cluster.start()
    assert cluster.process is not None
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (7)")
        busy = psycopg.connect(cluster.url)
        busy.pgconn.send_query(b"select count(*) from generate_series(1, 20000000)")
        cluster.process.kill()
        cluster.process.wait()
        assert cluster.tend()
    busy.close()
    with psycopg.connect(cluster.url) as connection:
        assert connection.execute("select n from kept").fetchall() == [(7,)]
    cluster.stop()


def test_killed_parent_leaves_no_server(folder: Path) -> None:
    script = f"""
import os, pathlib
from consentry.project import postgres
from consentry.project.postgres import Cluster
cluster = Cluster(pathlib.Path({str(folder)!r}), durable=False)
cluster.start()
print(cluster.process.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    server = int(done.stdout)
    for _ in range(200):
        if not _alive(server):
            return
        time.sleep(0.05)
    pytest.fail("PostgreSQL outlived its parent")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "zombie" not in Path(f"/proc/{pid}/status").read_text()
