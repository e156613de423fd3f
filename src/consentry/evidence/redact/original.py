"""The original as redaction sees it: parts that can be read anywhere, each with its hash and its time."""

from dataclasses import dataclass
from typing import Protocol

from consentry.evidence.redact.types import OriginalName


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
