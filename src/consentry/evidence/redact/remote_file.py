"""One part of the original as a file that the child can read and seek in: each read is asked of the parent."""

import io
from collections import OrderedDict
from typing import BinaryIO

from consentry.evidence.redact.records import READ, Said, say, take

BLOCK_BYTES = 262_144
# Some containers have their index at one end and their frames at the other, or sound far from its pictures.
_BLOCKS_HELD = 8


class RemoteFile:
    """Reads part `part` of `size_bytes` in blocks of a quarter of a megabyte; the child's only way to the original."""

    def __init__(self, pipes: tuple[BinaryIO, BinaryIO], part: int, size_bytes: int) -> None:
        self._source, self._sink = pipes
        self._part, self._size_bytes = part, size_bytes
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def read(self, size: int) -> bytes:
        """Up to `size` bytes from where we stand, never across a block; b"" at the end."""
        if self._at >= self._size_bytes:
            return b""
        number, inside = divmod(self._at, BLOCK_BYTES)
        data = self._block(number)[inside : inside + size]
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; the new place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size_bytes}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Where we stand."""
        return self._at

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            start = number * BLOCK_BYTES
            say(self._sink, Said.READ, READ.pack(self._part, start, min(BLOCK_BYTES, self._size_bytes - start)))
            self._blocks[number] = take(self._source)
            if len(self._blocks) > _BLOCKS_HELD:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(number)
        return self._blocks[number]
