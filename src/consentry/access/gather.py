"""Gathers the facts of a decision from the rooms below, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection

from consentry.access import facts, models
from consentry.access.rules import access_minutes, rounded_up_m
from consentry.agencies import queries as agencies
from consentry.agencies.types import Programme
from consentry.cameras import queries as cameras
from consentry.cameras.types import Camera, Klass
from consentry.cells.blocks import far_side_m
from consentry.consent import queries as consents
from consentry.consent.types import Consent, ConsentState
from consentry.core.principal import Principal
from consentry.incidents.types import Incident
from consentry.kernel.clock import to_ms, wall_offset_ms
from consentry.kernel.geo import Place, distance_m
from consentry.kernel.ids import AgencyId, CameraId, IncidentId, PersonId
from consentry.kernel.limits import MAX_CLOCK_SKEW_MS, MAX_DISTANCE_M
from consentry.kernel.roles import Role
from consentry.kernel.terms import Approval, within_hours
from consentry.ledger import queries as ledger

FAR_M = 1_000_000
# Beside the wanted ones, so that asking for none is a statement as well (Django leaves out what cannot match).
NO_CAMERA = CameraId("")
ASKERS = (Role.ANALYST, Role.OFFICER, Role.SUPERVISOR)

_TOUCHES = ("opened", "stopped")
_TOUCHED = """
SELECT DISTINCT 'opened', camera FROM access_grant WHERE incident = %(incident)s AND klass = 'private'
UNION ALL SELECT DISTINCT 'stopped', camera FROM access_stop WHERE incident = %(incident)s
"""


@dataclass(frozen=True)
class Who:
    """The asker under one seat. `mfa`: assurance of the sign-in (core.principal)."""

    person: PersonId
    agency: AgencyId
    role: str
    mfa: int


@dataclass(frozen=True)
class Situation:
    """All that is the same for every camera of one ask.

    `in_use`: cameras that count against the programme's cap now. `cameras`: private ones opened for this incident,
    ever; `stopped`: those whose owner stopped its looks.
    """

    who: Who
    now: datetime
    request: facts.Request
    system: facts.System
    incident: Incident | None
    programme: Programme | None
    in_use: frozenset[CameraId]
    cameras: frozenset[CameraId]
    stopped: frozenset[CameraId]
    draw: models.Draw | None

    @property
    def first_opened_at(self) -> datetime | None:
        """When a private camera was first opened for this incident."""
        return None if self.draw is None else self.draw.first_opened_at

    def with_opened(self, camera: CameraId) -> "Situation":
        """This situation after a private `camera` was opened in it: what the next camera's decision must count."""
        programme = self.programme
        if programme is not None and camera not in self.in_use:
            programme = replace(programme, private_cameras_used=programme.private_cameras_used + 1)
        return replace(self, programme=programme, cameras=self.cameras | {camera}, in_use=self.in_use | {camera})

    def under_locks(self) -> "Situation":
        """This situation once the cameras are locked: an owner may have stopped a look while we chose.

        The incident's row is locked all along, so nobody else opens for it; the programme's cap and state are held by
        the database when a place is taken (`agencies.services.record_use`).
        """
        if self.incident is None:
            return self
        opened, stopped = touched_cameras(self.incident.id)
        return replace(self, cameras=opened, stopped=stopped)

    def asker_facts(self) -> facts.Asker:
        """Who asks."""
        return facts.Asker(agency=self.who.agency, mfa=self.who.mfa, role=self.who.role)

    def ask_facts(self) -> facts.Context:
        """The context of `Ask`."""
        return facts.as_context(
            asker=self.asker_facts(), incident=self.incident_facts(), programme=self.programme_facts(None),
            request=self.request, system=self.system,
        )  # fmt: skip

    def private_facts(self, camera: facts.PrivateCamera, camera_id: CameraId) -> facts.Context:
        """The context of `LookPrivate`."""
        return facts.as_context(
            asker=self.asker_facts(), camera=camera, incident=self.incident_facts(),
            programme=self.programme_facts(camera_id), request=self.request, system=self.system,
        )  # fmt: skip

    def public_facts(self, camera: Camera) -> facts.Context:
        """The context of `LookPublic`."""
        found = facts.PublicCamera(agency=camera.agency or "", klass=str(camera.klass), paused=camera.paused)
        return facts.as_context(asker=self.asker_facts(), camera=found, request=self.request, system=self.system)

    def incident_facts(self) -> facts.Incident:
        """The reported crime; only called with an incident."""
        incident = self.incident
        if incident is None:
            raise ValueError("no incident in this situation")
        return facts.Incident(
            access_min=access_minutes(self.first_opened_at, self.now), agency=incident.agency,
            cameras=len(self.cameras), changed_by_console=incident.changed_by_console,
            logged=incident.ledger_index is not None, origin=incident.origin, reported_ms=to_ms(incident.reported_at),
            second_person=self.draw is not None and self.draw.second_person != "",
            sound=not incident.flags and incident.place is not None, status=incident.status, type=incident.type_code,
        )  # fmt: skip

    def programme_facts(self, camera: CameraId | None) -> facts.Programme:
        """The programme; a camera that it uses already needs no place left."""
        found, incident = self.programme, self.incident
        if found is None:
            return facts.Programme("", False, 0, 0, 0, 0, "none")
        left = 1 if camera in self.in_use else found.private_camera_cap - found.private_cameras_used
        return facts.Programme(
            agency=found.agency, call_type=incident is not None and incident.type_code in found.call_types,
            cameras_left=left, ends_ms=_ms(found.ends_at), max_distance_m=found.max_distance_m,
            starts_ms=_ms(found.starts_at), state=str(found.state),
        )  # fmt: skip


