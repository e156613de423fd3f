"""Making and reading the manifest of a closed item: always the same bytes, whoever makes it again."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from consentry.evidence.vault import disk
from consentry.evidence.vault.journal import MANIFEST, Journal, read_bounded
from consentry.evidence.vault.keys import Keys, is_hold, month_kek
from consentry.evidence.vault.types import Sealed
from consentry.kernel.errors import Conflict, Untrusted
from consentry.kernel.item import commit_of, make_manifest
from consentry.kernel.item_signed import SignedManifest, open_manifest, sign_payload
from consentry.kernel.limits import MAX_ITEM_ENVELOPE_BYTES
from consentry.kernel.note import Signer, Verifier

_MONTH_CHARS = len("-2026-11")


def seal(journal: Journal, keys: Keys, signer: Signer, verifiers: Sequence[Verifier]) -> Sealed:
    """The manifest of a closed journal, durable; called under the item's lock. One that is there is checked and kept.

    The caller has seen that every segment is there (`check_sizes`).

    Raises Untrusted `manifest` or `item-signature` when the one that is there says something else.
    """
    folder, payload = journal.folder, payload_of(journal)
    path = folder / MANIFEST
    if path.exists():
        read_manifest(folder, payload, verifiers)
        disk.sync_folder(folder)  # it may have been put here by somebody who died before this
        return _sealed(journal, path.read_bytes(), payload)
    if keys.has(journal.about.item):
        _move_to_month(journal, keys)
    envelope = sign_payload(payload, signer)
    disk.put_file(path, envelope)
    return _sealed(journal, envelope, payload)


def payload_of(journal: Journal) -> bytes:
    """The payload of a closed journal's manifest; Conflict `not-closed` for another."""
    if journal.closed is None:
        raise Conflict("this item is not closed", kind="not-closed")
    spans = [line.span for line in journal.lines]
    return make_manifest(journal.about, spans, journal.closed.closed_ms, journal.sha256).to_bytes()


def read_manifest(folder: Path, payload: bytes, verifiers: Sequence[Verifier]) -> SignedManifest:
    """The manifest on disk, if it is signed by one of `verifiers` and says what beginning and journal say."""
    try:
        envelope = read_bounded(folder / MANIFEST, MAX_ITEM_ENVELOPE_BYTES)
    except FileNotFoundError as error:
        raise Untrusted("this item is closed but has no manifest", kind="manifest") from error
    signed = open_manifest(envelope, verifiers)
    if signed.payload != payload:
        raise Untrusted("the manifest of this item is not that of its journal", kind="manifest")
    return signed


def _move_to_month(journal: Journal, keys: Keys) -> None:
    """The key under the month of closing. A hold's stays; another class that the item was given since counts."""
    about, closed = journal.about, journal.closed
    kek = keys.kek_of(about.item)
    if closed is not None and not is_hold(kek):
        keys.rewrap(about.item, month_kek(kek[:-_MONTH_CHARS], closed.closed_ms))


def _sealed(journal: Journal, envelope: bytes, payload: bytes) -> Sealed:
    about, closed = journal.about, journal.closed
    digest = hashlib.sha256(payload).digest()
    closed_ms = closed.closed_ms if closed is not None else 0
    return Sealed(about.item, envelope, digest, commit_of(about.salt, digest), closed_ms)
