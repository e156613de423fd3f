"""What this room's operations take and give."""

from datetime import datetime
from typing import Annotated

from ninja import Field, Schema

from consentry.core.codes import one_of
from consentry.incidents import models
from consentry.incidents.catalog import catalog, names_of
from consentry.incidents.services import Tally
from consentry.incidents.types import Bounds, Incident


class IncidentOut(Schema):
    """A call as the agency's own people see it. `lat`, `lon`: degrees, the block; `flags`: why it opens nothing."""

    id: str
    feed: str
    number: str
    type_code: str
    type_name: str
    family: str
    family_name: str
    status: Annotated[str, one_of("open", "closed")]
    reported_at: datetime
    received_at: datetime
    lat: float | None
    lon: float | None
    block: str
    cell: str
    origin: Annotated[str, one_of("cad", "alarm", "manual", "officer")]
    flags: list[str]


class IncidentDetailOut(IncidentOut):
    """With the place of its entry in the ledger, None while it is not durable."""

    ledger_index: int | None


class PushOut(Schema):
    """What became of a push: counts by outcome, and of quarantined rows by reason."""

    outcomes: dict[str, int]
    quarantined: dict[str, int]


class FeedOut(Schema):
    """A feed of the caller's agency."""

    id: str
    agency: str
    name: str
    kind: str
    preset: str
    origin: str
    key_kind: str
    active: bool
    heard_at: datetime | None
    taken: int
    quarantined: int


class BoundsIn(Schema):
    """The box of the city in degrees."""

    south: float
    west: float
    north: float
    east: float


class FeedIn(Schema):
    """A new feed. `public_key`: base64url Ed25519 (32 bytes), or empty for an HMAC key of ours."""

    agency: str
    name: str
    kind: str
    preset: str = ""
    public_key: str = ""
    bounds: BoundsIn | None = None


class TypesIn(Schema):
    """What the feed's own call types mean: local type to common code ("": nothing again), at most 2,000."""

    types: dict[str, str] = Field(max_length=2_000)


class UnknownTypeOut(Schema):
    """A type of the feed's own that means nothing yet, and so opens nothing."""

    local_type: str
    calls: int
    last_at: datetime


class MeantTypeOut(Schema):
    """A type of the feed's own and the common code that it stands for."""

    local_type: str
    code: str


class CallTypeOut(Schema):
    """A common code by name and family; `opens`: a programme of the agency lets its calls open private cameras."""

    code: str
    name: str
    family: str
    family_name: str
    opens: bool


class FeedTypesOut(Schema):
    """What a feed's own call types mean, which ones mean nothing yet, and the codes to choose from."""

    feed: FeedOut
    unknown: list[UnknownTypeOut]
    meant: list[MeantTypeOut]
    choices: list[CallTypeOut]


class FeedAddedOut(Schema):
    """The feed and, once and never again, its HMAC key (base64url); empty when it signs with Ed25519."""

    feed: FeedOut
    secret: str


class QuarantineOut(Schema):
    """A refused row: where and why, nothing of it."""

    feed: str
    at: datetime
    way: str
    position: int
    reason: str
    detail: str


def incident_fields(incident: Incident, local_type: str, language: str) -> dict[str, object]:
    """The fields of `IncidentOut`, names in `language` (en, fr or es; English for any other)."""
    place, family = incident.place, catalog().families[incident.family]
    return {
        "id": incident.id,
        "feed": incident.feed,
        "number": incident.number,
        "type_code": incident.type_code,
        "type_name": names_of(incident.type_code, local_type).said_in(language),
        "family": incident.family,
        "family_name": family.said_in(language),
        "status": incident.status,
        "reported_at": incident.reported_at,
        "received_at": incident.received_at,
        "lat": None if place is None else place.lat,
        "lon": None if place is None else place.lon,
        "block": incident.block,
        "cell": incident.cell,
        "origin": incident.origin,
        "flags": list(incident.flags),
    }


def feed_out(row: models.Feed) -> FeedOut:
    """The feed in `row`."""
    return FeedOut(
        id=row.pk,
        agency=row.agency_id,
        name=row.name,
        kind=row.kind,
        preset=row.preset,
        origin=row.origin,
        key_kind=row.key_kind,
        active=row.active,
        heard_at=row.heard_at,
        taken=row.taken_count,
        quarantined=row.rejected_count,
    )


def choices_out(opening: frozenset[str], language: str) -> list[CallTypeOut]:
    """The closed table by family and name, in `language`; `opening`: codes that may open private cameras."""
    table = catalog()
    choices = [
        CallTypeOut(
            code=found.code, name=found.names.said_in(language), family=found.family,
            family_name=table.families[found.family].said_in(language), opens=found.code in opening,
        )
        for found in table.types.values()
    ]  # fmt: skip
    return sorted(choices, key=lambda choice: (choice.family_name, choice.name, choice.code))


def quarantine_out(row: models.Quarantine) -> QuarantineOut:
    """The refused row."""
    return QuarantineOut(
        feed=row.feed_id, at=row.at, way=row.way, position=row.position, reason=row.reason, detail=row.detail
    )


def push_out(tally: Tally) -> PushOut:
    """The counts of one push."""
    return PushOut(outcomes=dict(tally.outcomes), quarantined=dict(tally.reasons))


def bounds_of(said: BoundsIn | None) -> Bounds | None:
    """The box as a type of ours."""
    return None if said is None else Bounds(said.south, said.west, said.north, said.east)
