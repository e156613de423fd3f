"""A sealed item of the vault as a bag takes it in."""

from collections.abc import Iterator

from consentry.evidence.bag.types import BagItem, CustodyEvent
from consentry.evidence.vault.item_folder import TIMESTAMP
from consentry.evidence.vault.journal import ABOUT, JOURNAL, MANIFEST
from consentry.evidence.vault.vault import Vault
from consentry.kernel.errors import Conflict
from consentry.kernel.ids import ItemId


class VaultSegments:
    """An item's segments, decrypted as they are read; what comes before `start` is decrypted too and dropped."""

    def __init__(self, vault: Vault, item: ItemId) -> None:
        self._vault, self._item = vault, item

    def read(self, number: int, start: int = 0) -> Iterator[bytes]:
        """The plain bytes of a segment from `start` on; Untrusted when they are not what was sealed."""
        left = start
        for piece in self._vault.open_segment(self._item, number):
            if left < len(piece):
                yield bytes(piece[left:])
            left = max(left - len(piece), 0)


def bag_item(vault: Vault, item: ItemId, events: tuple[CustodyEvent, ...]) -> BagItem:
    """The item with its events; Conflict `not-sealed` while it has no manifest."""
    folder = vault.folder_of(item)
    if not (folder / MANIFEST).exists():
        raise Conflict("this item is not sealed", kind="not-sealed")
    stamp = folder / TIMESTAMP
    return BagItem(
        about=(folder / ABOUT).read_bytes(),
        journal=(folder / JOURNAL).read_bytes(),
        manifest=(folder / MANIFEST).read_bytes(),
        timestamp=stamp.read_bytes() if stamp.exists() else None,
        segments=VaultSegments(vault, item),
        events=events,
    )
