"""Sealed items between the vault's own folder and the store behind it.

The folder is where items grow. Once sealed, all files go to the store, and only when it has read them back may the
local segments go; what verifies (about, journal, manifest, timestamp) stays in both. Where the store is the vault's
folder itself, nothing moves.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from consentry.evidence.stores.folder import FolderStore
from consentry.evidence.stores.plan import TIMESTAMP, Plan, is_segment, read_plan, small_file
from consentry.evidence.stores.types import NO_LOCK, FileSaid, Lock, Store, StoredName, measure, stored_name
from consentry.kernel.errors import NotFound, Refused, Untrusted
from consentry.kernel.ids import ItemId
from consentry.kernel.limits import MAX_TIMESTAMP_BYTES
from consentry.kernel.note import Verifier


class StoredItems:
    """`local`: the vault's folder as a store; `store`: where sealed items go. Every method may raise Unavailable."""

    def __init__(self, local: FolderStore, store: Store) -> None:
        self.local, self.store = local, store

    @classmethod
    def over(cls, folder: Path, locks: Path, store: Store | None = None) -> "StoredItems":
        """Over the vault's folder, with `store` behind it, or with none but itself."""
        local = FolderStore(folder, locks)
        return cls(local, local if store is None or store.place == local.place else store)

    @property
    def is_one_place(self) -> bool:
        """Is the store the vault's folder itself?"""
        return self.store is self.local

    def read(self, name: StoredName, offset_bytes: int = 0) -> Iterator[bytes]:
        """The bytes of a sealed file: from the vault's folder while it is there, else from the store; NotFound."""
        try:
            pieces = self.local.read(name, offset_bytes)
            first = next(pieces, b"")
        except NotFound:
            if self.is_one_place:
                raise
            yield from self.store.read(name, offset_bytes)
            return
        yield first
        yield from pieces

    def segment(self, item: ItemId, file: str) -> Iterator[bytes]:
        """What a `Vault` reads through (its `elsewhere`): a sealed file that has left its folder."""
        return self.read(stored_name(item, file))

    def hand_over(self, item: ItemId, verifiers: Sequence[Verifier], lock: Lock = NO_LOCK) -> Plan:
        """Put a sealed item into the store with `lock`, read back; the local segments go last. Again is harmless.

        Raises:
            NotFound: not sealed. Untrusted: its files are not what was signed, or the store does not keep what it was
            given; then nothing is removed. LimitReached: a file is too large for this store.
        """
        plan = read_plan(self.local, item, verifiers)
        for name, said in plan.files.items():
            self._hand_over(name, said, lock)
        self.put_timestamp(item, lock)
        if not self.is_one_place:
            self._drop_local(plan)
        return plan

    def put_timestamp(self, item: ItemId, lock: Lock = NO_LOCK) -> None:
        """Put the item's timestamp into the store, too, when it has come."""
        name = stored_name(item, TIMESTAMP)
        with contextlib.suppress(NotFound):
            reply = small_file(self.local, name, MAX_TIMESTAMP_BYTES)
            self._hand_over(name, measure(iter((reply,))), lock)

    def lock(self, item: ItemId, lock: Lock) -> None:
        """Lock all of an item's files at least so long; the hold is set or lifted as `lock` says."""
        for name in list(self.store.files(item)):
            self.store.extend(name, lock.until_ms)
            if self.store.stat(name).lock.held != lock.held:
                self.store.hold(name, on=lock.held)

    def remove_segments(self, item: ItemId) -> list[StoredName]:
        """After an item's key was destroyed: remove its sealed segments. Returns those that a lock still keeps.

        They are noise without the key; ask again when the lock is over.
        """
        kept = []
        for name in [found for found in self.store.files(item) if is_segment(found)]:
            try:
                self.store.delete(name)
            except Refused:
                kept.append(name)
        return kept

    def _hand_over(self, name: StoredName, said: FileSaid, lock: Lock) -> None:
        """A segment that went on an earlier try is not here any more: then the store must have it."""
        path = self.local.path_of(name)
        try:
            with path.open("rb") as file:
                self.store.put(name, said, file, lock)
        except FileNotFoundError:
            stored = self.store.stat(name)
            if stored.size_bytes != said.size_bytes or stored.sha256 not in ("", said.sha256):
                raise Untrusted(f"{name} in the store is not what was signed", kind="segment") from None
            self.store.extend(name, lock.until_ms)

    def _drop_local(self, plan: Plan) -> None:
        for name, said in plan.segments.items():
            stored = self.store.stat(name)
            if stored.size_bytes != said.size_bytes or stored.sha256 not in ("", said.sha256):
                raise Untrusted(f"{name} in the store is not what was signed", kind="segment")
        for name in plan.segments:
            self.local.delete(name)
