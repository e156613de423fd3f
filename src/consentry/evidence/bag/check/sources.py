"""Where a bag's files come from: the zip file as it was handed over, or the folder that somebody unpacked from it."""

import hashlib
import os
import re
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from consentry.evidence.bag.check.fault import BagFault, need, within
from consentry.evidence.bag.check.zip_form import (
    CENTRAL_EXTRA_BYTES,
    CENTRAL_FIXED_BYTES,
    END_BYTES,
    local_header,
    local_header_bytes,
    read_central_header,
    read_end_records,
)
from consentry.kernel.limits import MAX_BAG_DIRECTORY_BYTES, MAX_BAG_FILES, MAX_BAG_NAME_CHARS

READ_BYTES = 1_048_576
_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_NAME = re.compile(rf"{_PART}(?:/{_PART})*")


class Source(Protocol):
    """The files of a bag: `sizes` by name (within the bag), and their bytes."""

    sizes: dict[str, int]

    def pieces(self, name: str) -> Iterator[memoryview]:
        """The bytes of a file in pieces, each good until the next; BagFault when what stands around them is wrong."""
        ...

    def close(self) -> None:
        """Read no more."""
        ...


def open_source(place: Path) -> Source:
    """The bag at `place`; BagFault (zip, bag) for what can be none."""
    return FolderSource(place) if place.is_dir() else ZipSource(place.open("rb", buffering=0))


class ZipSource:
    """A zip file in exactly the form of `zip_form`; every header and gap is checked before the first file is read."""

    def __init__(self, file: BinaryIO) -> None:
        self.sizes: dict[str, int] = {}
        self._file = file
        self._places: dict[str, tuple[int, int]] = {}
        with within("zip"):
            self._read_directory()

    def pieces(self, name: str) -> Iterator[memoryview]:
        """Also checks the CRC behind the last piece (layer zip)."""
        at, crc = self._places[name]
        self._file.seek(at)
        found = 0
        for piece in _pieces_of(self._file, self.sizes[name]):
            found = zlib.crc32(piece, found)
            yield piece
        need("zip", found == crc, f"the CRC of {name} is wrong")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read_directory(self) -> None:
        size = self._file.seek(0, os.SEEK_END)
        need("zip", size > END_BYTES, "it is too short for a zip file")
        count, directory_bytes, directory_at = read_end_records(self._read(size - END_BYTES, END_BYTES))
        need("zip", 0 < count <= MAX_BAG_FILES, f"{count} files are none or too many")
        need("zip", directory_bytes <= MAX_BAG_DIRECTORY_BYTES, "its directory is too large")
        need(
            "zip", directory_at + directory_bytes + END_BYTES == size, "its directory does not end where its end begins"
        )
        raw, read, expected, top = self._read(directory_at, directory_bytes), 0, 0, ""
        for _ in range(count):
            name, size_bytes, crc, offset = read_central_header(raw, read)
            read += CENTRAL_FIXED_BYTES + len(name) + CENTRAL_EXTRA_BYTES
            need("zip", offset == expected, f"{name!r} does not begin where the file before it ends")
            begins = offset + local_header_bytes(name)
            expected = begins + size_bytes
            need("zip", expected <= directory_at, f"{name!r} is longer than the zip file")
            need("zip", self._read(offset, begins - offset) == local_header(name, size_bytes, crc),
                 f"{name!r} has another header than the directory says")  # fmt: skip
            top = top or name.partition("/")[0]
            self._add(name, top, size_bytes, (begins, crc))
        need("zip", read == directory_bytes and expected == directory_at, "there are bytes that belong to no file")

    def _add(self, name: str, top: str, size_bytes: int, place: tuple[int, int]) -> None:
        inside = name.removeprefix(f"{top}/")
        need("zip", inside != name, f"{name!r} lies outside of the bag's folder")
        need("zip", is_safe_name(name), f"{name[:200]!r} is no name that a bag may hold")
        need("zip", inside not in self.sizes, f"two files are called {name!r}")
        self.sizes[inside], self._places[inside] = size_bytes, place

    def _read(self, at: int, count: int) -> bytes:
        self._file.seek(at)
        return b"".join(bytes(piece) for piece in _pieces_of(self._file, count))


class FolderSource:
    """A folder with a bag's files; links and anything that is no plain file are refused."""

    def __init__(self, folder: Path) -> None:
        self.sizes: dict[str, int] = {}
        self._folder = folder
        with within("bag"):
            self._walk(folder, "")
        need("bag", len({name.casefold() for name in self.sizes}) == len(self.sizes), "two files differ by case only")

    def pieces(self, name: str) -> Iterator[memoryview]:
        """The bytes of a file, which must still be as long as when the folder was listed."""
        handle = os.open(self._folder / name, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(handle, "rb", buffering=0) as file:
            yield from _pieces_of(file, self.sizes[name])
            need("bag", not file.read(1), f"{name} grew while it was read")

    def close(self) -> None:
        """Nothing is open between two files."""

    def _walk(self, folder: Path, prefix: str) -> None:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = prefix + entry.name
                need("bag", is_safe_name(name), f"{name[:200]!r} is no name that a bag may hold")
                state = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(state.st_mode):
                    self._walk(Path(entry.path), f"{name}/")
                    continue
                need("bag", stat.S_ISREG(state.st_mode), f"{name} is a link or no plain file")
                self.sizes[name] = state.st_size
                need("bag", len(self.sizes) <= MAX_BAG_FILES, "there are too many files")


def is_safe_name(name: str) -> bool:
    """Is this a relative path of plain characters, without `.` and `..`?"""
    return len(name) <= MAX_BAG_NAME_CHARS and _NAME.fullmatch(name) is not None


def read_whole(source: Source, name: str, most_bytes: int) -> bytes:
    """A small file; BagFault (bag) when it is missing or too large."""
    need("bag", name in source.sizes, f"{name} is missing")
    need("bag", source.sizes[name] <= most_bytes, f"{name} is too large")
    return b"".join(bytes(piece) for piece in source.pieces(name))


def digest_of(source: Source, name: str, layer: str, sha256: str) -> None:
    """BagFault in `layer` unless the file's SHA-256 is `sha256` (hex); reads it piece by piece."""
    digest = hashlib.sha256()
    fault = None
    try:
        for piece in source.pieces(name):
            digest.update(piece)
    except BagFault as error:
        fault = error
    need(layer, digest.hexdigest() == sha256, f"{name} was changed: its SHA-256 is not the one that was recorded")
    if fault is not None:
        raise fault


def _pieces_of(file: BinaryIO, count: int) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(min(count, READ_BYTES)))
    while count:
        got = file.readinto(buffer[: min(count, READ_BYTES)])  # type: ignore[attr-defined]  # raw files have it
        need("zip", bool(got), "the file ends too early")
        count -= got
        yield buffer[:got]
