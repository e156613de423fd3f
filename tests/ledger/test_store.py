"""The static files: whatever instant the process dies at, what a checkpoint names is there and nothing is forked."""

import errno
import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentry.kernel import merkle
from consentry.kernel.checkpoint import open_checkpoint
from consentry.kernel.errors import Conflict, ConsentryError, Untrusted
from consentry.kernel.note import Signer
from consentry.ledger.sequencer import durable
from consentry.ledger.sequencer.store import LogStore

SIGNER = Signer.generate("log.example/ledger")


class Killed(BaseException):
    """The process stops here."""


def entries(first: int, count: int) -> list[bytes]:
    return [f"entry {number}".encode() for number in range(first, first + count)]


def check(folder: Path, expected: list[bytes]) -> None:
    store = LogStore(folder, SIGNER)
    leaves = [merkle.leaf_hash(entry) for entry in expected]
    assert (store.head.size, store.head.root) == (len(leaves), merkle.root_of(leaves))
    reader = store.reader()
    for index in {0, 255, 256, len(expected) // 2, len(expected) - 1} & set(range(len(expected))):
        assert reader.entry(index, len(expected)) == expected[index]
    store.close()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=6))
def test_batches_of_any_size_make_the_same_log(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    folder = tmp_path_factory.mktemp("log")
    for number, size in enumerate(sizes):
        store = LogStore(folder, SIGNER)
        store.append(entries(sum(sizes[:number]), size))
        store.close()
    check(folder, entries(0, sum(sizes)))


def test_three_levels_reopen(tmp_path: Path) -> None:
    store = LogStore(tmp_path, SIGNER)
    store.append(entries(0, 65_536))
    store.append(entries(65_536, 300))
    store.tidy()
    store.close()
    check(tmp_path, entries(0, 65_836))
    assert not list(tmp_path.glob("tile/[01]/000.p"))


def steps_of(work: Callable[[], None], monkeypatch: pytest.MonkeyPatch, die_at: int) -> int:
    """Run `work`; die at the `die_at`-th durable step (file or folder fsync, rename). Returns how many were done."""
    done = 0
    fsync, replace = os.fsync, Path.replace

    def step() -> None:
        nonlocal done
        if done == die_at:
            raise Killed
        done += 1

    def dying_fsync(fd: int) -> None:
        step()
        fsync(fd)

    def dying_replace(self: Path, target: Path) -> Path:
        step()
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "fsync", dying_fsync)
        patch.setattr(Path, "replace", dying_replace)
        try:
            work()
        except Killed:
            return done
    return -1


@pytest.mark.parametrize(("before", "batch"), [(0, 1), (10, 1), (250, 20), (255, 1), (511, 300)])
def test_a_crash_at_any_durable_step_loses_nothing_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int, batch: int
) -> None:
    die_at, survived = 0, False
    while not survived:
        folder = tmp_path / str(die_at)
        store = LogStore(folder, SIGNER)
        if before:
            store.append(entries(0, before))
        survived = steps_of(lambda: store.append([b"lost?"] * batch), monkeypatch, die_at) == -1  # noqa: B023
        store.close()
        again = LogStore(folder, SIGNER)
        assert again.head.size in (before, before + batch)
        expected = entries(0, before) + ([b"lost?"] * batch if again.head.size > before else [])
        again.append(entries(len(expected), 7))
        again.close()
        check(folder, expected + entries(len(expected), 7))
        die_at += 1
    assert die_at > 6


@pytest.mark.parametrize("name", ["checkpoint.latest", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"])
def test_a_damaged_right_edge_is_not_opened(tmp_path: Path, name: str) -> None:
    store = LogStore(tmp_path, SIGNER)
    store.append(entries(0, 300))
    store.close()
    path = tmp_path / name
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(ConsentryError):
        LogStore(tmp_path, SIGNER)
    path.unlink()
    if name != "checkpoint.latest":
        with pytest.raises(Untrusted):
            LogStore(tmp_path, SIGNER)


def test_another_key_does_not_open_the_log(tmp_path: Path) -> None:
    store = LogStore(tmp_path, SIGNER)
    store.append(entries(0, 3))
    store.close()
    with pytest.raises(Untrusted):
        LogStore(tmp_path, Signer.generate(SIGNER.name))


def test_two_processes_do_not_hold_one_folder(tmp_path: Path) -> None:
    store = LogStore(tmp_path, SIGNER)
    with pytest.raises(Conflict):
        LogStore(tmp_path, SIGNER)
    store.close()
    LogStore(tmp_path, SIGNER).close()


def test_a_full_disk_refuses_the_batch_and_takes_it_later(tmp_path: Path) -> None:
    store = LogStore(tmp_path, SIGNER)
    store.append(entries(0, 5))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(OSError) as caught:
            store.append([b"x" * 2_000])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.errno == errno.EFBIG
    head = open_checkpoint((tmp_path / "checkpoint.latest").read_text(), SIGNER.verifier)
    assert head.size == store.head.size == 5
    store.close()
    again = LogStore(tmp_path, SIGNER)
    again.append([b"x" * 2_000])
    again.close()
    check(tmp_path, [*entries(0, 5), b"x" * 2_000])
