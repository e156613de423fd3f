"""The file of an export as it lies here: pieces sealed under a key beside the database, written and read in order.

Each piece is a length (4 bytes, big-endian) and what `core.at_rest` seals; its number and whether it is the last are
bound in, so that no piece can be left out, moved, or cut off at the end.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from consentry.core.at_rest import open_at_rest, seal_at_rest
from consentry.kernel.errors import LimitReached, Untrusted
from consentry.kernel.limits_residents import MAX_PERSONAL_EXPORT_BYTES

KEY = "personal-exports"
PIECE_BYTES = 1_048_576
_LENGTH_BYTES = 4
_MOST_SEALED_BYTES = PIECE_BYTES + 64


class SealedWriter:
    """Takes the bytes of a zip as they come; holds one piece in memory. Durable under its name after `close`.

    Has no `tell` and no `seek`, so that `zipfile` writes straight on.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.size_bytes = 0
        self._path, self._name, self._number, self._rest = path, name, 0, bytearray()
        self._aside = path.with_suffix(".part")
        self._file = os.fdopen(os.open(self._aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")

    def write(self, data: bytes) -> int:
        """The next bytes; LimitReached (`export-too-large`) beyond the limit."""
        self.size_bytes += len(data)
        if self.size_bytes > MAX_PERSONAL_EXPORT_BYTES:
            raise LimitReached("this is more than one file may hold", kind="export-too-large")
        self._rest += data
        while len(self._rest) > PIECE_BYTES:  # the last piece is sealed as such, and so waits for `close`
            self._put(bytes(self._rest[:PIECE_BYTES]), is_last=False)
            del self._rest[:PIECE_BYTES]
        return len(data)

    def flush(self) -> None:
        """Nothing: a piece is written when it is whole."""

    def __enter__(self) -> "SealedWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Whole and durable under its name, or not there."""
        with self._file:
            if kind is None:
                self._put(bytes(self._rest), is_last=True)
                self._file.flush()
                os.fsync(self._file.fileno())
        if kind is None:
            self._aside.replace(self._path)
        else:
            self._aside.unlink(missing_ok=True)

    def _put(self, piece: bytes, *, is_last: bool) -> None:
        sealed = seal_at_rest(KEY, piece, context=_context(self._name, self._number, is_last=is_last))
        self._file.write(len(sealed).to_bytes(_LENGTH_BYTES, "big") + sealed)
        self._number += 1


def open_pieces(path: Path, name: str) -> Iterator[bytes]:
    """What was written, a piece at a time; Untrusted as soon as one is not as it was sealed."""
    with path.open("rb") as file:
        sealed, number = _next_piece(file.read, number=0), 0
        while sealed:
            after = _next_piece(file.read, number=number + 1)
            yield open_at_rest(KEY, sealed, context=_context(name, number, is_last=not after))
            sealed, number = after, number + 1


def _next_piece(read: Callable[[int], bytes], *, number: int) -> bytes:
    length = read(_LENGTH_BYTES)
    if not length and number:
        return b""
    size = int.from_bytes(length, "big")
    sealed = read(size) if 0 < size <= _MOST_SEALED_BYTES else b""
    if not size or len(sealed) != size:
        raise Untrusted("this file is not whole", kind="at-rest")
    return sealed


def _context(name: str, number: int, *, is_last: bool) -> str:
    return f"{name}\n{number}\n{'last' if is_last else 'more'}"
