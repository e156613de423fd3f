"""Rows of this room as the types that others see."""

from consentry.access import models
from consentry.access.rules import distance_band
from consentry.access.types import GatewayFacts, OwnerAsk, Session
from consentry.kernel.ids import (
    AgencyId,
    AskId,
    CameraId,
    GatewayId,
    GrantId,
    IncidentId,
    PersonId,
    ProgrammeId,
    SessionId,
)


def session_of(row: models.Session) -> Session:
    """A session with its grant's facts (`grant` fetched)."""
    grant = row.grant
    return Session(
        id=SessionId(row.id), grant=GrantId(grant.id), viewer=PersonId(row.viewer_id), agency=AgencyId(grant.agency),
        programme=ProgrammeId(grant.programme), incident=IncidentId(grant.incident), camera=CameraId(grant.camera),
        klass=grant.klass, owner=PersonId(grant.owner), role=row.role, officer_number=row.officer_number,
        gateway=GatewayId(row.gateway), purpose=row.purpose, distance_m=grant.distance_m, since=row.since,
        expires_at=min(row.max_until, grant.until), presented_at=row.presented_at, first_frame_at=row.first_frame_at,
        ended_at=row.ended_at, end_reason=row.end_reason, granted_at=grant.opened_at,
    )  # fmt: skip


def owner_ask_of(row: models.Candidate, officer_number: str, family: str) -> OwnerAsk:
    """A candidate with its ask (`ask` fetched) as the owner may see it."""
    return OwnerAsk(
        candidate=row.id, ask=AskId(row.ask_id), camera=CameraId(row.camera), agency=AgencyId(row.ask.agency),
        incident=IncidentId(row.ask.incident), role=row.ask.role, officer_number=officer_number,
        purpose=row.ask.purpose, type_family=family, distance_band=distance_band(row.distance_m), minutes=row.minutes,
        asked_at=row.ask.asked_at, ends_at=row.ask.ends_at,
    )  # fmt: skip


def gateway_of(row: models.Gateway) -> GatewayFacts:
    """A registered gateway."""
    return GatewayFacts(GatewayId(row.id), bytes(row.public_key), row.url)
