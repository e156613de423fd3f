"""The vault: items as folders of sealed segments, each acknowledged only when it is durable (docs/spec/item.md).

True after a crash at any instant: every acknowledged segment is there and hashes right; no byte without a durable line
is in a manifest; sealing again gives the same manifest. Several processes and threads may hold a `Vault` on one folder:
what changes an item is done under its lock, and nobody waits for a sender under it.
"""

import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from consentry.evidence.vault import disk
from consentry.evidence.vault.hold_lock import locked
from consentry.evidence.vault.item_folder import (
    TIMESTAMP,
    check_sizes,
    clear_orphans,
    find_orphans,
    remove_sealed,
    segment_path,
)
from consentry.evidence.vault.journal import ABOUT, JOURNAL, MANIFEST, Journal, NotWritten
from consentry.evidence.vault.keys import Keys, month_kek
from consentry.evidence.vault.manifest import payload_of, read_manifest, seal
from consentry.evidence.vault.part import Part
from consentry.evidence.vault.reading import Elsewhere, check_sealed, read_segment
from consentry.evidence.vault.sealed_file import Written
from consentry.evidence.vault.types import Sealed
from consentry.kernel.canonical import canonical_json
from consentry.kernel.errors import Conflict, LimitReached, NotFound, Unavailable
from consentry.kernel.ids import ItemId
from consentry.kernel.item import About, SegmentSpan, check_about, check_item_id, check_span
from consentry.kernel.item_journal import ClosedLine, SegmentLine
from consentry.kernel.item_signed import Acknowledgement, SignedManifest, sign_acknowledgement
from consentry.kernel.limits import (
    MAX_ITEM_SEGMENT_BYTES,
    MAX_TIMESTAMP_BYTES,
    VAULT_KEEP_FREE_BYTES,
    VAULT_LOCK_WAIT_S,
)
from consentry.kernel.note import Signer, Verifier

_MAX_JOURNALS = 64


