"""What the files of a sealed item must be: from the signed manifest to the journal, from there to every sealed segment.

So that nobody need believe a store, a list of hashes beside it, or a database: the vault's key alone.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from consentry.evidence.stores.types import FileSaid, StoredName, stored_name
from consentry.kernel.errors import Malformed, NotFound, Untrusted
from consentry.kernel.ids import ItemId
from consentry.kernel.item_journal import read_journal
from consentry.kernel.item_signed import open_manifest
from consentry.kernel.limits import (
    MAX_ITEM_ABOUT_BYTES,
    MAX_ITEM_ENVELOPE_BYTES,
    MAX_ITEM_JOURNAL_BYTES,
)
from consentry.kernel.note import Verifier

ABOUT: Final = "about"
JOURNAL: Final = "journal"
MANIFEST: Final = "manifest"
TIMESTAMP: Final = "timestamp"
SEGMENT: Final = ".seg"


class Readable(Protocol):
    """Where files of items can be read: a store, or the vault's folder before it."""

    def read(self, name: StoredName, offset_bytes: int = 0) -> Iterator[bytes]:
        """As `Store.read`."""


@dataclass(frozen=True)
class Plan:
    """The files of one sealed item, each with what it must be: first what verifies, then the segments in order."""

    item: ItemId
    files: dict[StoredName, FileSaid] = field(default_factory=dict)

    @property
    def segments(self) -> dict[StoredName, FileSaid]:
        """The sealed segments alone."""
        return {name: said for name, said in self.files.items() if is_segment(name)}


def read_plan(files: Readable, item: ItemId, verifiers: Sequence[Verifier]) -> Plan:
    """Read what verifies of an item and follow it.

    Raises:
        NotFound: it has no manifest here, that is, it is not sealed. Untrusted: `item-signature`, `manifest`,
        `journal`, `about`: which layer does not hold. Unavailable: it could not be read.
    """
    envelope = small_file(files, stored_name(item, MANIFEST), MAX_ITEM_ENVELOPE_BYTES)
    about = _needed(files, item, ABOUT, MAX_ITEM_ABOUT_BYTES)
    journal = _needed(files, item, JOURNAL, MAX_ITEM_JOURNAL_BYTES)
    try:
        manifest = open_manifest(envelope, verifiers).manifest
    except Malformed as error:
        raise Untrusted(f"the manifest of {item} is damaged: {error}", kind="manifest") from error
    if manifest.item != item:
        raise Untrusted(f"at {item} lies the manifest of another item", kind="manifest")
    if hashlib.sha256(journal).hexdigest() != manifest.journal_sha256:
        raise Untrusted(f"the journal of {item} is not the one that was signed", kind="journal")
    try:
        lines, _ = read_journal(about, journal)
    except Malformed as error:
        raise Untrusted(f"the journal of {item} is damaged: {error}", kind="journal") from error
    known = {stored_name(item, file): _said(data) for file, data in ((ABOUT, about), (JOURNAL, journal))}
    sealed = {
        stored_name(item, f"{line.number:06}{SEGMENT}"): FileSaid(line.sealed_bytes, line.sealed_sha256)
        for line in lines
    }
    return Plan(item, {stored_name(item, MANIFEST): _said(envelope), **known, **sealed})


def small_file(files: Readable, name: StoredName, max_bytes: int) -> bytes:
    """All of a small file; NotFound; Untrusted when it is too large to be one."""
    data = bytearray()
    for piece in files.read(name):
        data += piece
        if len(data) > max_bytes:
            raise Untrusted(f"{name} is too large", kind=name.partition("/")[2])
    return bytes(data)


def is_segment(name: StoredName) -> bool:
    """Is it a sealed segment, which goes when its item is destroyed?"""
    return name.endswith(SEGMENT)


def _needed(files: Readable, item: ItemId, file: str, max_bytes: int) -> bytes:
    """A file without which a manifest proves nothing."""
    try:
        return small_file(files, stored_name(item, file), max_bytes)
    except NotFound as error:
        raise Untrusted(f"{file} of {item} is missing", kind=file) from error


def _said(data: bytes) -> FileSaid:
    return FileSaid(len(data), hashlib.sha256(data).hexdigest())
