"""From rows of the database to the dataclasses that this room hands out."""

from consentry.incidents import models
from consentry.incidents.types import Bounds, Feed, Incident
from consentry.kernel.geo import Place
from consentry.kernel.ids import AgencyId, FeedId, IncidentId


def incident_of(row: models.Incident, *, ledger_index: int | None = None) -> Incident:
    """The incident in `row`."""
    return Incident(
        id=IncidentId(row.pk),
        feed=FeedId(row.feed_id),
        agency=AgencyId(row.agency_id),
        number=row.number,
        type_code=row.type_code,
        family=row.family,
        status=row.status,
        reported_at=row.reported_at,
        received_at=row.received_at,
        place=place_of(row),
        block=row.block,
        cell=row.cell,
        origin=row.origin,
        changed_by_console=row.changed_by_console,
        flags=tuple(row.flags),
        ledger_key=row.ledger_key,
        ledger_index=ledger_index,
    )


def place_of(row: models.Incident) -> Place | None:
    """The block's point, or None when the call had no usable place."""
    return None if row.lat is None or row.lon is None else Place(row.lat, row.lon)


def feed_of(row: models.Feed) -> Feed:
    """The feed in `row`, without its secret."""
    bounds = None
    if row.south is not None and row.west is not None and row.north is not None and row.east is not None:
        bounds = Bounds(row.south, row.west, row.north, row.east)
    return Feed(
        id=FeedId(row.pk),
        agency=AgencyId(row.agency_id),
        name=row.name,
        kind=row.kind,
        preset=row.preset,
        origin=row.origin,
        key_kind=row.key_kind,
        key_version=row.key_version,
        public_key=bytes(row.public_key),
        active=row.active,
        bounds=bounds,
    )
