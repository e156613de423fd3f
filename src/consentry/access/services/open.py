"""Open a grant and a session, and commit the look to the ledger, all in the transaction that decided it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from consentry.access import models
from consentry.access.audience import gateway_for
from consentry.access.events import SessionOpened
from consentry.access.gather import Situation
from consentry.access.officers import flag_if_often, number_of, pseudonym_of
from consentry.access.policy import Decision
from consentry.access.rules import CITY_CAP, PRIVATE_CAP, duration_bucket, grant_until, last_moment
from consentry.access.services.end import end_session_row, end_where
from consentry.access.types import GrantWhere
from consentry.agencies import services as agencies
from consentry.cameras.types import Camera, Klass
from consentry.consent.types import Consent
from consentry.core.announcements import announce
from consentry.core.outbox import tell
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, LimitReached
from consentry.kernel.ids import GrantId, PersonId, SessionId, new_id
from consentry.kernel.limits import MAX_GRANT_MIN
from consentry.kernel.terms import Participation
from consentry.ledger import services as ledger
from consentry.notices.services import notify


@dataclass(frozen=True)
class Plan:
    """What was allowed: `minutes` at most, `approval_sig` the owner's signed yes or ""; distance rounded up."""

    ask: models.Ask
    camera: Camera
    consent: Consent | None
    decision: Decision
    distance_m: int
    minutes: int = MAX_GRANT_MIN
    approval_sig: str = ""


def try_open(situation: Situation, plan: Plan) -> list[str]:
    """`open_session`, or the condition that the database held against it: somebody took the cap's last place."""
    try:
        with transaction.atomic():
            open_session(situation, plan)
    except (LimitReached, Conflict):
        return [CITY_CAP if plan.camera.klass is Klass.PUBLIC else PRIVATE_CAP]
    return []


def open_session(situation: Situation, plan: Plan) -> models.Session:
    """The session, its grant (a running one of the same agency, incident and camera is joined) and its commitment.

    Raises:
        LimitReached: the programme's cap is reached. Unavailable: no gateway.
    """
    gateway = gateway_for(plan.camera)
    grant = _join_open(situation, plan) or _open_grant(situation, plan)
    session = models.Session.objects.create(
        id=new_id("session"), grant=grant, ask=plan.ask, viewer_id=situation.who.person, role=situation.who.role,
        officer_number=number_of(situation.who.person, grant.programme or grant.agency), purpose=plan.ask.purpose,
        gateway=gateway, holder_sha256=plan.ask.holder_sha256, max_until=grant.until, since=situation.now,
    )  # fmt: skip
    commit_session(situation, plan, session)
    if grant.klass == "private":
        flag_if_often(grant, session, situation.now)
        notify(PersonId(grant.owner), "look.started", grant.camera)
    tell(f"person:{session.viewer_id}", "session.opened", session.id)
    announce(SessionOpened(SessionId(session.id)))
    return session


def commit_session(situation: Situation, plan: Plan, session: models.Session) -> None:
    """The `look.commit` of one session: what it states is what edge and gateway will check."""
    incident, camera, grant = situation.incident, plan.camera, session.grant
    shared = {
        "agency": grant.agency, "policy_sha256": plan.decision.policy_sha256, "purpose": session.purpose,
        "role": session.role, "rule": plan.decision.rule,
    }  # fmt: skip
    public = {
        **shared, "basis": basis_of(camera),
        "cell": camera.cell if incident is None else incident.cell, "decision": "allow",
        "duration_bucket": duration_bucket((session.max_until - session.since).total_seconds()),
        "incident_family": "none" if incident is None else incident.family, "mode": "live",
        "participation": str(camera.participation),
    }  # fmt: skip
    private: dict[str, str | int] = {
        **shared, "approval_sig": plan.approval_sig, "audience": session.gateway, "camera": camera.id,
        "distance_m": plan.distance_m, "grant": grant.id, "holder_key": session.holder_sha256,
        "incident": grant.incident, "max_until": to_ms(session.max_until), "officer_number": session.officer_number,
        "origin": "none" if incident is None else incident.origin, "programme": grant.programme,
        "reported_at": 0 if incident is None else to_ms(incident.reported_at), "session": session.id,
        "terms_sha256": grant.terms_sha256, "type": "none" if incident is None else incident.type_code,
        "viewer": pseudonym_of(session.viewer_id, grant.programme or grant.agency),
    }  # fmt: skip
    ledger.commit_look(public, private, key=session.id, now=session.since)


def _join_open(situation: Situation, plan: Plan) -> models.Grant | None:
    if plan.camera.klass is Klass.PRIVATE and plan.camera.id not in situation.cameras:
        return None  # never opened for this incident, whose row is locked: there is nothing to join
    incident = "" if situation.incident is None else situation.incident.id
    found = models.Grant.objects.select_for_update().filter(
        agency=situation.who.agency, incident=incident, camera=plan.camera.id, state="open"
    )
    grant = found.first()
    if grant is None:
        return None
    terms = "" if plan.consent is None else plan.consent.terms_sha256
    if grant.until > situation.now and grant.terms_sha256 == terms and _is_covered(grant, plan):
        for earlier in grant.sessions.select_for_update().filter(viewer=situation.who.person, ended_at=None):
            end_session_row(earlier, grant, "superseded", now=situation.now)
        return grant
    end_where(GrantWhere(grant=GrantId(grant.id)), "superseded", now=situation.now)
    return None


def _is_covered(grant: models.Grant, plan: Plan) -> bool:
    """A yes was said to one purpose: another purpose under the same grant needs its own."""
    return grant.approval_sig == plan.approval_sig and grant.purpose == plan.ask.purpose


def _open_grant(situation: Situation, plan: Plan) -> models.Grant:
    incident, programme, camera = situation.incident, situation.programme, plan.camera
    private = camera.klass is Klass.PRIVATE
    if programme is not None and (private or programme.is_running(situation.now)):
        agencies.record_use(programme.id, camera.id, str(camera.klass))
    if private and not situation.cameras:
        models.Draw.objects.filter(
            agency=situation.who.agency, incident=plan.ask.incident, first_opened_at=None
        ).update(first_opened_at=situation.now)
    return models.Grant.objects.create(
        id=new_id("grant"), agency=situation.who.agency, programme="" if programme is None else programme.id,
        incident="" if incident is None else incident.id, camera=camera.id, klass=str(camera.klass),
        owner=(camera.owner or "") if private else "", purpose=plan.ask.purpose, rule=plan.decision.rule,
        policy_sha256=plan.decision.policy_sha256,
        terms_sha256="" if plan.consent is None else plan.consent.terms_sha256, approval_sig=plan.approval_sig,
        distance_m=plan.distance_m, opened_at=situation.now, until=until_of(situation, plan.consent, plan.minutes),
    )  # fmt: skip


def basis_of(camera: Camera) -> str:
    """By what right it may be looked through; an obliged camera is never told of as consent."""
    if camera.klass is Klass.PUBLIC:
        return "agency_owned"
    return "consent" if camera.participation is Participation.VOLUNTARY else "mandate"


def until_of(situation: Situation, consent: Consent | None, minutes: int) -> datetime:
    """When a grant opened or extended now ends, whatever comes first."""
    ends: list[datetime] = []
    if situation.programme is not None and situation.programme.ends_at is not None:
        ends.append(situation.programme.ends_at)
    if consent is not None:
        minutes = min(minutes, consent.terms.max_minutes_per_grant)
        ends += [consent.expires_at, last_moment(situation.first_opened_at, situation.now)]
    return grant_until(situation.now, minutes=minutes, ends=ends)
