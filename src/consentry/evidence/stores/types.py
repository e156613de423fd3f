"""What every store offers. A store keeps files of items under `<item>/<file>`; what lies there is never overwritten.

Stores hold sealed bytes only: the keys lie elsewhere, and whoever reads a store alone reads nothing.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NewType, Protocol

from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.ids import PREFIXES, ItemId, bytes_of_id

# `<item>/<file>`, made by `stored_name` alone.
StoredName = NewType("StoredName", str)

READ_BYTES = 1_048_576
_FILE = re.compile(r"[a-z0-9][a-z0-9-]{0,47}(\.[a-z0-9]{1,15})?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FileSaid:
    """What a file must be: its size in bytes and its SHA-256, lower-case hex. Malformed for anything else."""

    size_bytes: int
    sha256: str

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.size_bytes < 0 or not _SHA256.fullmatch(self.sha256):
            raise Malformed("a stored file has a size and a SHA-256", kind="store-said")


@dataclass(frozen=True, slots=True)
class Lock:
    """Until when a file may not go (UTC milliseconds, 0: no time), and whether a hold keeps it besides."""

    until_ms: int = 0
    held: bool = False

    def in_force(self, now_ms: int) -> bool:
        """May the file not go now?"""
        return self.held or self.until_ms > now_ms


NO_LOCK = Lock()


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as its store says: `sha256` is "" where the store keeps none, `version` "" where it has no versions."""

    name: StoredName
    size_bytes: int
    sha256: str
    version: str
    lock: Lock


class Store(Protocol):
    """A place for sealed files. Every method may raise Unavailable (it does not answer) or Refused (it says no)."""

    @property
    def place(self) -> str:
        """Where it is, for people and for settings; never holds a secret."""

    @property
    def enforces_locks(self) -> bool:
        """Does it keep locked files even from us? A folder does not."""

    def put(self, name: StoredName, said: FileSaid, file: BinaryIO, lock: Lock = NO_LOCK) -> Stored:
        """Store `file` (read from its beginning, seekable) durably and read back what the store then says of it.

        Putting the same again is the same once more. Untrusted: other bytes came than said, or the store does not
        keep the lock or the checksum that it was given. Conflict: another file lies there.
        """

    def read(self, name: StoredName, offset_bytes: int = 0) -> Iterator[bytes]:
        """The bytes from `offset_bytes` on, in pieces of at most 1 MiB; NotFound. Whoever asked checks the hash."""

    def stat(self, name: StoredName) -> Stored:
        """What the store says of a file; NotFound."""

    def items(self) -> Iterator[ItemId]:
        """Every item of which something lies here, in order."""

    def files(self, item: ItemId) -> Iterator[StoredName]:
        """Every file of an item, in order."""

    def extend(self, name: StoredName, until_ms: int) -> None:
        """Lock until then (UTC ms); a lock that is longer already stays. NotFound."""

    def hold(self, name: StoredName, *, on: bool) -> None:
        """Set or lift the hold. NotFound."""

    def delete(self, name: StoredName) -> None:
        """Remove a file; Refused while a lock is in force; nothing where there is none."""

    def try_out(self) -> None:
        """Try what the vault relies on; Untrusted when the store only pretends, with a word for the operator."""


def stored_name(item: ItemId, file: str) -> StoredName:
    """`<item>/<file>`; Malformed for what is no item or could leave its folder."""
    try:
        bytes_of_id(item)
    except ValueError as error:
        raise Malformed("not an item", kind="store-name") from error
    if not item.startswith(f"{PREFIXES['item']}_") or not _FILE.fullmatch(file):
        raise Malformed("not a stored file's name", kind="store-name")
    return StoredName(f"{item}/{file}")


def parts_of(name: StoredName) -> tuple[ItemId, str]:
    """Item and file; Malformed when the name was not made by `stored_name`."""
    item, _, file = name.partition("/")
    stored_name(ItemId(item), file)
    return ItemId(item), file


def pieces_of(file: BinaryIO) -> Iterator[bytes]:
    """The rest of a file in pieces of at most 1 MiB."""
    while piece := file.read(READ_BYTES):
        yield piece


def checked(pieces: Iterator[bytes], said: FileSaid) -> Iterator[bytes]:
    """`pieces` as they come; Untrusted at the end (or past the size) unless they are what was said."""
    digest, size_bytes = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size_bytes += len(piece)
        if size_bytes > said.size_bytes:
            break
        yield piece
    if size_bytes != said.size_bytes or digest.hexdigest() != said.sha256:
        raise Untrusted("these are not the bytes that were said", kind="store-hash")


def measure(pieces: Iterator[bytes]) -> FileSaid:
    """Size and SHA-256 of all pieces."""
    digest, size_bytes = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size_bytes += len(piece)
    return FileSaid(size_bytes, digest.hexdigest())
