"""What the public pages are made of."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class RevealedLook:
    """One look as its reveal says it. `index`: of the commitment; `reveal_index`: of the reveal; times in ms.

    `public` holds the fields of a commitment's public half. `lasted` and `end_reason` come from the end, "" before.
    """

    index: int
    reveal_index: int
    committed_ms: int
    revealed_ms: int
    public: dict[str, str]
    lasted: str
    end_reason: str


@dataclass(frozen=True)
class WitnessLine:
    """Who vouches for the log: the name of the key, who runs it; on this machine it proves nothing."""

    name: str
    operator: str
    same_machine: bool


@dataclass(frozen=True)
class Head:
    """The newest checkpoint (entries, base64 root), how far the witnessed one is, and who the witnesses are."""

    origin: str
    size: int
    root: str
    witnessed_size: int
    witnesses: tuple[WitnessLine, ...]
    quorum: int


@dataclass(frozen=True)
class CellLooks:
    """Looks in one published cell: the band of each day, newest first, and of all together."""

    days: tuple[tuple[date, str], ...]
    total: str
