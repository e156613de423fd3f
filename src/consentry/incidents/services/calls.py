"""Take versions of calls: store, commit to the ledger, announce, tell; all in one transaction, one feed at a time."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from consentry.cells.queries import cell_of
from consentry.core.announcements import announce
from consentry.core.outbox import tell
from consentry.incidents import models, rules
from consentry.incidents.events import CallChanged, CallClosed, CallReceived
from consentry.incidents.records import feed_of, incident_of, place_of
from consentry.incidents.rules import CallFacts
from consentry.incidents.types import CLOSED, Feed, Incident, RawCall, Taken
from consentry.kernel.canonical import canonical_json, to_b64
from consentry.kernel.errors import Conflict, Malformed, NotFound, Unavailable
from consentry.kernel.geo import Place
from consentry.kernel.ids import FeedId, IncidentId
from consentry.ledger.services import append

MAX_CALLS_PER_TRANSACTION = 500
TELL_EACH_UP_TO = 20
COMMIT_PREFIX = b"\x04"
EVENTS = {rules.TAKEN: CallReceived, rules.CHANGED: CallChanged, rules.CLOSED: CallClosed}


@dataclass
class _Batch:
    """What one transaction gathers before it writes; `rows` holds every incident that it touches, by number."""

    feed: Feed
    now: datetime
    rows: dict[str, models.Incident]
    mapping: dict[str, str]
    new: list[models.Incident] = field(default_factory=list)
    changed: dict[str, models.Incident] = field(default_factory=dict)
    versions: list[models.CallVersion] = field(default_factory=list)
    told: list[tuple[str, models.Incident]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    cells: dict[Place, str] = field(default_factory=dict)
    has_no_city: bool = False


def take_call(feed: FeedId, call: RawCall, *, now: datetime) -> Taken:
    """Take one version of a call; see `take_calls`."""
    return take_calls(feed, [call], now=now)[0]


@transaction.atomic
def take_calls(feed: FeedId, calls: Sequence[RawCall], *, now: datetime) -> list[Taken]:
    """Take at most 500 versions in order; one feed is handled by one transaction at a time (row lock).

    Each version that changes anything is committed to the ledger (`call.receive`, `call.change`) in this transaction.

    Raises:
        NotFound: no such active feed.
        Conflict: more calls than fit one transaction.
    """
    if len(calls) > MAX_CALLS_PER_TRANSACTION:
        raise Conflict(f"at most {MAX_CALLS_PER_TRANSACTION} calls at once")
    row = models.Feed.objects.select_for_update().filter(pk=feed, active=True).first()
    if row is None:
        raise NotFound("no such feed")
    batch = _open_batch(feed_of(row), calls, now)
    taken = [_take(batch, call) for call in calls]
    _write(batch)
    row.heard_at = now
    row.taken_count += len(batch.new)
    row.save(update_fields=["heard_at", "taken_count"])
    return taken


@transaction.atomic
def close_call(incident: IncidentId, *, now: datetime) -> Incident:
    """Close an incident on our side (closing only ever shuts doors); Conflict when it is closed already."""
    row = models.Incident.objects.select_for_update().filter(pk=incident).first()
    if row is None:
        raise NotFound("no such incident")
    if row.status == CLOSED:
        raise Conflict("this call is closed already")
    batch = _Batch(feed=feed_of(row.feed), now=now, rows={row.number: row}, mapping={})
    batch.counts[row.pk] = row.versions.count()
    facts = replace(_facts_in(row), status=CLOSED, updated_at=max(row.updated_at, now))
    _change(batch, row, facts, rules.CLOSED)
    _write(batch)
    return incident_of(row)


def _open_batch(feed: Feed, calls: Iterable[RawCall], now: datetime) -> _Batch:
    numbers = {call.number for call in calls}
    rows = models.Incident.objects.select_for_update().filter(feed_id=feed.id, number__in=numbers)
    known = models.TypeMapping.objects.filter(feed_id=feed.id).values_list("local_type", "code")
    batch = _Batch(feed=feed, now=now, rows={row.number: row for row in rows}, mapping=dict(known))
    versions = models.CallVersion.objects.filter(incident__in=batch.rows.values()).values("incident_id")
    batch.counts.update(versions.annotate(most=Max("number")).values_list("incident_id", "most"))
    return batch


def _take(batch: _Batch, call: RawCall) -> Taken:
    row = batch.rows.get(call.number)
    cell = _cell_or_nothing(batch, call.place)
    said = rules.facts_of(call, batch.feed, batch.mapping, cell=cell, now=batch.now)
    outcome, facts = rules.decide_version(None if row is None else _facts_in(row), said)
    if row is None:
        row = models.Incident(feed_id=batch.feed.id, agency_id=batch.feed.agency, received_at=batch.now)
        batch.rows[call.number] = row
        batch.new.append(row)
    if outcome == rules.UNCHANGED:
        row.updated_at = facts.updated_at
        batch.changed[row.number] = row
    elif outcome != rules.STALE:
        _change(batch, row, facts, outcome)
    return Taken(outcome, IncidentId(row.pk))


def _change(batch: _Batch, row: models.Incident, facts: CallFacts, outcome: str) -> None:
    _fill(row, facts, batch.now)
    version = _next_version(batch, row, facts)
    if outcome == rules.TAKEN:
        row.ledger_key = version.ledger_key
    batch.changed[row.number] = row
    batch.versions.append(version)
    kind = "call.receive" if outcome == rules.TAKEN else "call.change"
    append(kind, {"feed": batch.feed.id, "commit": to_b64(bytes(version.commitment))}, key=version.ledger_key)
    batch.told.append((outcome, row))


def _next_version(batch: _Batch, row: models.Incident, facts: CallFacts) -> models.CallVersion:
    number = batch.counts[row.pk] = batch.counts.get(row.pk, 0) + 1
    record = canonical_json(rules.record_of(facts, incident=row.pk, feed=batch.feed.id))
    salt = secrets.token_bytes(32)
    return models.CallVersion(
        incident=row,
        number=number,
        at=batch.now,
        record=record,
        salt=salt,
        commitment=commitment_of(salt, record),
        ledger_key=f"call:{row.pk}:{number}",
    )


def commitment_of(salt: bytes, record: bytes) -> bytes:
    """SHA-256(0x04 ‖ salt ‖ canonical JSON), 32 bytes: what the ledger's entry carries."""
    return hashlib.sha256(COMMIT_PREFIX + salt + record).digest()


