"""More time for a grant, and a second person's word for more cameras; the policy decides both."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from consentry.access import facts, models
from consentry.access.deciding import decide_on, keep_decisions
from consentry.access.gather import Situation, camera_facts, consents_under, distance_to, gather, seat_of
from consentry.access.locks import lock_cameras
from consentry.access.policy import Decision
from consentry.access.publish import in_force
from consentry.access.services.open import Plan, commit_session, until_of
from consentry.access.services.renew import refused
from consentry.cameras import queries as cameras
from consentry.consent import queries as consents
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.incidents import queries as incidents
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, NotFound
from consentry.kernel.ids import AgencyId, AskId, CameraId, GrantId, IncidentId, ProgrammeId, SessionId, new_id
from consentry.kernel.limits import MAX_GRANT_MIN
from consentry.kernel.roles import Role

# A supervisor's seat counts first here: after two renewals only theirs may extend.
PREFER = (Role.SUPERVISOR, Role.ANALYST, Role.OFFICER)


@transaction.atomic
def extend_grant(principal: Principal, grant: GrantId, *, now: datetime) -> list[SessionId]:
    """Give a private grant up to 15 more minutes from now, twice by the asker's side, then by a supervisor; 4 h in all.

    Each running viewer gets a session of their own for the new time, committed to the ledger like the first; the old
    one runs out. Returns the new sessions. A camera whose owner is asked each time is not extended: ask again.

    Raises:
        NotFound: another agency's grant. Refused: conditions by name. Conflict: nothing to extend.
    """
    row = access_grant(principal, grant)
    if not row.incident:
        raise Conflict("a city camera is simply asked for again", kind="not-extended")
    incident = incidents.get_incident(IncidentId(row.incident), lock=True)
    if row.programme:
        consents.hold_consents([CameraId(row.camera)], ProgrammeId(row.programme))
    lock_cameras([row.camera])
    row = models.Grant.objects.select_for_update().get(id=row.id)
    who = seat_of(principal, AgencyId(row.agency), prefer=PREFER)
    situation = gather(who, incident, facts.Request(row.purpose, 1), now)
    decision, plan = _decide(situation, row)
    if not decision.allowed or plan is None:
        raise refused(decision)
    until = until_of(situation, plan.consent, MAX_GRANT_MIN)
    if until <= row.until:
        raise Conflict("it cannot last longer than it does", kind="not-extended")
    row.until, row.extensions = until, row.extensions + 1
    row.save(update_fields=["until", "extensions"])
    return [_continue(situation, plan, row, session) for session in row.sessions.filter(ended_at=None).order_by("id")]


@transaction.atomic
def agree_to_more(principal: Principal, ask: AskId) -> None:
    """A supervisor agrees to more than five private cameras for an ask's incident; not the asker themselves."""
    row = models.Ask.objects.filter(id=ask, agency__in=principal.agencies(Role.SUPERVISOR)).first()
    if row is None or not row.incident:
        raise NotFound("no such ask")
    if row.person_id == principal.person:
        raise Conflict("the second person is somebody else", kind="same-person")
    incident = incidents.get_incident(IncidentId(row.incident), lock=True)
    models.Draw.objects.filter(agency=row.agency, incident=incident.id).update(second_person=principal.person or "")
    tell(f"person:{row.person_id}", "ask.agreed", row.id)


def access_grant(principal: Principal, grant: GrantId) -> models.Grant:
    """A grant of an agency where the principal may look; NotFound otherwise."""
    row = models.Grant.objects.filter(id=grant, agency__in=principal.agencies(*PREFER)).first()
    if row is None:
        raise NotFound("no such grant")
    return row


def _decide(situation: Situation, row: models.Grant) -> tuple[Decision, Plan | None]:
    """Two decisions, both must allow: may the grant last longer, and do the owner's terms still hold."""
    policy, now = in_force(situation.now), situation.now
    camera = cameras.get_camera(row.camera)
    consent = consents_under(situation, [camera.id]).get(camera.id)
    state = row.state if row.until > now else "ended"
    context = facts.as_context(
        asker=situation.asker_facts(), extended=facts.Extended(row.extensions, state),
        incident=situation.incident_facts(), programme=situation.programme_facts(camera.id), system=situation.system,
    )  # fmt: skip
    extend = decide_on(policy, "Extend", situation, ("Grant", row.id), context)
    found = camera_facts(situation, camera, consent)
    current = consent is not None and consent.terms_sha256 == row.terms_sha256
    found = replace(found, terms_current=found.terms_current and current)
    running = facts.as_context(running=facts.Running(row.state, to_ms(row.until), viewer=True))
    terms = decide_on(
        policy,
        "RenewPrivate",
        situation,
        ("Camera", camera.id),
        {**situation.private_facts(found, camera.id), **running},
    )
    keep_decisions([extend, terms], situation)
    if not extend.decision.allowed or not terms.decision.allowed:
        return (extend if not extend.decision.allowed else terms).decision, None
    ask = models.Ask.objects.filter(sessions__grant=row.id).first()
    if ask is None:
        return terms.decision, None
    away = distance_to(camera, None if situation.incident is None else situation.incident.place)
    return extend.decision, Plan(ask, camera, consent, extend.decision, away)


def _continue(situation: Situation, plan: Plan, grant: models.Grant, session: models.Session) -> SessionId:
    """A session for the new time; the viewer changes over before the old one runs out."""
    following = models.Session.objects.create(
        id=new_id("session"), grant=grant, ask=session.ask, viewer_id=session.viewer_id, role=session.role,
        officer_number=session.officer_number, purpose=session.purpose, gateway=session.gateway,
        holder_sha256=session.holder_sha256, max_until=grant.until, since=situation.now,
    )  # fmt: skip
    commit_session(situation, plan, following)
    tell(f"person:{following.viewer_id}", "session.opened", following.id)
    tell(f"person:{grant.owner}", "look.started", grant.camera)
    return SessionId(following.id)
