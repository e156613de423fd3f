"""Calls for the agency's people; pushes of feeds; feeds and quarantine for who keeps them."""

import io
from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.translation import get_language_from_request
from ninja import Router

from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.incidents import queries, services
from consentry.incidents.adapters import eido, table, webhook
from consentry.incidents.presets import get_preset, presets
from consentry.incidents.schemas import (
    FeedAddedOut,
    FeedIn,
    FeedOut,
    FeedTypesOut,
    IncidentDetailOut,
    IncidentOut,
    MeantTypeOut,
    PushOut,
    QuarantineOut,
    TypesIn,
    UnknownTypeOut,
    bounds_of,
    choices_out,
    feed_out,
    incident_fields,
    push_out,
    quarantine_out,
)
from consentry.incidents.signature import HEADER
from consentry.incidents.types import Feed, RawCall, Rejected
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed, NotFound
from consentry.kernel.ids import AgencyId, FeedId, IncidentId
from consentry.kernel.limits import MAX_EIDO_BYTES, MAX_JSON_BODY_BYTES
from consentry.kernel.roles import Role

router = Router(tags=["incidents"])
MAX_CSV_BYTES = 32 * MAX_JSON_BODY_BYTES


@router.get("/incidents", response=list[IncidentOut])
@policy("incidents:incident:list")
def list_incidents(request: HttpRequest, open: bool = False) -> list[IncidentOut]:  # noqa: A002 named as in the address
    """The newest 500 calls of the caller's agencies; with `open=true` the open ones only."""
    found = queries.list_incidents(principal_of(request), only_open=open)
    said = queries.local_types_of([incident.id for incident in found])
    language = get_language_from_request(request)
    return [IncidentOut.model_validate(incident_fields(row, said[row.id], language)) for row in found]


@router.get("/incidents/{incident_id}", response=IncidentDetailOut)
@policy("incidents:incident:list")
def read_incident(request: HttpRequest, incident_id: str) -> IncidentDetailOut:
    """One call of the caller's agencies."""
    incident = queries.access_incident(principal_of(request), IncidentId(incident_id))
    said = queries.local_types_of([incident.id])
    fields = incident_fields(incident, said[incident.id], get_language_from_request(request))
    return IncidentDetailOut.model_validate(fields | {"ledger_index": incident.ledger_index})


@router.post("/feeds/{feed_id}/eido", response=PushOut)
@policy("incidents:call:push")
def push_eido(request: HttpRequest, feed_id: str) -> PushOut:
    """One EIDO (NENA-STA-021), signed by the feed's key."""
    feed, body = _signed_body(request, feed_id, "eido", MAX_EIDO_BYTES)
    return _take(feed, eido.read_calls(body))


@router.post("/feeds/{feed_id}/webhook", response=PushOut)
@policy("incidents:call:push")
def push_webhook(request: HttpRequest, feed_id: str) -> PushOut:
    """Calls in our own JSON, signed by the feed's key."""
    feed, body = _signed_body(request, feed_id, "webhook", MAX_JSON_BODY_BYTES)
    return _take(feed, webhook.read_calls(body))


@router.post("/feeds/{feed_id}/csv", response=PushOut)
@policy("incidents:call:push")
def push_csv(request: HttpRequest, feed_id: str) -> PushOut:
    """A table in the feed's preset, signed by the feed's key."""
    feed, body = _signed_body(request, feed_id, "table", MAX_CSV_BYTES)
    return _take(feed, table.read_calls(io.BytesIO(body), get_preset(feed.preset).columns))


def _signed_body(request: HttpRequest, feed_id: str, kind: str, most: int) -> tuple[Feed, bytes]:
    body = request.body
    if len(body) > most:
        raise Malformed(f"at most {most} bytes")
    header = request.headers.get(HEADER, "")
    return services.check_push(FeedId(feed_id), kind, header, body, now=utc_now()), body


def _take(feed: Feed, parsed: Iterable[RawCall | Rejected]) -> PushOut:
    return push_out(services.take_parsed(feed.id, parsed, way="push", clock=utc_now))


@router.get("/feeds", response=list[FeedOut])
@policy("incidents:feed:list")
def list_feeds(request: HttpRequest) -> list[FeedOut]:
    """The feeds of the caller's agencies."""
    return [feed_out(row) for row in queries.feed_rows(principal_of(request))]


@router.get("/feed-presets", response=dict[str, str])
@policy("incidents:feed:list")
def list_presets(request: HttpRequest) -> dict[str, str]:  # noqa: ARG001 ninja hands the request over
    """Known tables by name, with a sentence each."""
    return {name: preset.about for name, preset in presets().items()}


@router.post("/feeds", response=FeedAddedOut)
@policy("incidents:feed:change")
def add_feed(request: HttpRequest, body: FeedIn) -> FeedAddedOut:
    """Add a feed to an agency that the caller manages; its HMAC key is in this answer and never again."""
    principal = principal_of(request)
    if AgencyId(body.agency) not in principal.agencies(Role.MANAGER):
        raise NotFound("no such agency")
    plan = services.FeedPlan(
        agency=AgencyId(body.agency),
        name=body.name,
        kind=body.kind,
        preset=body.preset,
        public_key=from_b64(body.public_key) if body.public_key else b"",
        bounds=bounds_of(body.bounds),
    )
    feed = services.add_feed(plan)
    secret = "" if feed.key_kind == "ed25519" else to_b64(services.feed_secret(feed))
    return FeedAddedOut(feed=_own_feed(request, feed.id), secret=secret)


@router.post("/feeds/{feed_id}/stop", response=FeedOut)
@policy("incidents:feed:change")
def stop_feed(request: HttpRequest, feed_id: str) -> FeedOut:
    """Take nothing from the feed any more."""
    feed = queries.access_feed(principal_of(request), FeedId(feed_id), Role.MANAGER)
    services.stop_feed(feed.id)
    return _own_feed(request, feed.id)


@router.get("/feeds/{feed_id}/types", response=FeedTypesOut)
@policy("incidents:feed:list")
def list_types(request: HttpRequest, feed_id: str) -> FeedTypesOut:
    """What the feed's own call types mean, which came and mean nothing yet, and the codes to choose from."""
    feed = queries.access_feed(principal_of(request), FeedId(feed_id), *queries.KEEPERS)
    return FeedTypesOut(
        feed=_own_feed(request, feed.id),
        unknown=[UnknownTypeOut(**vars(found)) for found in queries.unknown_types(feed.id)],
        meant=[MeantTypeOut(local_type=local, code=code) for local, code in queries.meant_types(feed.id).items()],
        choices=choices_out(queries.opening_types(feed.agency), get_language_from_request(request)),
    )


@router.post("/feeds/{feed_id}/types", response=int)
@policy("incidents:feed:change")
def map_types(request: HttpRequest, feed_id: str, body: TypesIn) -> int:
    """Say what the feed's own call types mean (common codes, "" for nothing again); answers how many were said."""
    return services.say_types(principal_of(request), FeedId(feed_id), body.types)


@router.get("/quarantine", response=list[QuarantineOut])
@policy("incidents:quarantine:list")
def list_quarantine(request: HttpRequest, feed: str = "") -> list[QuarantineOut]:
    """Rows refused on import by the caller's feeds, newest first."""
    rows = queries.quarantine_rows(principal_of(request), FeedId(feed) if feed else None)
    return [quarantine_out(row) for row in rows]


def _own_feed(request: HttpRequest, feed: FeedId) -> FeedOut:
    return next(feed_out(row) for row in queries.feed_rows(principal_of(request)) if row.pk == feed)
