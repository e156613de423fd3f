"""A bag's zip file without the file: from names, sizes and CRCs every byte has its place, so any range can be sent.

A download that broke off goes on at its offset, and the length is known before the first byte. `stream-zip` would make
an acceptable file too, but only from its beginning, and hides where a byte stands.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from consentry.evidence.bag.check.zip_form import (
    central_header,
    end_records,
    local_header,
    local_header_bytes,
)

# Reads the content of the named file from a byte on.
Reader = Callable[[str, int], Iterator[bytes]]


@dataclass(frozen=True)
class Entry:
    """A file of the zip: its name (ASCII, folder included), its size and CRC-32."""

    name: str
    size_bytes: int
    crc: int


class ZipLayout:
    """Where each byte stands. The content comes from `read`, which is asked for one file at a time."""

    def __init__(self, entries: tuple[Entry, ...], read: Reader) -> None:
        self._entries, self._read = entries, read
        self._begins: list[int] = []
        at = 0
        for entry in entries:
            self._begins.append(at)
            at += local_header_bytes(entry.name) + entry.size_bytes
        self._directory = b"".join(
            central_header(entry.name, entry.size_bytes, entry.crc, begins)
            for entry, begins in zip(entries, self._begins, strict=True)
        )
        self._directory += end_records(len(entries), len(self._directory), at)
        self._directory_at = at

    @property
    def size_bytes(self) -> int:
        """The length of the whole zip file."""
        return self._directory_at + len(self._directory)

    def pieces(self, start: int = 0) -> Iterator[bytes]:
        """The zip file from byte `start` on; the same bytes every time."""
        first = max(bisect_right(self._begins, start) - 1, 0)
        for entry, begins in zip(self._entries[first:], self._begins[first:], strict=True):
            yield from self._file(entry, max(start - begins, 0))
        yield self._directory[max(start - self._directory_at, 0) :]

    def _file(self, entry: Entry, skip: int) -> Iterator[bytes]:
        """A file's header and content without the first `skip` bytes."""
        header = local_header(entry.name, entry.size_bytes, entry.crc)
        if skip < len(header):
            yield header[skip:]
        inside = max(skip - len(header), 0)
        if inside < entry.size_bytes:
            yield from self._read(entry.name, inside)
