"""The owner's answer to an ask. A yes is signed by the owner's own key, and the policy decides again on fresh facts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from consentry.access import facts, models
from consentry.access.deciding import decide_on, keep_decisions
from consentry.access.gather import Situation, Who, camera_facts, consents_under, distance_to, gather
from consentry.access.locks import lock_cameras
from consentry.access.publish import in_force
from consentry.access.services.open import Plan, try_open
from consentry.access.services.settle import settle_ask
from consentry.access.types import ASKING, CLOSED, NO, OPENED
from consentry.accounts import queries as accounts
from consentry.cameras import queries as cameras
from consentry.cameras.types import Camera
from consentry.consent import queries as consents
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.incidents import queries as incidents
from consentry.kernel.clock import from_ms
from consentry.kernel.errors import Conflict, Malformed, NotFound, Untrusted
from consentry.kernel.ids import AgencyId, CameraId, IncidentId, PersonId, ProgrammeId
from consentry.kernel.limits import MAX_CLOCK_SKEW_MS
from consentry.kernel.owner_record import MAX_SIGNED_CHARS, open_owner_record


@dataclass(frozen=True)
class Yes:
    """A signed yes that holds: for how long, and the text that proves it."""

    minutes: int
    signed: str


@transaction.atomic
def answer_ask(principal: Principal, candidate: str, *, yes: bool, signature: str, now: datetime) -> None:
    """Answer the ask of one's own camera; it may be answered once, within its 5 minutes.

    A no changes nothing that the asker can see: the ask ends when it would have ended anyway.

    Raises:
        NotFound: not an ask of the principal's camera. Conflict: answered or over. Untrusted: the yes is not signed
        by the key that the camera's edge pins, or is about something else.
    """
    ask, row = _access(principal, candidate)
    if row.state != ASKING or not row.asks_owner or now >= ask.ends_at:
        raise Conflict("this ask is answered or over", kind="ask-over")
    camera = cameras.get_camera(row.camera)
    if yes:
        _open(ask, row, camera, _require_yes(ask, row, camera, signature, now), now)
    else:
        row.state = NO
    row.answered_at = now
    row.save(update_fields=["state", "answered_at"])
    tell(f"person:{row.owner}", "ask.ended", row.id)
    settle_ask(ask, now=now)


def asker_of(ask: models.Ask) -> Who:
    """The asker's seat as it stands now: the role is empty once it was taken away or the person disabled."""
    seated = any(
        person.id == ask.person_id and person.role.value == ask.role and person.is_active
        for person in accounts.agency_people(AgencyId(ask.agency))
    )
    return Who(PersonId(ask.person_id), AgencyId(ask.agency), ask.role if seated else "", ask.mfa)


def _access(principal: Principal, candidate: str) -> tuple[models.Ask, models.Candidate]:
    """The ask and the candidate, locked in this order: incident, ask, candidate."""
    found = models.Candidate.objects.filter(id=candidate, owner=principal.person or "").first()
    if principal.person is None or found is None:
        raise NotFound("no such ask")
    incidents.get_incident(IncidentId(models.Ask.objects.get(id=found.ask_id).incident), lock=True)
    ask = models.Ask.objects.select_for_update().get(id=found.ask_id)
    return ask, models.Candidate.objects.select_for_update().get(id=candidate)


def _require_yes(ask: models.Ask, row: models.Candidate, camera: Camera, signed: str, now: datetime) -> Yes:
    if len(signed) > MAX_SIGNED_CHARS:  # an opening carries it to the edge under the same bound (kernel/opening.py)
        raise Malformed(f"a signed yes has at most {MAX_SIGNED_CHARS:,} characters")
    for key in cameras.key_for_camera(camera):
        try:
            record = open_owner_record(signed, key, kind="ask.yes")
        except Untrusted:
            continue
        said_at, slack = from_ms(int(record["t"])), timedelta(milliseconds=MAX_CLOCK_SKEW_MS)
        about = {name: record[name] for name in ("agency", "ask", "camera", "incident", "purpose")}
        if about != {
            "agency": ask.agency, "ask": ask.id, "camera": row.camera, "incident": ask.incident, "purpose": ask.purpose,
        }:  # fmt: skip
            raise Untrusted("this yes is to something else", kind="approval-other")
        if not ask.asked_at - slack <= said_at <= now + slack:
            raise Untrusted("this yes was said at another time", kind="approval-time")
        return Yes(min(int(record["minutes"]), row.minutes), signed)
    raise Untrusted("this yes is not signed by the owner's key", kind="owner-signature")


def _open(ask: models.Ask, row: models.Candidate, camera: Camera, yes: Yes, now: datetime) -> None:
    """Decide again, with the yes, on facts as they stand under the locks; what fails is the owner's to read."""
    if ask.programme:
        consents.hold_consents([CameraId(row.camera)], ProgrammeId(ask.programme))
    lock_cameras([row.camera])
    situation = _situation(ask, now)
    consent = consents_under(situation, [camera.id]).get(camera.id)
    found = camera_facts(situation, cameras.get_camera(camera.id), consent, answer="yes")
    context = situation.private_facts(found, camera.id)
    decided = decide_on(in_force(now), "LookPrivate", situation, ("Camera", camera.id), context)
    keep_decisions([decided], situation, ask=ask.id)
    row.state = CLOSED
    if decided.decision.allowed and yes.minutes > 0:
        away = distance_to(camera, None if situation.incident is None else situation.incident.place)
        plan = Plan(ask, camera, consent, decided.decision, away, yes.minutes, yes.signed)
        row.state = CLOSED if try_open(situation, plan) else OPENED


def _situation(ask: models.Ask, now: datetime) -> Situation:
    incident = incidents.get_incident(IncidentId(ask.incident))
    return gather(asker_of(ask), incident, facts.Request(ask.purpose, max(1, ask.views)), now)
