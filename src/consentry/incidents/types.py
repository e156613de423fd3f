"""What this room hands to others, and what its adapters hand to its services."""

from dataclasses import dataclass
from datetime import datetime

from consentry.kernel.geo import Place
from consentry.kernel.ids import AgencyId, FeedId, IncidentId

UNMAPPED = "UNMAPPED"
OPEN, CLOSED = "open", "closed"

# Why an incident is kept but opens no private camera (`Incident.flags`).
FLAG_FUTURE = "reported_in_future"
FLAG_OUTSIDE = "outside_city"
FLAG_NO_PLACE = "no_place"
FLAG_UNMAPPED = "unmapped_type"
FLAG_ORIGIN = "origin_not_cad"
FLAG_CONSOLE = "changed_by_console"


@dataclass(frozen=True)
class RawCall:
    """One call as an adapter hands it on: already minimised, nobody's name, phone or house number in it.

    `place` is on the block grid (about 100 m); `common_type` is a code of the closed table or "" when the feed
    did not say; `status` is open or closed; `updated_at` is the feed's own time of this version.
    """

    number: str
    local_type: str
    common_type: str
    status: str
    reported_at: datetime
    updated_at: datetime
    place: Place | None
    block: str


@dataclass(frozen=True)
class UnknownType:
    """A feed's own call type that means nothing yet: how many calls bear it, and when the last one came."""

    local_type: str
    calls: int
    last_at: datetime


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be a call: where it stood and why. Never holds a word of the row itself."""

    position: int
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Incident:
    """Our record of a call. `place` is the block, not the house; `ledger_index` is None until it is durable.

    `ledger_index` is the entry of `call.receive`; lists leave it None, `get_incident`/`access_incident` fill it.
    `flags` names why it may open no private camera; the policy denies when any is there.
    """

    id: IncidentId
    feed: FeedId
    agency: AgencyId
    number: str
    type_code: str
    family: str
    status: str
    reported_at: datetime
    received_at: datetime
    place: Place | None
    block: str
    cell: str
    origin: str
    changed_by_console: bool
    flags: tuple[str, ...]
    ledger_key: str
    ledger_index: int | None = None


@dataclass(frozen=True)
class Taken:
    """What became of one call: `taken`, `changed`, `closed`, `unchanged` or `stale`; `incident` is its id."""

    outcome: str
    incident: IncidentId


@dataclass(frozen=True)
class Bounds:
    """The box of a city in degrees; a call outside it is flagged."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, place: Place) -> bool:
        """Is `place` inside?"""
        return self.south <= place.lat <= self.north and self.west <= place.lon <= self.east


@dataclass(frozen=True)
class Feed:
    """A source of calls of one agency. The key itself never leaves the room's services."""

    id: FeedId
    agency: AgencyId
    name: str
    kind: str
    preset: str
    origin: str
    key_kind: str
    key_version: int
    public_key: bytes
    active: bool
    bounds: Bounds | None
