"""Sealed items as the vault writes them; what is in a segment does not matter to a store."""

import hashlib
import io
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from consentry.evidence.stores.folder import FolderStore
from consentry.evidence.stores.plan import ABOUT, JOURNAL, MANIFEST
from consentry.evidence.stores.types import Store, StoredName, measure, stored_name
from consentry.kernel.ids import ItemId, new_id
from consentry.kernel.item import About, make_manifest
from consentry.kernel.item_journal import ClosedLine, SegmentLine
from consentry.kernel.item_signed import sign_manifest
from consentry.kernel.note import Signer

SIGNER = Signer.generate("vault.example/key")
KEYS = (SIGNER.verifier,)


@dataclass(frozen=True)
class Made:
    item: ItemId
    files: dict[StoredName, bytes]

    def name(self, file: str) -> StoredName:
        return stored_name(self.item, file)

    def segments(self) -> list[StoredName]:
        return [name for name in self.files if name.endswith(".seg")]


def make_item(segments: int = 3, size_bytes: int = 40_000, signer: Signer = SIGNER) -> Made:
    item = ItemId(new_id("item"))
    about = About(
        item, new_id("agency"), "upload", {"name": "a.mp4"}, os.urandom(32), "programme-30", 1_700_000_000_000
    )
    link, lines, files = hashlib.sha256(about.to_bytes()).hexdigest(), [], {}
    for number in range(segments):
        body = os.urandom(size_bytes + number)
        sha256 = hashlib.sha256(body).hexdigest()
        line = SegmentLine(
            number=number, segment=secrets.token_hex(16), start_us=number, end_us=number + 1, media_type="video/mp4",
            size_bytes=len(body), sha256=sha256, sealed_bytes=len(body), sealed_sha256=sha256, origin={}, previous=link,
        )  # fmt: skip
        lines.append(line)
        link = hashlib.sha256(line.to_bytes()).hexdigest()
        files[stored_name(item, f"{number:06}.seg")] = body
    closed = ClosedLine(1_700_000_001_000, link)
    journal = b"".join(line.to_bytes() for line in [*lines, closed])
    spans = [line.span for line in lines]
    manifest = make_manifest(about, spans, closed.closed_ms, hashlib.sha256(journal).hexdigest())
    small = {ABOUT: about.to_bytes(), JOURNAL: journal, MANIFEST: sign_manifest(manifest, signer)}
    return Made(item, files | {stored_name(item, file): data for file, data in small.items()})


def lay(store: Store, made: Made, *without: str) -> Made:
    """Put an item's files where the vault would have."""
    for name, data in made.files.items():
        if name.partition("/")[2] not in without:
            put(store, name, data)
    return made


def put(store: Store, name: StoredName, data: bytes) -> None:
    """Put a few bytes, whatever they are."""
    store.put(name, measure(iter((data,))), io.BytesIO(data))


def folder(path: Path) -> FolderStore:
    return FolderStore(path / "vault", path / "vault-locks")


def contents(store: Store) -> dict[StoredName, bytes]:
    """Every file of a store with its bytes."""
    return {name: b"".join(store.read(name)) for item in store.items() for name in store.files(item)}