def seat_of(principal: Principal, agency: AgencyId | None, *, prefer: Sequence[Role] = ASKERS) -> Who:
    """The seat to ask under: in `agency` if the principal has one there, else their first; role "" for none."""
    for role in prefer:
        if agency in principal.agencies(role):
            return Who(principal.person or PersonId(""), agency or AgencyId(""), role.value, principal.mfa_level)
    for role in prefer:
        for other in sorted(principal.agencies(role)):
            return Who(principal.person or PersonId(""), other, role.value, principal.mfa_level)
    return Who(principal.person or PersonId(""), AgencyId(""), "", principal.mfa_level)


def gather(who: Who, incident: Incident | None, request: facts.Request, now: datetime) -> Situation:
    """What is the same for every camera. The incident's row is locked by the caller."""
    agency = who.agency if incident is None else incident.agency
    programme = _programme(agency, now)
    draw = None
    opened: frozenset[CameraId] = frozenset()
    stopped: frozenset[CameraId] = frozenset()
    if incident is not None:
        draw = models.Draw.objects.filter(agency=agency, incident=incident.id).first()
        opened, stopped = touched_cameras(incident.id)
    in_use = frozenset() if programme is None else frozenset(agencies.cameras_in_use(programme.id))
    return Situation(who, now, request, _system(now), incident, programme, in_use, opened, stopped, draw)


def camera_facts(
    situation: Situation, camera: Camera, consent: Consent | None, *, answer: str = "none"
) -> facts.PrivateCamera:
    """A private camera with its owner's terms applied; `answer` "yes" when the owner said so to this ask."""
    incident = situation.incident
    away = distance_to(camera, None if incident is None else incident.place)
    stopped = camera.id in situation.stopped
    if consent is None:
        return _no_consent(camera, away, stopped=stopped)
    terms, type_code = consent.terms, "" if incident is None else incident.type_code
    automatic = terms.approval is Approval.AUTOMATIC
    return facts.PrivateCamera(
        answer="automatic" if automatic else answer, call_type=type_code in terms.call_types, klass=str(camera.klass),
        consent=str(consent.state), counted=camera.id in situation.cameras, distance_m=away,
        expires_ms=to_ms(consent.expires_at), health=str(camera.health), hours=within_hours(terms, situation.now),
        max_distance_m=terms.max_distance_m, participation=str(camera.participation), paused=camera.paused,
        purpose=situation.request.purpose in terms.purposes, stopped=stopped,
        terms_current=consent.state is not ConsentState.INVALID and terms.participation is camera.participation,
        tier=str(terms.tier), view_attested=terms.view_attested.not_indoor,
    )  # fmt: skip


