"""Move everything from one store to another: copied, read back, counted, and only then removed from the first.

May be killed at any instant and started again: what was verified is written down (`state`), what was put lies under
its name already, and nothing is removed before all of it is verified.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from consentry.evidence.stores.folder import make_folder
from consentry.evidence.stores.plan import MANIFEST, Plan, read_plan
from consentry.evidence.stores.types import FileSaid, Store, StoredName, checked, measure, parts_of, stored_name
from consentry.kernel.canonical import canonical_json
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Refused, Untrusted
from consentry.kernel.ids import ItemId
from consentry.kernel.note import Verifier

_IN_MEMORY_BYTES = 8_388_608
# Told how many files and bytes are done, of how many.
Show = Callable[["Count", "Count"], None]


@dataclass(frozen=True, slots=True)
class Count:
    """Files and their bytes."""

    files: int = 0
    size_bytes: int = 0

    def plus(self, size_bytes: int) -> "Count":
        """With one file more."""
        return Count(self.files + 1, self.size_bytes + size_bytes)


@dataclass
class Moved:
    """What came of it. `open`: items that are not sealed and stay; `damaged`: items and files that cannot be moved."""

    verified: Count = field(default_factory=Count)
    removed: int = 0
    locked: list[tuple[StoredName, int]] = field(default_factory=list)
    open: list[ItemId] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Move:
    """From where to where. `keeps`: which files stay at the source besides (the vault's folder keeps what verifies)."""

    source: Store
    target: Store
    state: Path
    verifiers: Sequence[Verifier]
    keeps: Callable[[StoredName], bool] = lambda _: False

    def copy(self, show: Show = lambda *_: None) -> Moved:
        """Copy and verify everything. Unavailable when a store is away: start again later."""
        moved, done = Moved(), Done(self.state)
        wanted = list(self._survey(moved, done))
        total, so_far = Count(len(wanted), sum(said.size_bytes for _, said in wanted)), Count()
        for name, said in wanted:
            if self._is_verified(done, name, said, moved):
                moved.verified = moved.verified.plus(said.size_bytes)
            so_far = so_far.plus(said.size_bytes)
            show(so_far, total)
        return moved

    def remove(self, moved: Moved) -> Moved:
        """Remove from the source what lies verified at the target; Refused (nothing is removed) while anything is not.

        What a lock of the source keeps stays there and is named with its end.
        """
        if moved.damaged:
            raise Refused("something is damaged: nothing is removed", kind="move-damaged")
        done = Done(self.state)
        moved.open.clear()
        wanted = list(self._survey(moved, done))
        for name, said in wanted:
            if done.of(name) != said or not self._is_there(name, said):
                raise Refused(f"{name} is not verified at the target: copy again", kind="move-unverified")
        for name, _ in wanted:
            if not self.keeps(name):
                self._remove(name, moved)
        self.state.unlink(missing_ok=True)
        return moved

    def _survey(self, moved: Moved, done: "Done") -> Iterator[tuple[StoredName, FileSaid]]:
        for item in self.source.items():
            names = list(self.source.files(item))
            try:
                plan = self._plan(item, done).files
            except NotFound:
                moved.open.append(item)
                continue
            except Untrusted as error:
                moved.damaged[item] = str(error)
                continue
            for name in names:
                yield name, plan.get(name) or measure(self.source.read(name))

    def _plan(self, item: ItemId, done: "Done") -> Plan:
        """Where removing broke off, what verifies may be at the target alone."""
        try:
            return read_plan(self.source, item, self.verifiers)
        except (NotFound, Untrusted):
            if done.of(stored_name(item, MANIFEST)) is None:
                raise
            return read_plan(self.target, item, self.verifiers)

    def _is_verified(self, done: "Done", name: StoredName, said: FileSaid, moved: Moved) -> bool:
        if done.of(name) == said and self._is_there(name, said):
            return True
        try:
            self._copy(name, said)
        except (Untrusted, Conflict, LimitReached) as error:
            moved.damaged[name] = str(error)
            return False
        done.add(name, said)
        return True

    def _copy(self, name: StoredName, said: FileSaid) -> None:
        lock = self.source.stat(name).lock
        with _spooled(checked(self.source.read(name), said)) as file:
            self.target.put(name, said, file, lock)

    def _is_there(self, name: StoredName, said: FileSaid) -> bool:
        try:
            found = self.target.stat(name)
        except NotFound:
            return False
        return found.size_bytes == said.size_bytes and found.sha256 in ("", said.sha256)

    def _remove(self, name: StoredName, moved: Moved) -> None:
        try:
            self.source.delete(name)
            moved.removed += 1
        except Refused:
            moved.locked.append((name, self.source.stat(name).lock.until_ms))


class Done:
    """What was verified at the target, one line each. A torn last line is none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[StoredName, FileSaid] = {}
        self._begins = b""
        with contextlib.suppress(FileNotFoundError):
            whole, _, torn = path.read_bytes().rpartition(b"\n")
            self._begins = b"\n" if torn else b""
            for line in whole.splitlines():
                self._take(line)

    def of(self, name: StoredName) -> FileSaid | None:
        """What `name` was when it was verified; None when it was not."""
        return self._known.get(name)

    def add(self, name: StoredName, said: FileSaid) -> None:
        """Write one down, durably; what a crash tore off stays a line of its own."""
        make_folder(self._path.parent)
        with self._path.open("ab") as file:
            torn = b"" if file.tell() == 0 or self._known else b"\n"
            file.write(
                torn + canonical_json({"name": name, "sha256": said.sha256, "size_bytes": said.size_bytes}) + b"\n"
            )
            file.flush()
            os.fsync(file.fileno())
        self._begins = b""
        self._known[name] = said

    def _take(self, line: bytes) -> None:
        with contextlib.suppress(ValueError, KeyError, TypeError, Malformed):
            said = json.loads(line)
            name = StoredName(said["name"])
            parts_of(name)
            self._known[name] = FileSaid(said["size_bytes"], said["sha256"])


def state_path(folder: Path, source: Store, target: Store) -> Path:
    """Where a move from one place to the other writes down what it did."""
    return folder / f"{hashlib.sha256(f'{source.place}|{target.place}'.encode()).hexdigest()[:24]}.jsonl"


@contextlib.contextmanager
def _spooled(pieces: Iterator[bytes]) -> Iterator[BinaryIO]:
    """The pieces as a file that can be read twice; larger ones on disk."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, prefix="consentry-move-") as file:
        for piece in pieces:
            file.write(piece)
        file.seek(0)
        yield file  # type: ignore[misc]  # a spooled file is one to read, seek and tell