class Vault:
    """The folder of items. `keys` lie apart; `signer` signs from now on, `known` are keys that signed before;
    `elsewhere` reads segments that have left the folder for a store.

    Every method may raise NotFound (no such item), Unavailable (`vault-disk`, `vault-full`, `vault-busy`) and Untrusted
    (`about`, `journal`, `segment`, `manifest`: damage; nothing was touched, call a person).
    """

    def __init__(
        self,
        folder: Path,
        keys: Keys,
        signer: Signer,
        *,
        known: Sequence[Verifier] = (),
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.keys, self._elsewhere = keys, elsewhere
        self.verifiers = (signer.verifier, *known)
        self._folder, self._signer = folder, signer
        self._journals: OrderedDict[ItemId, Journal] = OrderedDict()
        with disk.told_plainly():
            disk.make_folder(folder)

    def begin(self, about: About) -> None:
        """Begin an item; doing it again with the same `about` does nothing. Conflict `item-exists`, `shredded`."""
        check_about(about)
        folder, data = self._folder / about.item, about.to_bytes()
        with disk.told_plainly():
            disk.make_folder(folder)
            with locked(folder):
                self.keys.need_alive(about.item)
                if not (folder / ABOUT).exists():
                    disk.put_file(folder / ABOUT, data)
                elif (folder / ABOUT).read_bytes() != data:
                    raise Conflict("this item was begun otherwise", kind="item-exists")
                disk.sync_folder(folder)
                make_key(self.keys, folder, about)

    def take_segment(self, item: ItemId, said: SegmentSpan, pieces: Iterable[bytes]) -> bytes:
        """Seal one segment durably; returns the signed acknowledgement. The same segment again gets the same answer.

        `pieces` are read once, in bounded memory, and not at all when the segment is here already; they must be what
        `said` says, and `said.number` the next one.

        Raises:
            Conflict: `segment-taken` (another one has this number), `segment-order`, `closed`, `shredded`.
            Untrusted `segment-digest`: other bytes came. LimitReached: more than was said, or than an item may have.
            Unavailable `sender-gone`: reading `pieces` raised OSError.
        """
        check_span(said)
        if said.size_bytes > MAX_ITEM_SEGMENT_BYTES:
            raise LimitReached("a segment this large is none", kind="segment-too-long")
        with self.opened(item) as journal:
            line = _find_line(journal, said)
            if line is not None:
                return self._acknowledge(item, line)
            key = self.keys.unwrap(item, to_seal=True)
            if disk.free_bytes(journal.folder) < said.size_bytes + VAULT_KEEP_FREE_BYTES:
                raise Unavailable("the vault's disk is nearly full", kind="vault-full")
            part = Part(journal.folder, item)
        try:
            with disk.told_plainly():
                written = part.fill(key, said, pieces)
            with self.opened(item) as journal:
                return self._acknowledge(item, _find_line(journal, said) or self._name(part, said, written, journal))
        finally:
            part.close()

    def close(self, item: ItemId, *, now_ms: int) -> Sealed:
        """Close an item and make its manifest; doing it again gives the same one. Only now may the ledger speak of it.

        Raises Conflict `item-empty` or `shredded` when there is nothing to close.
        """
        with self.opened(item) as journal:
            if journal.closed is None:
                self.keys.kek_of(item)
                clear_orphans(journal.folder, journal)
                if not journal.lines:
                    raise Conflict("this item has no segment", kind="item-empty")
            if not (journal.folder / MANIFEST).exists() and not self.keys.is_shredded(item):
                check_sizes(journal.folder, journal)
            if journal.closed is None:
                # A clock that was set back makes no item end before it began.
                journal.append(ClosedLine(max(now_ms, journal.about.began_ms), journal.link))
            return seal(journal, self.keys, self._signer, self.verifiers)

    def open_segment(self, item: ItemId, number: int) -> Iterator[bytes]:
        """The plain bytes of a segment, in pieces of at most 1 MiB, each authentic; the whole is hashed at the end.

        Raises, also while it is read: Conflict `shredded`, NotFound, Untrusted `segment`.
        """
        lines = self.lines_of(item)
        if not 0 <= number < len(lines):
            raise NotFound("this item has no such segment")
        path = segment_path(self.folder_of(item), number)
        return read_segment(path, lines[number], item, self.keys.unwrap(item), self._elsewhere)

    def about(self, item: ItemId) -> About:
        """What was known of an item at its beginning."""
        with self.opened(item) as journal:
            return journal.about

    def lines_of(self, item: ItemId) -> tuple[SegmentLine, ...]:
        """The journalled segments of an item, in order."""
        with self.opened(item) as journal:
            return tuple(journal.lines)

    def folder_of(self, item: ItemId) -> Path:
        """The folder of an item, for whoever copies it; NotFound when there is none."""
        check_item_id(item)
        if not (self._folder / item / ABOUT).exists():
            raise NotFound("there is no such item in the vault")
        return self._folder / item

    def items(self) -> tuple[ItemId, ...]:
        """Every item that was begun, sorted by id."""
        with disk.told_plainly():
            found = sorted(path.name for path in self._folder.glob("itm_*") if (path / ABOUT).exists())
        return tuple(ItemId(name) for name in found)

    def check(self, item: ItemId) -> SignedManifest | None:
        """Read all of a sealed or open item again; its manifest, None while it is open.

        Raises Untrusted, naming the layer: `about`, `journal`, `segment`, `manifest`, `item-signature`. Of a shredded
        item everything but the segments is checked.
        """
        with self.opened(item) as journal:
            lines, folder = tuple(journal.lines), journal.folder
            payload = payload_of(journal) if journal.closed else b""
            find_orphans(folder, journal)
        if not self.keys.is_shredded(item):
            for line in lines:
                check_sealed(segment_path(folder, line.number), line, self._elsewhere)
        return read_manifest(folder, payload, self.verifiers) if payload else None

    def put_timestamp(self, item: ItemId, reply: bytes) -> None:
        """Keep the RFC 3161 reply (DER) over the manifest; its content is the caller's to check. Conflict: another."""
        if not 0 < len(reply) <= MAX_TIMESTAMP_BYTES:
            raise LimitReached("a timestamp this long is none", kind="timestamp-too-long")
        with self.opened(item) as journal:
            path = journal.folder / TIMESTAMP
            if not (journal.folder / MANIFEST).exists():
                raise Conflict("this item is not sealed yet", kind="not-sealed")
            if not path.exists():
                disk.put_file(path, reply)
            elif path.read_bytes() != reply:
                raise Conflict("this item has another timestamp", kind="timestamp-exists")

    def shred(self, item: ItemId) -> None:
        """Destroy the item's key, then its sealed segments; what verifies stays. Conflict `held` under a hold."""
        with self.opened(item) as journal:
            self.keys.destroy(item)
            remove_sealed(journal.folder)

    @contextlib.contextmanager
    def opened(self, item: ItemId, *, wait_s: float = VAULT_LOCK_WAIT_S) -> Iterator[Journal]:
        """The item's journal, up to date, under the item's lock."""
        folder = self.folder_of(item)
        with disk.told_plainly(), locked(folder, wait_s=wait_s):
            journal = self._journals.pop(item, None)
            if journal is None:
                journal = Journal(folder)
            else:
                journal.refresh()
            try:
                yield journal
            except Conflict:
                self._keep(item, journal)
                raise
            self._keep(item, journal)

    def _keep(self, item: ItemId, journal: Journal) -> None:
        """For the next one; a journal that met a fault is not kept, but read anew."""
        self._journals[item] = journal
        while len(self._journals) > _MAX_JOURNALS:
            with contextlib.suppress(KeyError):  # another thread
                self._journals.popitem(last=False)

    def _name(self, part: Part, said: SegmentSpan, written: Written, journal: Journal) -> SegmentLine:
        self.keys.kek_of(journal.about.item)  # shredded meanwhile?
        path = segment_path(journal.folder, said.number)
        if path.exists():
            clear_orphans(journal.folder, journal)
        line = SegmentLine(
            **said._asdict(), segment=part.segment.hex(), sealed_bytes=written.sealed_bytes,
            sealed_sha256=written.sealed_sha256, previous=journal.link,
        )  # fmt: skip
        disk.rename(part.path, path)
        disk.sync_folder(journal.folder)
        try:
            journal.append(line)
        except (NotWritten, LimitReached):
            disk.remove(path)
            raise
        return line

    def _acknowledge(self, item: ItemId, line: SegmentLine) -> bytes:
        digest = hashlib.sha256(line.to_bytes()).hexdigest()
        return sign_acknowledgement(Acknowledgement(item, line.number, line.sha256, digest), self._signer)


def make_key(keys: Keys, folder: Path, about: About) -> None:
    """A key for an item that has no segment yet: one whose key is lost never gets a second one."""
    if not (folder / JOURNAL).exists():
        keys.make(about.item, month_kek(about.retention_class, about.began_ms))


def _find_line(journal: Journal, said: SegmentSpan) -> SegmentLine | None:
    """The line of a segment that is here already, None when it may be taken; Conflict when neither."""
    if said.number < len(journal.lines):
        line = journal.lines[said.number]
        if canonical_json(line.span._asdict()) != canonical_json(said._asdict()):
            raise Conflict("another segment has this number", kind="segment-taken")
        return line
    if journal.closed is not None:
        raise Conflict("this item is closed", kind="closed")
    if said.number > len(journal.lines):
        raise Conflict(f"the next segment of this item is number {len(journal.lines)}", kind="segment-order")
    return None
