"""Renew a ticket: the policy decides again on fresh facts, then the signer signs. A no ends the session."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction

from consentry.access import facts, models
from consentry.access.deciding import Decided, decide_on, keep_decisions
from consentry.access.gather import Situation, Who, camera_facts, consents_under, gather, seat_of
from consentry.access.policy import Decision
from consentry.access.publish import in_force
from consentry.access.rules import ticket_end_ms
from consentry.access.services.end import end_where
from consentry.access.tickets import TicketWish, sign
from consentry.access.types import GrantWhere
from consentry.cameras import queries as cameras
from consentry.cameras.types import Camera, Klass
from consentry.consent.types import Consent
from consentry.core.principal import Principal
from consentry.incidents import queries as incidents
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import NotFound, Refused
from consentry.kernel.ids import AgencyId, CameraId, GrantId, IncidentId, SessionId
from consentry.kernel.opening import Opening
from consentry.ledger import queries as ledger

# Conditions that end the grant for everybody when they fail at a renewal, and what the end is called.
ENDS = {
    "camera.consent": "withdrawn", "camera.consent_time": "expired", "camera.hours": "expired",
    "camera.paused": "paused", "camera.stopped": "stopped", "camera.terms": "superseded",
    "incident.open": "call_closed", "programme.active": "programme_over", "programme.dates": "programme_over",
    "running.time": "expired",
}  # fmt: skip


@dataclass(frozen=True)
class Renewal:
    """What was decided on which facts; `until_ms`: the latest end of the next ticket, 0 after a no."""

    decision: Decision
    until_ms: int
    situation: Situation
    camera: Camera
    consent: Consent | None


def renew_ticket(principal: Principal, session: SessionId, *, now: datetime) -> tuple[bytes, Opening]:
    """A fresh ticket (192 bytes) for the principal's own running session, with its opening.

    Raises:
        NotFound: not the principal's session. Refused: the policy says no now (conditions of the camera are not
        named). Unavailable: the look is not in the log yet, or the signer does not answer.
    """
    row = access_own_session(principal, session)
    renewal = decide_renewal(principal, row, now=now)
    if not renewal.decision.allowed:
        raise refused(renewal.decision)
    opening = ledger.make_opening(row.id)
    wish = TicketWish(
        camera=row.grant.camera, audience=row.gateway, holder_key=row.holder_sha256, not_before_ms=to_ms(now),
        not_after_ms=renewal.until_ms, sealed=settings.SEALED and row.grant.klass == "private",
    )  # fmt: skip
    ticket = sign(wish, opening)
    if row.presented_at is None:
        models.Session.objects.filter(id=row.id, presented_at=None).update(presented_at=now)
    return ticket, opening


@transaction.atomic
def decide_renewal(principal: Principal, row: models.Session, *, now: datetime) -> Renewal:
    """Decide whether the session goes on; a no ends what it must."""
    grant = models.Grant.objects.select_for_update().get(id=row.grant_id)
    incident = incidents.get_incident(IncidentId(grant.incident)) if grant.incident else None
    request = facts.Request(purpose=row.purpose, views=1)
    situation = gather(_viewer_seat(principal, grant), incident, request, now)
    camera = cameras.get_cameras([grant.camera]).get(CameraId(grant.camera))
    if camera is None:
        end_where(GrantWhere(grant=GrantId(grant.id)), "withdrawn", now=now)
        raise NotFound("no such session")
    consent = consents_under(situation, [camera.id]).get(camera.id)
    decided = _decide(situation, row, camera, consent, grant)
    keep_decisions([decided], situation, ask=row.ask_id or "")
    if not decided.decision.allowed:
        _end_if_over(grant, decided.decision, now)
        return Renewal(decided.decision, 0, situation, camera, consent)
    terms = None if consent is None else consent.terms
    until_ms = ticket_end_ms(now, min(row.max_until, grant.until), terms)
    return Renewal(decided.decision, until_ms, situation, camera, consent)


def access_own_session(principal: Principal, session: SessionId) -> models.Session:
    """The principal's own session with its grant; NotFound for anyone else's as for none."""
    row = models.Session.objects.select_related("grant").filter(id=session, viewer=principal.person or "").first()
    if principal.person is None or row is None:
        raise NotFound("no such session")
    return row


def refused(decision: Decision) -> Refused:
    """The error for a denied renewal or extension: conditions of a camera are not named."""
    named = tuple(rule for rule in decision.failed if not rule.startswith("camera."))
    return Refused("this look may not go on", kind="policy", conditions=named)


def _viewer_seat(principal: Principal, grant: models.Grant) -> Who:
    return seat_of(principal, AgencyId(grant.agency))


def _decide(
    situation: Situation, row: models.Session, camera: Camera, consent: Consent | None, grant: models.Grant
) -> Decided:
    running = facts.Running(
        state=grant.state if row.ended_at is None else "ended", until_ms=to_ms(min(grant.until, row.max_until)),
        viewer=row.viewer_id == situation.who.person,
    )  # fmt: skip
    extra = facts.as_context(running=running)
    policy, resource = in_force(situation.now), ("Camera", camera.id)
    if camera.klass is Klass.PUBLIC:
        return decide_on(policy, "RenewPublic", situation, resource, {**situation.public_facts(camera), **extra})
    found = camera_facts(situation, camera, consent, answer="yes" if grant.approval_sig else "none")
    current = consent is not None and consent.terms_sha256 == grant.terms_sha256
    found = replace(found, terms_current=found.terms_current and current)
    context = {**situation.private_facts(found, camera.id), **extra}
    return decide_on(policy, "RenewPrivate", situation, resource, context)


def _end_if_over(grant: models.Grant, decision: Decision, now: datetime) -> None:
    reason = next((ENDS[rule] for rule in decision.failed if rule in ENDS), None)
    if reason is not None and grant.state == "open":
        end_where(GrantWhere(grant=GrantId(grant.id)), reason, now=now)
