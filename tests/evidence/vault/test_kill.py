"""`kill -9` at random instants of capture, sealing and shredding: the promises of docs/design/vault.md hold."""

import collections
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.architecture.source import ROOT
from tests.evidence.vault.crasher import plain_of

from consentry.evidence.vault.keys import Keys
from consentry.evidence.vault.recovery import recover
from consentry.evidence.vault.vault import Vault
from consentry.kernel.canonical import to_b64
from consentry.kernel.ids import ItemId
from consentry.kernel.item import commit_of
from consentry.kernel.note import Signer

KILLS = 220
CHECK_EVERY = 44
MAX_WORK_US = 25_000


@contextmanager
def crasher(folder: Path, signer: Signer) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.evidence.vault.crasher", str(folder), signer.skey]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.wait(10)


def kill_after(process: subprocess.Popen[str], since: str, work_us: int) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{since} {work_us}\n")
    process.stdin.flush()
    assert process.stdout.readline() == "9\n"  # it worked until it was killed


@pytest.mark.slow
def test_two_hundred_kills_lose_nothing_that_was_told(quick_folder: Path) -> None:
    signer, chance = Signer.generate("vault.example/vault"), random.Random(7)
    with crasher(quick_folder, signer) as process:
        for number in range(KILLS):
            kill_after(process, "work" if number % 5 else "start", chance.randint(500, MAX_WORK_US))
            if number % CHECK_EVERY == CHECK_EVERY - 1:
                check(quick_folder, signer)
    phases = collections.Counter(at for at, _ in deaths(quick_folder))
    assert sum(phases.values()) >= 200  # some died before their first word
    assert all(phases[phase] >= 3 for phase in ("capture", "seal", "shred")), phases


def told(folder: Path) -> Iterator[tuple[str, Any]]:
    for line in (folder / "told").read_text().splitlines():
        word, what = json.loads(line)
        yield word, what


def deaths(folder: Path) -> Iterator[tuple[str, int]]:
    """What each worker was doing when it was killed."""
    doing = ""
    for word, what in told(folder):
        if word == "phase" and what == "start" and doing:
            yield doing, 1
        doing = what if word == "phase" else doing
    yield doing, 1


def check(folder: Path, signer: Signer) -> None:
    vault = Vault(folder / "vault", Keys(folder / "vault-keys", shredded=()), signer)
    report = recover(vault)
    assert (report.damaged, report.busy) == ({}, [])
    said = collections.defaultdict[str, list[Any]](list)
    for word, what in told(folder):
        said[word].append(what)
    assert said["damaged"] == []
    shredding, shredded = ({what[0] for what in said[word]} for word in ("shredding", "shredded"))
    for item, commit in dict(said["sealed"]).items():
        signed = vault.check(ItemId(item))  # hashes every segment that is not shredded
        assert signed is not None
        assert to_b64(commit_of(signed.manifest.salt, signed.payload_sha256)) == commit
        assert vault.keys.is_shredded(ItemId(item)) or item not in shredded
    for item in vault.items():
        check_segments(vault, item, {number for of, number in said["acknowledged"] if of == item}, shredding)


def check_segments(vault: Vault, item: ItemId, acknowledged: set[int], shredding: set[str]) -> None:
    lines = vault.lines_of(item)
    assert acknowledged <= set(range(len(lines)))
    if vault.keys.is_shredded(item):
        assert item in shredding
        assert not list(vault.folder_of(item).glob("*.seg"))
        return
    for line in lines:
        assert b"".join(vault.open_segment(item, line.number)) == plain_of(item, line.number)
