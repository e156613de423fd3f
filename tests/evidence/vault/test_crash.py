"""Whatever step the process or the machine dies at, the promises of docs/design/vault.md hold afterwards."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.evidence.vault.crash import DyingDisk, Killed
from tests.evidence.vault.rig import BEGAN_MS, DAY_MS, new_about, open_vault, read, tell

from consentry.evidence.vault.keys import Keys, hold_kek, month_kek
from consentry.evidence.vault.recovery import recover
from consentry.evidence.vault.types import Sealed
from consentry.evidence.vault.vault import Vault
from consentry.kernel.errors import ConsentryError
from consentry.kernel.ids import HoldId, ItemId, new_id

ABOUTS = [new_about() for _ in range(2)]
ITEMS = [about.item for about in ABOUTS]
SEGMENTS = [os.urandom(3_000), b"", os.urandom(500)]
HOLD = hold_kek(HoldId(new_id("hold")))
LATER_MS = BEGAN_MS + 40 * DAY_MS


@dataclass
class Known:
    """What somebody outside was told before the end."""

    acknowledged: dict[tuple[ItemId, int], bytes] = field(default_factory=dict)
    sealed: dict[ItemId, Sealed] = field(default_factory=dict)
    keys: dict[ItemId, bytes] = field(default_factory=dict)
    shredding: set[ItemId] = field(default_factory=set)
    shredded: set[ItemId] = field(default_factory=set)


def live(folder: Path, known: Known) -> None:
    """Capture, seal, hold, let go and shred."""
    vault = open_vault(folder)
    for about in ABOUTS:
        capture(vault, about.item, known)
        known.sealed[about.item] = vault.close(about.item, now_ms=LATER_MS)
    vault.put_timestamp(ITEMS[0], b"reply")
    vault.keys.rewrap(ITEMS[0], HOLD)
    vault.keys.rewrap(ITEMS[0], month_kek("90d", LATER_MS))
    known.shredding.add(ITEMS[1])
    vault.shred(ITEMS[1])
    known.shredded.add(ITEMS[1])
    for kek in vault.keys.due_keks(LATER_MS):
        vault.keys.destroy_kek(kek, now_ms=LATER_MS)


def capture(vault: Vault, item: ItemId, known: Known) -> None:
    vault.begin(next(about for about in ABOUTS if about.item == item))
    known.keys.setdefault(item, vault.keys.unwrap(item))
    for number, plain in enumerate(SEGMENTS):
        known.acknowledged[item, number] = tell(vault, item, number, plain)


def check(folder: Path, known: Known) -> None:
    """Every promise, and that work goes on."""
    vault = open_vault(folder)
    report = recover(vault)
    assert (report.damaged, report.busy) == ({}, [])
    for item in vault.items():
        check_item(vault, item, known)
    assert recover(open_vault(folder)) == type(report)()
    for item in ITEMS:
        if not vault.keys.is_shredded(item):
            capture(vault, item, known)
            again = vault.close(item, now_ms=LATER_MS)
            assert known.sealed.setdefault(item, again) == again
            assert vault.check(item) is not None


def check_item(vault: Vault, item: ItemId, known: Known) -> None:
    lines, folder = vault.lines_of(item), vault.folder_of(item)
    told = {number: answer for (of, number), answer in known.acknowledged.items() if of == item}
    assert len(lines) >= len(told)
    if item in known.sealed:
        assert (folder / "manifest").read_bytes() == known.sealed[item].envelope
        assert vault.check(item) is not None
    if vault.keys.is_shredded(item):
        assert item in known.shredding
        assert not list(folder.glob("*.seg"))
        return
    assert item not in known.shredded
    assert known.keys.get(item, b"") in (b"", vault.keys.unwrap(item))
    for line in lines:
        assert read(vault, item, line.number) == SEGMENTS[line.number]
        assert line.sha256 == hashlib.sha256(SEGMENTS[line.number]).hexdigest()


def die(folder: Path, work: Callable[[Path, Known], None], known: Known, at: int, *, skip: str = "") -> DyingDisk:
    """Do `work` until the step `at`."""
    folder.mkdir()
    dying = DyingDisk(folder, at, skip=skip)
    with pytest.MonkeyPatch.context() as patch:
        dying.attach(patch)
        try:
            work(folder, known)
        except Killed:
            return dying
    return dying


def steps_of(quick_folder: Path) -> int:
    return die(quick_folder / "whole", live, Known(), -1).steps


def deaths(quick_folder: Path, *, skip: str = "", every: int = 1) -> Iterator[tuple[DyingDisk, Known, int]]:
    for at in range(0, steps_of(quick_folder) + 1, every):
        known = Known()
        yield die(quick_folder / f"at-{at}", live, known, at, skip=skip), known, at


def test_the_promises_hold_after_a_death_at_any_step(quick_folder: Path) -> None:
    count = 0
    for dying, known, at in deaths(quick_folder):
        # The death of the process alone is also played at random instants (test_kill.py).
        for how in ("cut", "mixed", "kill")[: 1 + (at % 2 == 0) + (at % 8 == 0)]:
            left = quick_folder / f"at-{at}-{how}"
            dying.leave(left, how, seed=at)
            try:
                check(left, Known(**{name: value.copy() for name, value in vars(known).items()}))
            except BaseException as error:
                error.add_note(f"step {at}, {how}: {dying.log[-3:]}")
                raise
            shutil.rmtree(left)
            count += 1
    assert count >= 300


def test_dying_again_while_order_is_made_changes_nothing(quick_folder: Path) -> None:
    for dying, known, at in deaths(quick_folder, every=19):
        dying.leave(quick_folder / f"left-{at}", "mixed", seed=at)
        again_at, is_over = 0, False
        while not is_over:
            folder = quick_folder / f"left-{at}-{again_at}"
            again = die_in_recovery(quick_folder / f"left-{at}", folder, again_at)
            is_over = again.steps < again_at
            check(folder, Known(**{name: value.copy() for name, value in vars(known).items()}))
            again_at += 4


def die_in_recovery(left: Path, folder: Path, at: int) -> DyingDisk:
    """Recover a copy of `left` until the step `at`; the process dies, the machine does not."""
    DyingDisk(left).leave(folder, "kill")
    dying = DyingDisk(folder, at)
    with pytest.MonkeyPatch.context() as patch:
        dying.attach(patch)
        dying.know_all()
        try:
            recover(open_vault(folder))
        except Killed:
            return dying
    return dying


@pytest.mark.parametrize("skip", ["sync_file", "sync_folder"])
def test_a_missing_fsync_would_be_noticed(quick_folder: Path, skip: str) -> None:
    broken = 0
    for dying, known, at in deaths(quick_folder, skip=skip, every=7):
        dying.leave(quick_folder / f"at-{at}-cut", "cut")
        try:
            check(quick_folder / f"at-{at}-cut", known)
        except (AssertionError, ConsentryError, OSError):
            broken += 1
    assert broken > 3


def test_keys_that_are_left_half_destroyed_are_finished(quick_folder: Path) -> None:
    keys = Keys(quick_folder / "keys", shredded=())
    item = ITEMS[0]
    keys.make(item, month_kek("90d", BEGAN_MS))
    path = quick_folder / "keys" / "items" / item
    before = path.read_bytes()
    dying = path.with_name(path.name + ".dying")
    dying.hardlink_to(path)  # died before the new one took its place
    assert Keys(quick_folder / "keys", shredded=()).unwrap(item)
    assert (path.read_bytes(), dying.exists()) == (before, False)
    dying.write_bytes(before)  # died after it
    Keys(quick_folder / "keys", shredded=())
    assert not dying.exists()