def _write(batch: _Batch) -> None:
    models.Incident.objects.bulk_create(batch.new)
    fresh = {row.number for row in batch.new}
    changed = [row for number, row in batch.changed.items() if number not in fresh]
    if changed:
        models.Incident.objects.bulk_update(changed, CHANGEABLE)
    models.CallVersion.objects.bulk_create(batch.versions)
    for outcome, row in batch.told:
        announce(EVENTS[outcome](incident_of(row)))
    audience = f"agency:{batch.feed.agency}"
    if len(batch.told) > TELL_EACH_UP_TO:
        tell(audience, "incident.changed", batch.feed.id)
        return
    for _, row in batch.told:
        tell(audience, "incident.changed", row.pk)


CHANGEABLE = [
    *("type_code", "local_type", "family", "status", "reported_at", "updated_at", "closed_at"),
    *("lat", "lon", "block", "cell", "origin", "flags"),
]


def _fill(row: models.Incident, facts: CallFacts, now: datetime) -> None:
    row.number, row.type_code, row.local_type = facts.number, facts.type_code, facts.local_type
    row.family, row.status, row.origin = facts.family, facts.status, facts.origin
    row.reported_at, row.updated_at = facts.reported_at, facts.updated_at
    row.lat, row.lon = (None, None) if facts.place is None else (facts.place.lat, facts.place.lon)
    row.block, row.cell, row.flags = facts.block, facts.cell, list(facts.flags)
    row.closed_at = (row.closed_at or now) if facts.status == CLOSED else None


def _facts_in(row: models.Incident) -> CallFacts:
    return CallFacts(
        number=row.number,
        type_code=row.type_code,
        local_type=row.local_type,
        family=row.family,
        status=row.status,
        reported_at=row.reported_at,
        updated_at=row.updated_at,
        place=place_of(row),
        block=row.block,
        cell=row.cell,
        origin=row.origin,
        flags=tuple(row.flags),
    )


def _cell_or_nothing(batch: _Batch, place: Place | None) -> str:
    """The published cell; "" (and so a flag) outside the city or while no city is divided into cells."""
    if place is None or batch.has_no_city:
        return ""
    if place not in batch.cells:
        batch.cells[place] = ""
        try:
            batch.cells[place] = cell_of(place)
        except Unavailable:
            batch.has_no_city = True
        except (Malformed, NotFound):
            return ""
    return batch.cells[place]
