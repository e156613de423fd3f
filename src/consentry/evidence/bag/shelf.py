"""The folder in which a bag is made and kept until it was fetched: every file but the originals, and the layout.

The originals are read from the vault again for each download: a second copy of ten gigabytes helps nobody.
"""

import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from consentry.evidence.bag.check.fault import BagFault, within
from consentry.evidence.bag.check.item_form import ORIGINALS
from consentry.evidence.bag.check.sources import READ_BYTES, is_safe_name
from consentry.evidence.bag.layout import Entry, ZipLayout
from consentry.evidence.bag.types import Segments
from consentry.kernel.canonical import canonical_json
from consentry.kernel.errors import Conflict, Malformed

_STATE, _LAYOUT = "draft.json", "layout.json"


class Shelf:
    """Owns one folder; one writer at a time, who is the maker of the bag."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, content: bytes) -> None:
        """Write a small file."""
        path = self.path(name)
        path.write_bytes(content)

    def reopen(self) -> None:
        """From now on there is no bag here, also after a power cut: said before any file of an earlier one changes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in (_LAYOUT, _STATE):
            (self.folder / name).unlink(missing_ok=True)
        _make_durable(self.folder)

    def clear(self, keep: str) -> None:
        """Forget an earlier try that broke off, all but the file `keep`."""
        self.reopen()
        for name in self.names():
            if name != keep:
                self.path(name).unlink()

    def path(self, name: str) -> Path:
        """Where a file stands, its folder made; Malformed for a name that a bag may not hold."""
        if not is_safe_name(name):
            raise Malformed(f"{name[:100]!r} is no name that a bag may hold")
        path = self.folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def names(self) -> list[str]:
        """The files that are here, sorted."""
        root = self.folder / "files"
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    def read(self, name: str, start: int = 0) -> Iterator[bytes]:
        """A file's bytes from `start` on."""
        with self.path(name).open("rb") as file:
            file.seek(start)
            while piece := file.read(READ_BYTES):
                yield piece

    def entry(self, name: str) -> Entry:
        """A file's size and CRC; its bytes and its name are durable afterwards."""
        path = self.path(name)
        for place in (path, *path.relative_to(self.folder).parents):
            _make_durable(self.folder / place)
        size, crc = 0, 0
        for piece in self.read(name):
            size, crc = size + len(piece), zlib.crc32(piece, crc)
        return Entry(name, size, crc)

    def digest(self, name: str) -> str:
        """A file's SHA-256 in hex."""
        digest = hashlib.sha256()
        for piece in self.read(name):
            digest.update(piece)
        return digest.hexdigest()

    def put_state(self, top: str, originals: list[Entry]) -> None:
        """Keep what the second step needs: the bag's folder inside the zip, and the originals as measured."""
        self._write(_STATE, top, originals)

    def state(self) -> tuple[str, list[Entry]]:
        """What `put_state` kept; Conflict when there is none."""
        return self._load(_STATE)

    def close(self, top: str, entries: list[Entry]) -> None:
        """Write down the layout, durably: from now on the bag is these bytes."""
        self._write(_LAYOUT, top, entries)

    def zip_layout(self, segments: Segments) -> ZipLayout:
        """The finished bag; Conflict when it is not finished."""
        top, entries = self._load(_LAYOUT)
        prefix = f"{top}/"

        def read(name: str, start: int) -> Iterator[bytes]:
            inside = name.removeprefix(prefix)
            if not inside.startswith(ORIGINALS):
                return self.read(inside, start)
            return segments.read(int(inside.removeprefix(ORIGINALS).partition(".")[0]), start)

        return ZipLayout(tuple(Entry(prefix + one.name, one.size_bytes, one.crc) for one in entries), read)

    def _write(self, name: str, top: str, entries: list[Entry]) -> None:
        said = {"top": top, "entries": [[one.name, one.size_bytes, one.crc] for one in entries]}
        draft = self.folder / f"{name}.draft"
        with draft.open("wb") as file:
            file.write(canonical_json(said))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / name)
        _make_durable(self.folder)

    def _load(self, name: str) -> tuple[str, list[Entry]]:
        path = self.folder / name
        if not path.exists():
            raise Conflict("this bag is not finished", kind="bag-unfinished")
        said = json.loads(path.read_bytes())
        return said["top"], [Entry(name, size, crc) for name, size, crc in said["entries"]]


def _make_durable(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def measure_segment(segments: Segments, number: int, name: str, sha256: str) -> Entry:
    """A segment's size and CRC, read once; BagFault (store) when the store gives other bytes than were sealed."""
    size, crc, digest = 0, 0, hashlib.sha256()
    with within("store"):
        for piece in segments.read(number):
            size, crc = size + len(piece), zlib.crc32(piece, crc)
            digest.update(piece)
    if digest.hexdigest() != sha256:
        raise BagFault("store", f"segment {number} is not what was sealed")
    return Entry(name, size, crc)
