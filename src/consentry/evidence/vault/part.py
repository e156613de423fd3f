"""A segment while it is being written: a file of its own, held by its writer, gone when it does not become one."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from consentry.evidence.vault import disk, sealed_file
from consentry.evidence.vault.hold_lock import take
from consentry.evidence.vault.item_folder import part_path, quarantine
from consentry.evidence.vault.sealed_file import Written
from consentry.kernel.errors import Unavailable, Untrusted
from consentry.kernel.ids import ItemId
from consentry.kernel.item import SegmentSpan


class Part:
    """Made under the item's lock, so that whoever puts the folder in order finds it held; filled without it."""

    def __init__(self, folder: Path, item: ItemId) -> None:
        self.header = sealed_file.new_header(item)
        self.segment = sealed_file.segment_of(self.header)
        self.path = part_path(folder, self.segment)
        self._fd = disk.create(self.path)
        take(self._fd)

    def fill(self, key: bytes, said: SegmentSpan, pieces: Iterable[bytes]) -> Written:
        """Write `pieces` sealed and durable.

        Raises:
            Untrusted `segment-digest`: they are not what was `said`. LimitReached: more than that.
            Unavailable: the sender broke off or the disk took less; after a failed fsync the file is in quarantine.
        """
        written = sealed_file.seal(self._fd, self.header, key, pieces, said.size_bytes)
        if written.sha256 != said.sha256:
            raise Untrusted("the bytes that came are not those that were said", kind="segment-digest")
        try:
            disk.sync_file(self._fd)
        except OSError as error:
            # What of it is on disk, nobody knows, and a second fsync would say "all": it is never used.
            aside = quarantine(self.path)
            raise Unavailable(f"the vault's disk failed; what was written is {aside}", kind="vault-disk") from error
        return written

    def close(self) -> None:
        """Let the file go; it is removed unless it got a segment's name."""
        with contextlib.suppress(OSError):
            disk.remove(self.path)
        os.close(self._fd)
