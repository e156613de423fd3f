"""What the ledger hands to other rooms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Receipt:
    """An entry is in the inbox, under `key`, dated `t_ms`. `is_new` is False when the key was there before."""

    key: str
    t_ms: int
    is_new: bool = True


@dataclass(frozen=True)
class CommittedLook:
    """A look's commitment is in the inbox. Salts: 32 bytes each, secret until the reveal (`salt_priv`: for ever)."""

    receipt: Receipt
    salt_pub: bytes
    salt_priv: bytes
    t_ms: int


@dataclass(frozen=True)
class Place:
    """Where an entry stands in the log: its index, and its leaf hash (32 bytes). It is durable."""

    index: int
    leaf: bytes


@dataclass(frozen=True)
class LookEnd:
    """How a look ended: reason (one of access's end reasons), length in seconds, media bytes sent to the viewer."""

    reason: str
    watched_s: int
    sent_bytes: int = 0


@dataclass(frozen=True)
class Look:
    """The record behind a `look.commit`: what opens it, where it stands (None: not yet), how it ended (None: runs).

    Secret: `private`, `salt_priv` (None once erased), and `public`, `salt_pub` until `revealed_at`.
    """

    key: str
    index: int | None
    t_ms: int
    public: Mapping[str, str]
    private: Mapping[str, str | int]
    salt_pub: bytes
    salt_priv: bytes | None
    end: LookEnd | None
    ended_at: datetime | None
    sealed_until: datetime | None
    revealed_at: datetime | None
