"""An item's journal on disk: read once, then only what is new; a line counts when it is durable.

What a journal holds is read from the page cache, which may show what the disk never took (an fsync that failed). So
whatever is read of a journal that can still grow is written over with the same bytes and fsynced before it counts.
"""

import hashlib
import os
from pathlib import Path
from typing import Final

from consentry.evidence.vault import disk
from consentry.kernel.errors import LimitReached, Untrusted
from consentry.kernel.item import About, parse_about
from consentry.kernel.item_journal import ClosedLine, SegmentLine, read_line
from consentry.kernel.limits import MAX_ITEM_ABOUT_BYTES, MAX_ITEM_JOURNAL_BYTES

ABOUT: Final = "about"
JOURNAL: Final = "journal"
MANIFEST: Final = "manifest"
# So much is left for the line `closed`, whatever the segments take.
_CLOSED_BYTES = 256


class NotWritten(OSError):
    """The line is certainly not in the journal."""


class Journal:
    """The journal in one item's folder. Whoever calls holds the item's lock; after an exception the object is dropped.

    `lines` and `closed` are durable; `link` (hex) is what the next line names as `previous`.
    """

    def __init__(self, folder: Path) -> None:
        """Raises FileNotFoundError (no item here), Untrusted `journal` or `about` (damage: nothing was touched)."""
        self._path = folder / JOURNAL
        self.folder = folder
        raw = read_bounded(folder / ABOUT, MAX_ITEM_ABOUT_BYTES)
        self.about: About = parse_about(raw)
        if self.about.item != folder.name:
            raise Untrusted("this folder holds another item", kind="about")
        self.lines: list[SegmentLine] = []
        self.closed: ClosedLine | None = None
        self.link = hashlib.sha256(raw).hexdigest()
        self._digest, self._size_bytes = hashlib.sha256(), 0
        self.refresh()

    @property
    def sha256(self) -> str:
        """SHA-256 (hex) of the whole journal."""
        return self._digest.hexdigest()

    def refresh(self) -> None:
        """Take in what others wrote since; a last line without its newline is torn and is cut away."""
        is_sealed = (self.folder / MANIFEST).exists()
        size_bytes = self._path.stat().st_size if self._path.exists() else 0
        if size_bytes != self._size_bytes:
            self._read_more(size_bytes, is_sealed=is_sealed)
        if is_sealed and self.closed is None:
            raise Untrusted("a sealed item's journal lost its end", kind="journal")

    def _read_more(self, size_bytes: int, *, is_sealed: bool) -> None:
        if size_bytes < self._size_bytes or size_bytes > MAX_ITEM_JOURNAL_BYTES:
            raise Untrusted("an item's journal became shorter, or is too long", kind="journal")
        with self._path.open("rb") as file:
            file.seek(self._size_bytes)
            tail = file.read(size_bytes - self._size_bytes)
        whole = tail[: tail.rfind(b"\n") + 1]
        parsed = self._parse(whole)
        if not is_sealed:
            self._settle(whole, is_torn=len(whole) != len(tail))
        elif len(whole) != len(tail):
            raise Untrusted("there are bytes behind the end of an item's journal", kind="journal")
        for raw, line in parsed:
            self._take(raw, line)

    def append(self, line: SegmentLine | ClosedLine) -> None:
        """Write one line durably.

        Raises:
            LimitReached: the journal is full. NotWritten: the disk took no whole line, and what it took was cut away.
            OSError: it may be there or not; a new `Journal` finds out.
        """
        raw = line.to_bytes()
        spare = 0 if isinstance(line, ClosedLine) else _CLOSED_BYTES
        if self._size_bytes + len(raw) + spare > MAX_ITEM_JOURNAL_BYTES:
            raise LimitReached("this item has as many segments as one may have", kind="item-full")
        is_new = not self._path.exists()
        fd = disk.open_end(self._path)
        try:
            self._write(fd, raw)
            disk.sync_file(fd)
        finally:
            os.close(fd)
        if is_new:
            disk.sync_folder(self.folder)
        self._take(raw, line)

    def _write(self, fd: int, raw: bytes) -> None:
        try:
            disk.write(fd, raw)
        except OSError as error:
            disk.cut(self._path, self._size_bytes)
            raise NotWritten(error.errno, error.strerror) from error

    def _parse(self, whole: bytes) -> list[tuple[bytes, SegmentLine | ClosedLine]]:
        parsed: list[tuple[bytes, SegmentLine | ClosedLine]] = []
        link, is_closed = self.link, self.closed is not None
        for raw in whole.splitlines(keepends=True):
            if is_closed:
                raise Untrusted("a journal goes on after its end", kind="journal")
            line = read_line(raw, number=len(self.lines) + len(parsed), link=link)
            parsed.append((raw, line))
            link, is_closed = hashlib.sha256(raw).hexdigest(), isinstance(line, ClosedLine)
        return parsed

    def _settle(self, whole: bytes, *, is_torn: bool) -> None:
        """Make what was read durable for certain; only lines that fit the chain come here."""
        if is_torn:
            disk.cut(self._path, self._size_bytes + len(whole))
        disk.overwrite(self._path, self._size_bytes, whole)
        disk.sync_folder(self.folder)

    def _take(self, raw: bytes, line: SegmentLine | ClosedLine) -> None:
        if isinstance(line, ClosedLine):
            self.closed = line
        else:
            self.lines.append(line)
        self._digest.update(raw)
        self._size_bytes += len(raw)
        self.link = hashlib.sha256(raw).hexdigest()


def read_bounded(path: Path, max_bytes: int) -> bytes:
    """A whole file; Untrusted when it is larger than `max_bytes`. Asks for no more memory than it is long."""
    with path.open("rb", buffering=0) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        if size_bytes > max_bytes:
            raise Untrusted(f"the file {path.name} of this item is too long", kind=path.name)
        return file.read(size_bytes)
