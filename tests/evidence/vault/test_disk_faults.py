"""A disk that is full or fails: nothing is acknowledged that is not durable, nothing is trusted that failed once."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.architecture.source import ROOT
from tests.evidence.vault.rig import BEGAN_MS, SIGNER, begun, open_vault, read, said_of, tell

from consentry.evidence.vault import disk
from consentry.evidence.vault import vault as vault_module
from consentry.evidence.vault.recovery import recover
from consentry.kernel.errors import Unavailable
from consentry.kernel.item_signed import open_acknowledgement


def path_of(fd: int) -> str:
    return str(Path(f"/proc/self/fd/{fd}").readlink())


class FaultyDisk:
    """Fails the named system call on files whose name ends so, once; notes every fsync."""

    def __init__(self, patch: pytest.MonkeyPatch, call: str, suffix: str, code: int) -> None:
        self.synced: list[tuple[str, int]] = []
        self._fails = True
        true_write, true_fsync = os.write, os.fsync

        def due(fd: int, name: str) -> bool:
            return self._fails and call == name and path_of(fd).endswith(suffix)

        def write(fd: int, data: memoryview) -> int:
            if due(fd, "write"):
                self._fails = False
                true_write(fd, bytes(data[: len(data) // 2]))  # a disk that fills up takes a part
                raise OSError(code, os.strerror(code))
            return true_write(fd, data)

        def fsync(fd: int) -> None:
            self.synced.append((path_of(fd), fd))
            if due(fd, "fsync"):
                self._fails = False
                raise OSError(code, os.strerror(code))
            true_fsync(fd)

        patch.setattr(disk.os, "write", write)
        patch.setattr(disk.os, "fsync", fsync)


def test_a_segment_whose_fsync_failed_is_quarantined_and_never_synced_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = open_vault(tmp_path)
    item = begun(vault, b"zero").item
    faulty = FaultyDisk(monkeypatch, "fsync", ".part", errno.EIO)
    with pytest.raises(Unavailable) as caught:
        tell(vault, item, 1, b"one")
    assert caught.value.kind == "vault-disk"
    assert len([path for path, _ in faulty.synced if path.endswith(".part")]) == 1
    aside = list((tmp_path / "vault" / item / "quarantine").iterdir())
    assert len(aside) == 1
    assert len(vault.lines_of(item)) == 1
    tell(vault, item, 1, b"one")  # into a new file
    assert read(vault, item, 1) == b"one"
    assert recover(open_vault(tmp_path)).damaged == {}


def test_a_line_whose_fsync_failed_counts_only_when_it_was_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page cache shows the line, the disk may lack it: no answer until another descriptor has written it again."""
    vault = open_vault(tmp_path)
    item = begun(vault, b"zero").item
    faulty = FaultyDisk(monkeypatch, "fsync", "journal", errno.EIO)
    with pytest.raises(Unavailable):
        tell(vault, item, 1, b"one")
    written: list[int] = []
    pwrite = os.pwrite
    monkeypatch.setattr(disk.os, "pwrite", lambda fd, data, at: written.append(len(data)) or pwrite(fd, data, at))
    for again in (vault, open_vault(tmp_path)):
        faulty.synced.clear()
        written.clear()
        assert open_acknowledgement(tell(again, item, 1, b"one"), [SIGNER.verifier]).number == 1
        assert sum(written) > 400  # its line, from this descriptor
        assert [path for path, _ in faulty.synced if path.endswith("journal")]
    assert len(vault.lines_of(item)) == 2
    assert read(vault, item, 1) == b"one"


