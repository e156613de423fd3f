"""Reading sealed segments again: their plain bytes, or only whether the file is still what its line says."""

import hashlib
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from consentry.evidence.vault.sealed_file import unseal
from consentry.kernel.errors import Untrusted
from consentry.kernel.ids import ItemId
from consentry.kernel.item_journal import SegmentLine

_READ_BYTES = 131_072


def read_segment(path: Path, line: SegmentLine, item: ItemId, key: bytes) -> Iterator[bytes]:
    """The plain bytes of the sealed file at `path`, if it is that of `line`; Untrusted `segment`, also in between."""
    digest, size_bytes = hashlib.sha256(), 0
    with _open(path, line) as file:
        for piece in unseal(file, line.sealed_bytes, item, key):
            digest.update(piece)
            size_bytes += len(piece)
            yield piece
    if (size_bytes, digest.hexdigest()) != (line.size_bytes, line.sha256):
        raise Untrusted(f"segment {line.number} is another one than its journal names", kind="segment")


def check_sealed(path: Path, line: SegmentLine) -> None:
    """Untrusted `segment` unless the sealed file has the size and the SHA-256 that its line says; needs no key."""
    digest, size_bytes = hashlib.sha256(), 0
    room = memoryview(bytearray(_READ_BYTES))
    with _open(path, line) as file:
        while count := file.readinto(room):
            digest.update(room[:count])
            size_bytes += count
    if (size_bytes, digest.hexdigest()) != (line.sealed_bytes, line.sealed_sha256):
        raise Untrusted(f"segment {line.number} is not what its journal says", kind="segment")


def _open(path: Path, line: SegmentLine) -> FileIO:
    try:
        return path.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise Untrusted(f"segment {line.number} of this item is missing", kind="segment") from error
