"""Reading sealed segments again: their plain bytes, or only whether the file is still what its line says.

A segment lies in the item's folder until its store has it; afterwards it is read from there.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from consentry.evidence.vault.sealed_file import unseal
from consentry.kernel.errors import NotFound, Untrusted
from consentry.kernel.ids import ItemId
from consentry.kernel.item_journal import SegmentLine

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_READ_BYTES = 131_072

# The sealed bytes of an item's file that is not in its folder any more; NotFound, Unavailable.
Elsewhere = Callable[[ItemId, str], Iterator[bytes]]


def read_segment(
    path: Path, line: SegmentLine, item: ItemId, key: bytes, elsewhere: Elsewhere | None = None
) -> Iterator[bytes]:
    """The plain bytes of the sealed file at `path`, if it is that of `line`; Untrusted `segment`, also in between."""
    digest, size_bytes = hashlib.sha256(), 0
    with _open(path, line, elsewhere) as file:
        for piece in unseal(file, line.sealed_bytes, item, key):
            digest.update(piece)
            size_bytes += len(piece)
            yield piece
    if (size_bytes, digest.hexdigest()) != (line.size_bytes, line.sha256):
        raise Untrusted(f"segment {line.number} is another one than its journal names", kind="segment")


def check_sealed(path: Path, line: SegmentLine, elsewhere: Elsewhere | None = None) -> None:
    """Untrusted `segment` unless the sealed file has the size and the SHA-256 that its line says; needs no key."""
    digest, size_bytes = hashlib.sha256(), 0
    room = memoryview(bytearray(_READ_BYTES))
    with _open(path, line, elsewhere) as file:
        while count := file.readinto(room):
            digest.update(room[:count])
            size_bytes += count
    if (size_bytes, digest.hexdigest()) != (line.sealed_bytes, line.sealed_sha256):
        raise Untrusted(f"segment {line.number} is not what its journal says", kind="segment")


class _Pieces(io.RawIOBase):
    """A sealed file that comes in pieces."""

    def __init__(self, pieces: Iterator[bytes], line: SegmentLine) -> None:
        self._pieces, self._line, self._left = pieces, line, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, room: "WriteableBuffer", /) -> int:
        view = memoryview(room).cast("B")
        while not self._left:
            try:
                piece = next(self._pieces, None)
            except NotFound as error:
                raise _missing(self._line) from error
            if piece is None:
                return 0
            self._left = memoryview(piece)
        count = min(len(view), len(self._left))
        view[:count], self._left = self._left[:count], self._left[count:]
        return count


def _open(path: Path, line: SegmentLine, elsewhere: Elsewhere | None) -> io.RawIOBase:
    try:
        return path.open("rb", buffering=0)
    except FileNotFoundError as error:
        if elsewhere is None:
            raise _missing(line) from error
        return _Pieces(elsewhere(ItemId(path.parent.name), path.name), line)


def _missing(line: SegmentLine) -> Untrusted:
    return Untrusted(f"segment {line.number} of this item is missing", kind="segment")