@pytest.mark.parametrize("suffix", [".part", "journal"])
def test_a_full_disk_refuses_the_segment_and_takes_it_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    vault = open_vault(tmp_path)
    item = begun(vault, b"zero").item
    before = (tmp_path / "vault" / item / "journal").read_bytes()
    FaultyDisk(monkeypatch, "write", suffix, errno.ENOSPC)
    with pytest.raises(Unavailable) as caught:
        tell(vault, item, 1, b"one")
    assert caught.value.kind == "vault-full"
    # Nothing of it is left: a full disk must not fill up with refused segments.
    assert sorted(path.name for path in (tmp_path / "vault" / item).iterdir()) == ["000000.seg", "about", "journal"]
    assert (tmp_path / "vault" / item / "journal").read_bytes() == before
    tell(vault, item, 1, b"one")
    vault.close(item, now_ms=BEGAN_MS)
    assert vault.check(item) is not None


@pytest.mark.parametrize("call", ["write", "fsync"])
@pytest.mark.parametrize("suffix", ["journal", "manifest.new"])
def test_an_end_that_the_disk_does_not_take_is_made_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, call: str
) -> None:
    vault = open_vault(tmp_path)
    item = begun(vault, b"zero").item
    FaultyDisk(monkeypatch, call, suffix, errno.ENOSPC)
    with pytest.raises(Unavailable):
        vault.close(item, now_ms=BEGAN_MS + 7)
    assert not (tmp_path / "vault" / item / "manifest").exists()
    sealed = vault.close(item, now_ms=BEGAN_MS + 9)
    assert vault.close(item, now_ms=BEGAN_MS) == sealed
    assert open_vault(tmp_path).check(item) is not None


def test_a_disk_that_is_nearly_full_keeps_room_to_close(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = open_vault(tmp_path)
    item = begun(vault, b"zero").item
    monkeypatch.setattr(vault_module.disk, "free_bytes", lambda folder: 67_108_864)
    with pytest.raises(Unavailable) as caught:
        tell(vault, item, 1, b"one")
    assert caught.value.kind == "vault-full"
    assert vault.close(item, now_ms=BEGAN_MS)


FULL = """
import sys
from pathlib import Path
from consentry.evidence.vault import vault as vault_module
from consentry.kernel.errors import Unavailable
from tests.evidence.vault.rig import BEGAN_MS, begun, open_vault, read, tell
vault_module.VAULT_KEEP_FREE_BYTES = 0
folder = Path(sys.argv[1])
vault = open_vault(folder)
first, item = begun(vault, b"small"), begun(vault).item
taken = 0
try:
    while True:
        tell(vault, item, taken, bytes([taken]) * 700_000)
        taken += 1
except Unavailable as error:
    assert error.kind == "vault-full", error
assert 3 <= taken <= 12, taken
assert len(vault.lines_of(item)) == taken
assert all(read(vault, item, at) == bytes([at]) * 700_000 for at in range(taken))
vault.shred(first.item)
tell(vault, item, taken, b"little")
sealed = vault.close(item, now_ms=BEGAN_MS)
assert open_vault(folder).close(item, now_ms=BEGAN_MS) == sealed and vault.check(item) is not None
print("taken", taken)
"""


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """A file system of 6 MB in memory, mounted in a name space of its own."""
    mount = f'mount -t tmpfs -o size=6m none "{tmp_path}" && exec "$0" - "{tmp_path}"'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, sys.executable]
    done = subprocess.run(command, input=FULL, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"this machine mounts nothing in a name space of its own: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr[-2_000:]
    assert "taken" in done.stdout


def test_the_same_answer_is_not_given_for_what_is_only_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = open_vault(tmp_path)
    item = begun(vault, b"zero").item

    def dead(fd: int) -> None:
        raise OSError(errno.EIO, "dead")

    with monkeypatch.context() as patch:
        patch.setattr(disk.os, "fsync", dead)
        for _ in range(3):
            with pytest.raises(Unavailable):
                vault.take_segment(item, said_of(1, b"one"), [b"one"])
        with pytest.raises(Unavailable):
            vault.close(item, now_ms=BEGAN_MS)
    assert len(vault.lines_of(item)) == 1
