"""Reads. `access_x` also checks that the object is the caller's; not-yours and absent look the same."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Max

from consentry.agencies.queries import programmes_of
from consentry.agencies.types import State
from consentry.core.principal import Principal
from consentry.incidents import models
from consentry.incidents.records import feed_of, incident_of
from consentry.incidents.types import OPEN, UNMAPPED, Feed, Incident, UnknownType
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import AgencyId, FeedId, IncidentId
from consentry.kernel.roles import Role
from consentry.ledger.queries import find_place

READERS = (Role.ANALYST, Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR)
KEEPERS = (Role.MANAGER, Role.AUDITOR)
LIST_LIMIT = 500


def get_incident(incident: IncidentId, *, lock: bool = False) -> Incident:
    """The incident with its ledger index (None while it is not durable); NotFound. `lock` needs a transaction."""
    rows = models.Incident.objects.select_for_update() if lock else models.Incident.objects.all()
    row = rows.filter(pk=incident).first()
    if row is None:
        raise NotFound("no such incident")
    place = find_place(row.ledger_key)
    return incident_of(row, ledger_index=None if place is None else place.index)


def access_incident(principal: Principal, incident: IncidentId, *, lock: bool = False) -> Incident:
    """The incident if it belongs to an agency where `principal` may read calls; NotFound otherwise."""
    found = get_incident(incident, lock=lock)
    if found.agency not in principal.agencies(*READERS):
        raise NotFound("no such incident")
    return found


def open_incidents(agency: AgencyId, *, limit: int = LIST_LIMIT) -> list[Incident]:
    """Open incidents of `agency`, newest report first; without ledger indexes."""
    rows = models.Incident.objects.filter(agency_id=agency, status=OPEN).order_by("-reported_at", "id")
    return [incident_of(row) for row in rows[:limit]]


def list_incidents(principal: Principal, *, only_open: bool, limit: int = LIST_LIMIT) -> list[Incident]:
    """Incidents of the caller's agencies, last received first; without ledger indexes."""
    rows = models.Incident.objects.filter(agency_id__in=principal.agencies(*READERS)).order_by("-received_at", "id")
    if only_open:
        rows = rows.filter(status=OPEN)
    return [incident_of(row) for row in rows[:limit]]


def incidents_closed_since(moment: datetime, *, limit: int = LIST_LIMIT) -> list[Incident]:
    """Incidents closed at or after `moment`, oldest first."""
    rows = models.Incident.objects.filter(closed_at__gte=moment).order_by("closed_at", "id")
    return [incident_of(row) for row in rows[:limit]]


def local_types_of(incidents: Iterable[IncidentId]) -> dict[IncidentId, str]:
    """What the feed called each incident's type (cleaned); for the agency's own pages only."""
    rows = models.Incident.objects.filter(pk__in=list(incidents)).values_list("pk", "local_type")
    return {IncidentId(pk): local_type for pk, local_type in rows}


def get_feed(feed: FeedId) -> Feed:
    """The feed; NotFound when there is none or it is no longer active."""
    row = models.Feed.objects.filter(pk=feed, active=True).first()
    if row is None:
        raise NotFound("no such feed")
    return feed_of(row)


def access_feed(principal: Principal, feed: FeedId, *roles: Role) -> Feed:
    """The feed if it belongs to an agency where `principal` has one of `roles`; NotFound otherwise."""
    row = models.Feed.objects.filter(pk=feed, agency_id__in=principal.agencies(*roles)).first()
    if row is None:
        raise NotFound("no such feed")
    return feed_of(row)


def unknown_types(feed: FeedId, *, limit: int = LIST_LIMIT) -> list[UnknownType]:
    """The feed's own call types that came and mean nothing yet, most frequent first."""
    meant = models.TypeMapping.objects.filter(feed_id=feed).values("local_type")
    rows = models.Incident.objects.filter(feed_id=feed, type_code=UNMAPPED).exclude(local_type="")
    counted = rows.exclude(local_type__in=meant).values("local_type")
    found = counted.annotate(calls=Count("pk"), last_at=Max("received_at")).order_by("-calls", "local_type")
    return [UnknownType(**row) for row in found[:limit]]


def meant_types(feed: FeedId) -> dict[str, str]:
    """What the feed's own call types mean: local type to common code, by local type."""
    rows = models.TypeMapping.objects.filter(feed_id=feed).order_by("local_type")
    return dict(rows.values_list("local_type", "code"))


def opening_types(agency: AgencyId) -> frozenset[str]:
    """Common codes whose calls may open private cameras under a programme of `agency` that is not over."""
    programmes = [found for found in programmes_of(agency) if found.state is not State.ENDED]
    return frozenset(code for found in programmes for code in found.call_types)


def feeds_of_agency(agency: AgencyId) -> list[Feed]:
    """The feeds of `agency` by name (they stand on the programme's public page)."""
    return [feed_of(row) for row in models.Feed.objects.filter(agency_id=agency, active=True).order_by("name")]


def feed_rows(principal: Principal) -> list[models.Feed]:
    """The feeds that the caller keeps, with their counts, by name."""
    return list(models.Feed.objects.filter(agency_id__in=principal.agencies(*KEEPERS)).order_by("name"))


def quarantine_rows(principal: Principal, feed: FeedId | None, *, limit: int = LIST_LIMIT) -> list[models.Quarantine]:
    """Rows refused on import by the caller's feeds, newest first."""
    rows = models.Quarantine.objects.filter(feed__agency_id__in=principal.agencies(*KEEPERS)).order_by("-at", "-id")
    if feed is not None:
        rows = rows.filter(feed_id=feed)
    return list(rows[:limit])
