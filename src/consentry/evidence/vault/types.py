"""What the vault hands out."""

from dataclasses import dataclass, field

from consentry.kernel.ids import ItemId


@dataclass(frozen=True)
class Sealed:
    """A closed item. `envelope`: the file `manifest`; `payload_sha256`, `commit`: 32 bytes, that for the ledger."""

    item: ItemId
    envelope: bytes = field(repr=False)
    payload_sha256: bytes
    commit: bytes
    closed_ms: int
