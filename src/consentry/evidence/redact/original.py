"""The original as redaction sees it: parts that can be read anywhere, each with its hash and its time."""

import io
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from consentry.evidence.redact.types import OriginalName
from consentry.kernel.errors import Untrusted

_PIECES_HELD = 8


class RangeReader(Protocol):
    """Plain bytes of one part, verified by whoever offers them (the vault's frames authenticate themselves)."""

    @property
    def size_bytes(self) -> int:
        """How many there are."""
        ...

    def read_at(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`, fewer only at the end. Untrusted when they do not verify."""
        ...


class BytesReader:
    """Bytes that are in memory, as a RangeReader."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size_bytes(self) -> int:
        """How many there are."""
        return len(self._data)

    def read_at(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`, fewer only at the end."""
        return self._data[offset : offset + size]


class FileReader:
    """An open file that can seek, as a RangeReader: a release that was just rendered, before it is sealed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    @property
    def size_bytes(self) -> int:
        """How many there are."""
        return self._file.seek(0, io.SEEK_END)

    def read_at(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`, fewer only at the end."""
        self._file.seek(offset)
        return self._file.read(size)


class StreamReader:
    """A segment that can only be read from its beginning on (`Vault.open_segment`), as a RangeReader.

    Keeps the last pieces, since an index and its samples are read by turns; what lies before them is read anew. Memory:
    `_PIECES_HELD` pieces of what `begin` gives, 1 MiB each in the vault.
    """

    def __init__(self, size_bytes: int, begin: Callable[[], Iterator[bytes]]) -> None:
        self._size_bytes, self._begin = size_bytes, begin
        self._pieces: OrderedDict[int, bytes] = OrderedDict()  # by the offset of their first byte
        self._stream: Iterator[bytes] = iter(())
        self._at = size_bytes
        self.beginnings = 0

    @property
    def size_bytes(self) -> int:
        """How many there are."""
        return self._size_bytes

    def read_at(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`, fewer only at the end. Raises what the stream does; Untrusted: it is short."""
        end = min(offset + size, self._size_bytes)
        found = bytearray()
        while offset + len(found) < end:
            start, piece = self._piece_with(offset + len(found))
            found += piece[offset + len(found) - start : end - start]
        return bytes(found)

    def _piece_with(self, offset: int) -> tuple[int, bytes]:
        for start, piece in self._pieces.items():
            if start <= offset < start + len(piece):
                self._pieces.move_to_end(start)
                return start, piece
        if offset < self._at:
            self._stream, self._at = self._begin(), 0
            self.beginnings += 1
        while True:
            start, piece = self._at, next(self._stream, b"")
            if not piece:
                raise Untrusted("a segment ended before its end", kind="segment")
            self._at += len(piece)
            self._pieces[start] = piece
            if len(self._pieces) > _PIECES_HELD:
                self._pieces.popitem(last=False)
            if offset < self._at:
                return start, piece


@dataclass(frozen=True, slots=True)
class Part:
    """One segment of an item, a file of its own; `start_us` since the item began; `sha256` of its plain bytes, hex."""

    reader: RangeReader
    sha256: str
    start_us: int = 0


@dataclass(frozen=True, slots=True)
class Original:
    """The item and its parts in order of time."""

    item: str
    parts: tuple[Part, ...]

    @property
    def name(self) -> OriginalName:
        """What a plan says of it."""
        return OriginalName(self.item, tuple(part.sha256 for part in self.parts))
