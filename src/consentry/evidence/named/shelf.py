"""Where the pieces of named copies lie: sealed under the item's own key, so that they end with it. Pure of Django."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from consentry.evidence.vault import disk
from consentry.evidence.vault.sealed_file import Written, new_header, seal, unseal
from consentry.kernel.errors import NotFound, Unavailable
from consentry.kernel.ids import ItemId
from consentry.kernel.limits import VAULT_KEEP_FREE_BYTES


class NamedShelf:
    """Owns `folder`; a copy is a folder in it, a piece a file. One writer at a time, any number of readers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, copy: int, number: int, data: bytes, sealed_for: tuple[ItemId, bytes]) -> Written:
        """Put a piece durably, in place of what a crash left there. `sealed_for`: the item and its key.

        Unavailable `vault-full`: the disk has no room beside what the vault needs. `vault-disk`.
        """
        with disk.told_plainly():
            path = self._path(copy, number)
            disk.make_folder(path.parent)
            if disk.free_bytes(path.parent) < len(data) + 2 * VAULT_KEEP_FREE_BYTES:
                raise Unavailable("the disk is nearly full", kind="vault-full")
            disk.remove(path)
            item, key = sealed_for
            fd = disk.create(path)
            try:
                written = seal(fd, new_header(item), key, (data,), len(data))
                disk.sync_file(fd)
            finally:
                os.close(fd)
            disk.sync_folder(path.parent)
        return written

    def read(self, copy: int, number: int, sealed_for: tuple[ItemId, bytes]) -> Iterator[bytes]:
        """A piece's plain bytes, each authentic. NotFound: it is not here any more. Untrusted: it was changed."""
        item, key = sealed_for
        try:
            file = self._path(copy, number).open("rb")
        except FileNotFoundError as error:
            raise NotFound("this piece is not here any more") from error
        with file:
            yield from unseal(file, os.fstat(file.fileno()).st_size, item, key)

    def copies(self) -> list[int]:
        """The copies that have a folder."""
        return sorted(int(path.name) for path in self._folder.glob("*") if path.name.isdecimal())

    def remove(self, copy: int) -> None:
        """Remove a copy's pieces; nothing when there is none."""
        shutil.rmtree(self._folder / str(copy), ignore_errors=True)

    def _path(self, copy: int, number: int) -> Path:
        return self._folder / str(copy) / f"{number:06}.seg"
