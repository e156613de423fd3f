"""A disk that dies at a chosen step, and what is on it afterwards.

`DyingDisk` stands in for the steps of `evidence/vault/disk.py`: it does each of them, counts, and dies before the one
it is told; from then on nothing works. Meanwhile it notes what was made durable: a file's bytes by its fsync, a
folder's names by that folder's. `leave` then makes the folder as a machine would find it: `kill` (the process died, the
machine did not: all is there), `cut` (only what was durable is there), `mixed` (of the rest, some).
"""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consentry.evidence.vault import disk

STEPS = ("create", "open_end", "write", "overwrite", "cut", "sync_file", "sync_folder", "rename", "link", "remove")


class Killed(BaseException):
    """The process stops here."""


class DyingDisk:
    """Use `with disk_of.patched(monkeypatch): …`; `root` must be on one file system and empty at first."""

    def __init__(self, root: Path, die_at: int = -1, *, skip: str = "") -> None:
        """`skip`: a step that is left out (but reported as done), to see whether somebody notices."""
        self.steps, self.log = 0, list[str]()
        self._root, self._die_at, self._skip = root, die_at, skip
        self._serial: dict[int, int] = {}
        self._made = 0
        self._bytes: dict[int, bytes] = {}
        self._names: dict[Path, dict[str, int | None]] = {root: {}}
        self._true = {name: getattr(disk, name) for name in (*STEPS, "make_folder")}

    def attach(self, patch: pytest.MonkeyPatch) -> None:
        """Stand in for the steps from now on."""
        for name in STEPS:
            patch.setattr(disk, name, self._step(name))
        patch.setattr(disk, "make_folder", self._make_folder)

    def know_all(self) -> None:
        """Take what is there already as durable."""
        for path in (self._root, *self._root.rglob("*")):
            if path.is_file():
                self._made += 1
                self._serial.setdefault(path.stat().st_ino, self._made)
                self._bytes[self._serial[path.stat().st_ino]] = path.read_bytes()
        for path in (self._root, *self._root.rglob("*")):
            if path.is_dir():
                self._names[path] = self._names_now(path)

    def _step(self, name: str) -> Callable[..., Any]:
        def step(*given: Any) -> Any:
            self._count(f"{name} {given[0]}")
            if name == self._skip:
                return None
            done = self._true[name](*given)
            self._note(name, given, done)
            return done

        return step

    def _count(self, what: str) -> None:
        if self._die_at in range(self.steps + 1):
            raise Killed
        self.steps += 1
        self.log.append(what.replace(str(self._root), ""))

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            self._make_folder(folder.parent)
            self._count(f"mkdir {folder}")
            folder.mkdir(mode=0o700, exist_ok=True)
            self._names[folder] = {}
            disk.sync_folder(folder.parent)

    def _note(self, name: str, given: tuple[Any, ...], done: Any) -> None:
        if name in ("create", "open_end"):
            inode = os.fstat(done).st_ino
            if name == "create" or inode not in self._serial:
                self._made += 1
                self._serial[inode] = self._made
        elif name == "sync_file":
            self._bytes[self._serial[os.fstat(given[0]).st_ino]] = Path(f"/proc/self/fd/{given[0]}").read_bytes()
        elif name == "sync_folder":
            self._names[given[0]] = self._names_now(given[0])

    def _names_now(self, folder: Path) -> dict[str, int | None]:
        return {path.name: None if path.is_dir() else self._serial[path.stat().st_ino] for path in folder.iterdir()}

    def leave(self, to: Path, how: str, *, seed: int = 0) -> None:
        """Make `to` what is found after the death."""
        if how == "kill":
            shutil.copytree(self._root, to, copy_function=_copy_with_links({}))
        else:
            self._leave_folder(self._root, to, random.Random(seed) if how == "mixed" else None, {})

    def _leave_folder(self, folder: Path, to: Path, chance: random.Random | None, made: dict[int, Path]) -> None:
        to.mkdir(mode=0o700)
        now = self._names_now(folder)
        names = now if chance is not None and chance.random() < 0.5 else self._names.get(folder, {})
        for name, serial in names.items():
            if serial is None:
                self._leave_folder(folder / name, to / name, chance, made)
            elif serial in made:
                (to / name).hardlink_to(made[serial])
            else:
                (to / name).write_bytes(self._content(folder / name, serial, now.get(name) == serial, chance))
                made[serial] = to / name

    def _content(self, path: Path, serial: int, is_here: bool, chance: random.Random | None) -> bytes:
        durable = self._bytes.get(serial, b"")
        if not is_here or chance is None:
            return durable
        data = path.read_bytes()
        if chance.random() < 0.3 and len(data) > len(durable) and data.startswith(durable):
            return data[: chance.randint(len(durable), len(data))]  # torn
        return data if chance.random() < 0.5 else durable


def _copy_with_links(made: dict[int, str]) -> Callable[[str, str], object]:
    def copy(path: str, to: str) -> object:
        inode = Path(path).stat().st_ino
        if inode in made:
            return os.link(made[inode], to)
        made[inode] = to
        return shutil.copyfile(path, to)

    return copy
