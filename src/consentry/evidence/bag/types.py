"""What the export is given and what it gives back. Pure: the room fills these from its tables and stores."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from consentry.kernel.ids import ExportId

LANGUAGES = ("en", "es", "fr")


class Segments(Protocol):
    """The plain bytes of an item's segments, from wherever they are kept."""

    def read(self, number: int, start: int = 0) -> Iterator[bytes]:
        """The bytes of segment `number` from byte `start` on, in pieces; Untrusted when they are not as sealed."""
        ...


@dataclass(frozen=True)
class CustodyEvent:
    """One thing that happened to an item: when (ms, UTC, never before the event before it), what, by whom.

    `event` as `docs/spec/bag.md` lists them; `by` a person's or program's name as a court may read it; `detail`
    texts and integers; `entry` its index in the public log, -1 for none.
    """

    t_ms: int
    event: str
    by: str
    detail: Mapping[str, str | int] = field(default_factory=dict)
    entry: int = -1


@dataclass(frozen=True)
class BagItem:
    """A sealed item as it goes into a bag: its files (docs/spec/item.md), where its segments are read, what happened.

    `timestamp` is the RFC 3161 reply over `manifest`, None while it is pending.
    """

    about: bytes
    journal: bytes
    manifest: bytes
    timestamp: bytes | None
    segments: Segments
    events: tuple[CustodyEvent, ...]


@dataclass(frozen=True)
class ExportOrder:
    """One export: for whom, by whom, when (ms, UTC), in which language (one of `LANGUAGES`) its reports are.

    `salt`: 32 random bytes, so that the log's commitment tells nothing; `stamped`: a time-stamp of the seal follows.
    """

    export: ExportId
    made_ms: int
    salt: bytes = field(repr=False)
    recipient: str = ""
    agency_name: str = ""
    language: str = "en"
    stamped: bool = True


@dataclass(frozen=True)
class PlayerCopy:
    """A copy for any player, made by joining the segments without coding anything anew.

    `operation`: `remux`; `label`: `c2pa` or "" for none; `programs`: name and version of what made it.
    """

    label: str
    programs: Mapping[str, str]
    operation: str = "remux"