def consents_under(situation: Situation, ids: Sequence[CameraId]) -> dict[CameraId, Consent]:
    """Consents of the cameras `ids` for the situation's programme, at its time, and the terms under which obliged ones
    are connected; empty without a programme.

    As many statements for no camera as for many, whatever was agreed to: an ask must not tell by its time.
    """
    if situation.programme is None:
        return {}
    programme, now = situation.programme.id, situation.now
    given = consents.consents_for([*ids, NO_CAMERA], programme, now)
    others = [camera for camera in ids if camera not in given]
    return {**given, **consents.mandated_for([*others, NO_CAMERA], programme, now)}


def cameras_now(ids: Sequence[CameraId]) -> dict[CameraId, Camera]:
    """`cameras.get_cameras`, with a statement for no camera too."""
    return cameras.get_cameras([*ids, NO_CAMERA])


def distance_to(camera: Camera, place: Place | None) -> int:
    """Metres from the call to the middle of the camera's block, rounded up to 100: the same for 50 addresses at least.

    Far beyond every limit when the call has no place, or the camera is private and has no block or one whose far side
    lies beyond 800 m.
    """
    if place is None or camera.block is None:
        return FAR_M
    if camera.klass is Klass.PRIVATE and far_side_m(camera.block, place) > MAX_DISTANCE_M:
        return FAR_M
    return rounded_up_m(distance_m(camera.block.middle, place))


def touched_cameras(incident: IncidentId) -> tuple[frozenset[CameraId], frozenset[CameraId]]:
    """Private cameras that were ever opened for `incident`, and cameras whose owner stopped its looks."""
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, {"incident": incident})
        rows = cursor.fetchall()
    opened, stopped = (frozenset(CameraId(name) for kind, name in rows if kind == wanted) for wanted in _TOUCHES)
    return opened, stopped


def _programme(agency: AgencyId, now: datetime) -> Programme | None:
    """The agency's programme to decide under: one that runs and allows live looks, else the newest."""
    found = agencies.programmes_of(agency) if agency else []
    running = [programme for programme in found if programme.is_running(now) and "live" in programme.tiers]
    return next(iter(running or found), None)


def _system(now: datetime) -> facts.System:
    return facts.System(clock_in_order=_clock_in_order(), log_reachable=ledger.is_fresh(now), now_ms=to_ms(now))


def _clock_in_order() -> bool:
    """Does the machine's clock agree with the database's within 60 s, and has nobody set it since the start?"""
    if abs(wall_offset_ms() - settings.CLOCK_OFFSET_MS) > MAX_CLOCK_SKEW_MS:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    return abs(datetime.now(UTC) - theirs) <= timedelta(milliseconds=MAX_CLOCK_SKEW_MS)


def _no_consent(camera: Camera, away: int, *, stopped: bool) -> facts.PrivateCamera:
    return facts.PrivateCamera(
        answer="none", call_type=False, klass=str(camera.klass), consent="none", counted=False, distance_m=away,
        expires_ms=0, health=str(camera.health), hours=False, max_distance_m=0,
        participation=str(camera.participation), paused=camera.paused, purpose=False, stopped=stopped,
        terms_current=False, tier="none", view_attested=False,
    )  # fmt: skip


def _ms(moment: datetime | None) -> int:
    return 0 if moment is None else to_ms(moment)
