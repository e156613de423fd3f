"""Real vaults in a temporary folder, with small segments."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from consentry.evidence.vault.keys import Keys
from consentry.evidence.vault.vault import Vault
from consentry.kernel.ids import ItemId, new_id
from consentry.kernel.item import About, SegmentSpan
from consentry.kernel.note import Signer

SIGNER = Signer.generate("vault.example/vault")
BEGAN_MS = 1_790_000_000_000
DAY_MS = 86_400_000


def open_vault(folder: Path, *, shredded: Iterable[ItemId] = (), signer: Signer = SIGNER) -> Vault:
    """As a process does at its start."""
    return Vault(folder / "vault", Keys(folder / "vault-keys", shredded=shredded), signer, known=(SIGNER.verifier,))


def new_about(*, began_ms: int = BEGAN_MS, retention_class: str = "90d") -> About:
    """A fresh look's item."""
    return About(
        item=ItemId(new_id("item")), agency=new_id("agency"), kind="look", source={"camera": new_id("camera")},
        salt=os.urandom(32), retention_class=retention_class, began_ms=began_ms,
    )  # fmt: skip


def said_of(number: int, plain: bytes) -> SegmentSpan:
    """What an honest sender says of `plain`."""
    start_us = BEGAN_MS * 1_000 + number * 10_000_000
    origin = {"gateway": "gwy_aaaaaaaaaaaaaaaaaaaaaaaaaa", "number": number, "recovered": False}
    digest = hashlib.sha256(plain).hexdigest()
    return SegmentSpan(number, start_us, start_us + 10_000_000, "video/mp4", len(plain), digest, origin)


def tell(vault: Vault, item: ItemId, number: int, plain: bytes) -> bytes:
    """Send one segment; its acknowledgement."""
    return vault.take_segment(item, said_of(number, plain), [plain])


def begun(vault: Vault, *segments: bytes) -> About:
    """An item with these segments, still open."""
    about = new_about()
    vault.begin(about)
    for number, plain in enumerate(segments):
        tell(vault, about.item, number, plain)
    return about


def read(vault: Vault, item: ItemId, number: int) -> bytes:
    """All plain bytes of a segment."""
    return b"".join(vault.open_segment(item, number))
