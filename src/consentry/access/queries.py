"""Reads. `access_x` checks that the object is the caller's; not-yours and absent look the same."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from consentry.access import models
from consentry.access.audience import ClockTimestamp
from consentry.access.officers import number_of
from consentry.access.policy import Policy, Rule, load_policy
from consentry.access.publish import in_force
from consentry.access.rows import gateway_of, owner_ask_of, session_of
from consentry.access.rules import refusals
from consentry.access.types import ASKING, ASKING_OWNERS, DECIDED, Alternative, Ask, GatewayFacts, OwnerAsk, Session
from consentry.cameras import queries as cameras
from consentry.core.principal import Principal
from consentry.incidents import queries as incidents
from consentry.kernel.errors import Malformed, NotFound
from consentry.kernel.ids import AgencyId, AskId, CameraId, EdgeId, GatewayId, IncidentId, PersonId, SessionId
from consentry.kernel.limits import MAX_DISTANCE_M
from consentry.kernel.roles import Role

LIST_LIMIT = 200


def access_ask(principal: Principal, ask: AskId, *, now: datetime) -> Ask:
    """An ask as its asker (or an auditor of the agency) may see it; NotFound for anyone else.

    An ask whose 5 minutes are over reads as decided at once, whether or not the job ran.
    """
    row = models.Ask.objects.filter(id=ask).first()
    mine = row is not None and row.person_id == principal.person
    if row is None or not (mine or row.agency in principal.agencies(Role.AUDITOR)):
        raise NotFound("no such ask")
    sessions = [session_of(item) for item in row.sessions.select_related("grant").order_by("since", "id")]
    over = row.state == ASKING_OWNERS and now >= row.ends_at
    lacking = row.no_further_view or over
    told = refusals(row.failed, _rules(row.policy_sha256, now))
    return Ask(
        id=AskId(row.id), incident=IncidentId(row.incident) if row.incident else None, purpose=row.purpose,
        state=DECIDED if over else row.state, asked_at=row.asked_at, ends_at=row.ends_at, refusals=told,
        alternatives=_alternatives(row) if lacking or told else (), no_further_view=lacking,
        sessions=tuple(sessions),
    )  # fmt: skip


def access_session(principal: Principal, session: SessionId) -> Session:
    """The principal's own session; NotFound for anyone else's as for none."""
    row = models.Session.objects.select_related("grant").filter(id=session, viewer=principal.person or "").first()
    if principal.person is None or row is None:
        raise NotFound("no such session")
    return session_of(row)


def find_session(session: str) -> Session | None:
    """Any session, or None. Whose camera it is at is the caller's to check."""
    row = models.Session.objects.select_related("grant").filter(id=session).first()
    return None if row is None else session_of(row)


def running_of_grant(grant: str, viewer: PersonId, now: datetime) -> list[Session]:
    """The sessions of one viewer that run under a grant, newest first."""
    rows = models.Session.objects.select_related("grant").filter(
        grant=grant, viewer=viewer, ended_at=None, max_until__gt=now, grant__state="open", grant__until__gt=now
    )
    return [session_of(row) for row in rows.order_by("-since", "-id")]


def running_sessions(gateway: GatewayId, now: datetime) -> list[SessionId]:
    """Sessions that may go on at `gateway`: decided by comparison, so no job has to have run."""
    rows = models.Session.objects.filter(
        gateway=gateway, ended_at=None, max_until__gt=now, grant__state="open", grant__until__gt=now
    )
    return [SessionId(name) for name in rows.order_by("id").values_list("id", flat=True)]


def sessions_of_camera(camera: CameraId, *, limit: int = LIST_LIMIT) -> list[Session]:
    """Looks at a camera, newest first. Whose camera it is was checked by the caller."""
    rows = models.Session.objects.select_related("grant").filter(grant__camera=camera)
    return [session_of(row) for row in rows.order_by("-since", "-id")[:limit]]


def sessions_of_owner(owner: PersonId) -> Iterator[Session]:
    """Every look at a camera that is or was the owner's, oldest first, one by one."""
    rows = models.Session.objects.select_related("grant").filter(grant__owner=owner).order_by("since", "id")
    return map(session_of, rows.iterator(chunk_size=200))


def sessions_now(cameras_: Sequence[CameraId]) -> list[Session]:
    """Looks that run at these cameras, newest first."""
    rows = models.Session.objects.select_related("grant").filter(grant__camera__in=cameras_, ended_at=None)
    return [session_of(row) for row in rows.order_by("-since", "-id")]


def asks_for_owner(owner: PersonId, now: datetime) -> list[OwnerAsk]:
    """Asks that wait for this owner's answer, newest first."""
    rows = models.Candidate.objects.select_related("ask").filter(
        owner=owner, state=ASKING, asks_owner=True, ask__ends_at__gt=now
    )
    return [_owner_ask(row) for row in rows.order_by("-ask__asked_at", "id")]


