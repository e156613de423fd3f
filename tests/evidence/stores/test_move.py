"""Moving every sealed item to another store: verified, counted, killed half-way, and never losing one."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.evidence.stores.faulty import faulty_proxy
from tests.evidence.stores.items import KEYS, Made, contents, folder, lay, make_item
from tests.evidence.stores.s3_server import BUCKET, S3Server

from consentry.evidence.stores.folder import FolderStore
from consentry.evidence.stores.move import Count, Move, state_path
from consentry.evidence.stores.types import Store, StoredName
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Refused

KEPT = ("about", "journal", "manifest", "timestamp")


@pytest.fixture
def own(tmp_path: Path) -> FolderStore:
    return folder(tmp_path / "own")


def move_of(source: Store, target: Store, tmp_path: Path) -> Move:
    return Move(source, target, state_path(tmp_path / "moves", source, target), KEYS)


def all_of(*made: Made) -> dict[str, bytes]:
    return {name: data for one in made for name, data in one.files.items()}


@pytest.mark.slow
def test_everything_moves_with_its_locks_and_is_counted(own: FolderStore, store: Store, tmp_path: Path) -> None:
    made = [lay(own, make_item(2)) for _ in range(2)]
    until_ms = to_ms(utc_now()) + 600_000
    locked, shown = made[0].segments()[0], []
    own.extend(locked, until_ms)
    move = move_of(own, store, tmp_path)
    moved = move.copy(lambda done, total: shown.append((done, total)))
    expected = Count(10, sum(map(len, all_of(*made).values())))
    assert (moved.verified, shown[-1]) == (expected, (expected, expected))
    assert contents(own) == all_of(*made), "nothing goes before it is said to"
    moved = move.remove(moved)
    assert contents(store) == all_of(*made)
    assert store.stat(locked).lock.until_ms >= until_ms
    assert (moved.removed, moved.locked) == (9, [(locked, until_ms)]), "the folder's own lock is named, and kept"
    assert list(contents(own)) == [locked]


@pytest.mark.slow
def test_what_s3_locks_stays_there_and_is_named(s3_store: Store, own: FolderStore, tmp_path: Path) -> None:
    made = lay(own, make_item(2))
    for name in made.segments():
        own.hold(name, on=True)
    into = move_of(own, s3_store, tmp_path)
    into.copy()
    back = folder(tmp_path / "back")
    moved = (move := move_of(s3_store, back, tmp_path)).remove(move.copy())
    assert [name for name, _ in moved.locked] == made.segments()
    assert moved.removed == 3
    assert contents(back) == made.files
    assert sorted(contents(s3_store)) == made.segments()


@pytest.mark.slow
def test_a_damaged_file_stays_and_nothing_is_removed(own: FolderStore, store: Store, tmp_path: Path) -> None:
    made, other, broken = (lay(own, make_item(2)) for _ in range(3))
    own.path_of(made.segments()[1]).write_bytes(b"rotten")
    own.path_of(broken.name("journal")).write_bytes(b"rotten")
    move = move_of(own, store, tmp_path)
    moved = move.copy()
    assert sorted(moved.damaged) == sorted([made.segments()[1], broken.item])
    with pytest.raises(Refused, match="damaged"):
        move.remove(moved)
    assert len(contents(own)) == 15
    assert {name: data for name, data in contents(store).items() if name in other.files} == other.files


@pytest.mark.slow
def test_what_the_target_lost_meanwhile_stops_the_removal(own: FolderStore, store: Store, tmp_path: Path) -> None:
    made = lay(own, make_item(2))
    move = move_of(own, store, tmp_path)
    moved = move.copy()
    store.delete(made.segments()[1])
    with pytest.raises(Refused, match="not verified at the target"):
        move.remove(moved)
    assert contents(own) == made.files
    assert contents(store) != made.files
    move.remove(move.copy())
    assert contents(store) == made.files


@pytest.mark.slow
def test_what_came_meanwhile_or_is_not_sealed_stays(own: FolderStore, store: Store, tmp_path: Path) -> None:
    open_one = lay(own, make_item(1), "manifest")
    made, move = lay(own, make_item(1)), move_of(own, store, tmp_path)
    moved = move.copy()
    assert moved.open == [open_one.item]
    lay(own, make_item(1))
    with pytest.raises(Refused, match="not verified"):
        move.remove(moved)
    assert len(contents(own)) == 11
    assert contents(store) == made.files


class _Dies:
    """A store whose process dies at its n-th removal."""

    def __init__(self, store: Store, left: int) -> None:
        self._store, self._left = store, left

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def delete(self, name: StoredName) -> None:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt
        self._store.delete(name)


@pytest.mark.slow
def test_removing_that_broke_off_anywhere_goes_on(tmp_path: Path) -> None:
    for died_at in range(11):
        own, target = folder(tmp_path / f"own-{died_at}"), folder(tmp_path / f"target-{died_at}")
        made = [lay(own, make_item(2, 100)) for _ in range(2)]
        move = move_of(own, target, tmp_path)
        dying = move_of(_Dies(own, died_at), target, tmp_path)  # type: ignore[arg-type]
        with contextlib.suppress(KeyboardInterrupt):
            dying.remove(move.copy())
        again = move.remove(move.copy())
        assert (again.damaged, again.open, contents(own)) == ({}, [], {}), died_at
        assert contents(target) == all_of(*made)


@pytest.mark.slow
def test_killed_at_any_instant_it_goes_on_and_loses_nothing(s3: S3Server, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "keys").mkdir(parents=True)
    (data / "keys" / "vault.pub").write_text(KEYS[0].vkey + "\n")
    own = FolderStore(data / "vault", data / "vault-locks")
    made = [lay(own, make_item(5, 200_000)) for _ in range(2)]
    prefix, kills = secrets.token_hex(6), 0
    with faulty_proxy(s3.endpoint) as proxy:
        url = s3.url(BUCKET, prefix).replace(s3.endpoint, proxy.endpoint)
        proxy.fault = lambda method, path: (time.sleep(0.06 if method == "PUT" else 0), "pass")[1]
        for after in (5, 8, 10, sys.maxsize):
            process = _start(data, url, s3.key_file())
            seen = len(proxy.seen)
            while process.poll() is None and len([1 for said, _ in proxy.seen[seen:] if said == "PUT"]) < after:
                time.sleep(0.005)
            if process.poll() is not None:
                break
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
            kills += 1
            there = {name: b"".join(own.read(name)) for one in made for name in own.files(one.item)}
            assert there == all_of(*made), "nothing goes before all is verified"
    said, problem = process.communicate()
    assert process.returncode == 0, problem
    assert kills == 3
    assert "verified: 16 files" in said
    assert "removed from the source: 10 files" in said
    assert "16/16 files" in problem
    assert sorted(name.partition("/")[2] for name in contents(own)) == sorted(["about", "journal", "manifest"] * 2)
    versions = s3.client.list_object_versions(Bucket=BUCKET, Prefix=f"{prefix}/itm_")["Versions"]
    assert sorted(one["Key"].removeprefix(f"{prefix}/") for one in versions) == sorted(all_of(*made))


def _start(data: Path, url: str, key: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "consentry.project.cli", "vault", "move", "--data", str(data), "--to", url]
    env = {**os.environ, "CONSENTRY_STORE_KEY_FILE": str(key)}
    return subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.slow
def test_check_and_try_tell_an_operator_what_they_found(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from consentry.project.cli import main

    data = tmp_path / "data"
    (data / "keys").mkdir(parents=True)
    (data / "keys" / "vault.pub").write_text(KEYS[0].vkey + "\n")
    own = FolderStore(data / "vault", data / "vault-locks")
    made, other = lay(own, make_item(2)), lay(own, make_item(2))
    words = ["vault", "check", "--data", str(data), "--mb-s", "1000"]
    assert main(["vault", "try", "--data", str(data)]) == 0
    assert main(words) == 0
    own.path_of(made.segments()[0]).write_bytes(b"rotten")
    own.path_of(made.segments()[1]).unlink()
    assert main(words) == 1
    assert main([*words, other.item]) == 0
    assert main([*words, "../x"]) == 1
    said = capfd.readouterr().out
    assert "locks bind only us here" in said
    assert f"{made.item} 000000.seg: changed: expected" in said
    assert f"{made.item} 000001.seg: missing" in said
    assert "2 not as they were signed" in said