def refusals_at_camera(camera: CameraId, *, limit: int = LIST_LIMIT) -> list[models.DecisionRecord]:
    """Decisions that kept a camera closed, newest first, with the owner's own conditions that did it."""
    rows = models.DecisionRecord.objects.filter(resource=camera, allowed=False, action="LookPrivate")
    return list(rows.order_by("-id")[:limit])


def decisions(
    principal: Principal, *, before: int | None = None, limit: int = LIST_LIMIT
) -> list[models.DecisionRecord]:
    """Decisions of the auditor's agencies, newest first, below id `before`."""
    rows = models.DecisionRecord.objects.filter(agency__in=principal.agencies(Role.AUDITOR)).order_by("-id")
    return list((rows if before is None else rows.filter(id__lt=before))[:limit])


def access_decision(principal: Principal, decision: int) -> models.DecisionRecord:
    """A decision of an agency that the principal audits; NotFound otherwise."""
    row = models.DecisionRecord.objects.filter(id=decision, agency__in=principal.agencies(Role.AUDITOR)).first()
    if row is None:
        raise NotFound("no such decision")
    return row


def flags(principal: Principal, *, limit: int = LIST_LIMIT) -> list[models.LookFlag]:
    """Officers who look at one camera unusually often, in the auditor's agencies, newest first."""
    rows = models.LookFlag.objects.filter(agency__in=principal.agencies(Role.AUDITOR))
    return list(rows.order_by("-at", "-id")[:limit])


def flags_at_camera(camera: CameraId, *, limit: int = LIST_LIMIT) -> list[models.LookFlag]:
    """The same for one camera, for its owner."""
    return list(models.LookFlag.objects.filter(camera=camera).order_by("-at", "-id")[:limit])


def policy_of(sha256: str) -> Policy | None:
    """The published policy of that hash, as it was; None when there is none or it is broken."""
    row = models.PolicyVersion.objects.filter(sha256=sha256).order_by("id").first()
    if row is None:
        return None
    try:
        return load_policy(row.cedar, row.schema)
    except Malformed:
        return None


def get_gateway(gateway: GatewayId) -> GatewayFacts:
    """A registered gateway; NotFound when there is none."""
    row = models.Gateway.objects.filter(id=gateway).first()
    if row is None:
        raise NotFound("no such gateway")
    return gateway_of(row)


def gateways() -> list[GatewayFacts]:
    """All registered gateways by id."""
    return [gateway_of(row) for row in models.Gateway.objects.order_by("id")]


def is_alive(gateway: GatewayId) -> bool:
    """Did `gateway` sign something within `GATEWAY_ALIVE_MS`, by the clock of the database?"""
    return models.Gateway.objects.filter(id=gateway, alive_until__gt=ClockTimestamp()).exists()


def edges_at(gateway: GatewayId) -> list[EdgeId]:
    """Edges that are connected to `gateway`, by id."""
    rows = models.EdgeLink.objects.filter(gateway=gateway).order_by("edge").values_list("edge", flat=True)
    return [EdgeId(edge) for edge in rows]


def gateways_of_edge(edge: EdgeId) -> list[GatewayFacts]:
    """Living gateways that `edge` is connected to now, the one it dialled last first."""
    rows = models.EdgeLink.objects.filter(edge=edge, gateway__alive_until__gt=ClockTimestamp())
    return [gateway_of(row.gateway) for row in rows.select_related("gateway").order_by("-seen_at", "gateway")]


def end_reason_of(session: str) -> str:
    """Why a session ended; "closed" when nobody says."""
    found = models.Session.objects.filter(id=session).values_list("end_reason", flat=True).first()
    return found or "closed"


def count_by_state(agency: AgencyId | None = None) -> dict[str, int]:
    """How many looks there were and run now: `sessions`, `running`. For counts in bands, never shown as they are."""
    rows = models.Session.objects.all() if agency is None else models.Session.objects.filter(grant__agency=agency)
    return {"sessions": rows.count(), "running": rows.filter(ended_at=None).count()}


def _rules(sha256: str, now: datetime) -> Mapping[str, Rule]:
    policy = policy_of(sha256) or in_force(now)
    return {} if policy is None else policy.rules


def _owner_ask(row: models.Candidate) -> OwnerAsk:
    ask = row.ask
    family = incidents.get_incident(IncidentId(ask.incident)).family if ask.incident else "none"
    return owner_ask_of(row, number_of(ask.person_id, ask.programme or ask.agency), family)


def _alternatives(row: models.Ask) -> tuple[Alternative, ...]:
    """What is left by law, nearest first: the city's own cameras around, a request to residents, a court's order."""
    found: list[Alternative] = []
    place = incidents.get_incident(IncidentId(row.incident)).place if row.incident else None
    if place is not None:
        nearest = cameras.nearest_public(AgencyId(row.agency), place, MAX_DISTANCE_M)
        if nearest is not None:
            found.append(Alternative("city_camera", nearest.id, nearest.name))
    return (*found, Alternative("video_request"), Alternative("order"))
