"""Reads for the owner. Each starts from the owner's own camera; anyone else's is NotFound."""

import json
from collections.abc import Iterator
from datetime import datetime

from consentry.access import queries as access
from consentry.access.rules import distance_band
from consentry.access.types import OwnerAsk, Session
from consentry.agencies import queries as agencies
from consentry.cameras import queries as cameras
from consentry.cameras.types import Camera
from consentry.core.principal import Principal
from consentry.evidence import queries as evidence
from consentry.home.types import HomeCamera, HomeFlag, HomeLook, HomeOfficer, HomeRefusal, OwnLine
from consentry.kernel.errors import ConsentryError, NotFound, Unavailable
from consentry.kernel.ids import AgencyId, CameraId, PersonId
from consentry.kernel.opening import dump_opening
from consentry.ledger import queries as ledger


def home_of(principal: Principal, *, now: datetime) -> list[HomeCamera]:
    """The principal's cameras with what looks at them now."""
    mine = cameras.cameras_of(principal.person or PersonId(""))
    running = [look for look in access.sessions_now([camera.id for camera in mine]) if look.expires_at > now]
    names: dict[str, str] = {}
    kept = evidence.kept_sessions([look.id for look in running])
    shown = [(look.camera, _look(look, now, names, is_kept=look.id in kept)) for look in running]
    return [_camera(camera, tuple(look for at, look in shown if at == camera.id)) for camera in mine]


def looks_at(principal: Principal, camera: str, *, now: datetime) -> list[HomeLook]:
    """Every look at the principal's own camera, newest first, with its proof."""
    found = cameras.access_camera(principal, camera)
    names: dict[str, str] = {}
    sessions = access.sessions_of_camera(found.id)
    kept = evidence.kept_sessions([session.id for session in sessions])
    return [_look(look, now, names, is_kept=look.id in kept) for look in sessions]


def looks_of_owner(owner: PersonId, *, now: datetime) -> Iterator[tuple[CameraId, HomeLook]]:
    """Every look at a camera that is or was the owner's, oldest first, one by one, with the camera."""
    names: dict[str, str] = {}
    for session in access.sessions_of_owner(owner):
        is_kept = session.id in evidence.kept_sessions([session.id])
        yield session.camera, _look(session, now, names, is_kept=is_kept)


def proof_file(principal: Principal, look: str) -> str:
    """The look's `tlog-proof` file under the newest witnessed checkpoint; NotFound unless it is of an own camera."""
    session = access.find_session(look)
    if session is None:
        raise NotFound("no such look")
    cameras.access_camera(principal, session.camera)
    found = ledger.find_look(session.id)
    if found is None or found.index is None:
        raise NotFound("this look is not in the log yet")
    return ledger.prove_in_file(found.index, extra=ledger.read_entry(found.index))


def refusals_at(principal: Principal, camera: str) -> list[HomeRefusal]:
    """Looks that were refused at the principal's own camera, with the conditions that the owner set."""
    found = cameras.access_camera(principal, camera)
    rows = access.refusals_at_camera(found.id)
    return [HomeRefusal(row.at, tuple(rule for rule in row.failed if rule.startswith("camera."))) for row in rows]


def officers_at(principal: Principal, camera: str) -> list[HomeOfficer]:
    """Who knows where the principal's own camera is: an exact place is told inside a grant alone. Latest first."""
    found = cameras.access_camera(principal, camera)
    names: dict[str, str] = {}
    known: dict[tuple[str, str, str], list[datetime]] = {}
    for session in access.sessions_of_camera(found.id):
        known.setdefault((session.agency, session.officer_number, session.role), []).append(session.since)
    for agency, _, _ in known:
        names.setdefault(agency, agency_name(agency))
    officers = [
        HomeOfficer(names[agency], number, role, len(times), min(times), max(times))
        for (agency, number, role), times in known.items()
    ]
    return sorted(officers, key=lambda officer: officer.last_at, reverse=True)


def flags_at(principal: Principal, camera: str) -> list[HomeFlag]:
    """What is flagged at the principal's own camera, by us or by the owner, with the auditor's answers."""
    found = cameras.access_camera(principal, camera)
    return [
        HomeFlag(
            kind=row.kind, look=row.session, officer_number=row.officer_number, looks=row.looks, at=row.at,
            said=row.said, answer=row.answer, answered_at=row.answered_at,
        )
        for row in access.flags_at_camera(found.id)
    ]  # fmt: skip


def asks_of(principal: Principal, *, now: datetime) -> list[OwnerAsk]:
    """Asks that wait for the principal's answer."""
    return access.asks_for_owner(principal.person or PersonId(""), now)


def own_line(principal: Principal, camera: str) -> OwnLine:
    """The way to the principal's own camera. It is no right: only the owner's signature opens the edge.

    NotFound for anyone else's camera; Unavailable (`edge-offline`) while its edge is connected to no gateway.
    """
    found = cameras.access_camera(principal, camera)
    if found.edge is None:
        raise Unavailable("no box at home serves this camera", kind="edge-offline")
    edge = cameras.get_edge(found.edge)
    at = next(iter(access.gateways_of_edge(edge.id)), None)
    if at is None:
        raise Unavailable("the box at home is not connected", kind="edge-offline")
    return OwnLine(edge.id, edge.public_key, at.id, f"{at.url.rstrip('/')}/own")


def agency_name(agency: str) -> str:
    """What an agency is called; its id when it is no longer there."""
    try:
        return agencies.get_agency(AgencyId(agency)).name
    except NotFound:
        return agency


def _camera(camera: Camera, looks: tuple[HomeLook, ...]) -> HomeCamera:
    state = "paused" if camera.paused else "looked_at" if looks else str(camera.health)
    return HomeCamera(camera.id, camera.name, state, camera.paused, camera.warnings, looks, camera.paused_until)


def _look(session: Session, now: datetime, names: dict[str, str], *, is_kept: bool) -> HomeLook:
    if session.agency not in names:
        names[session.agency] = agency_name(session.agency)
    is_over = session.ended_at is None and session.expires_at <= now
    ended_at = session.expires_at if is_over else session.ended_at
    began = session.first_frame_at
    look = ledger.find_look(session.id)
    return HomeLook(
        id=session.id, agency=names[session.agency], role=session.role, officer_number=session.officer_number,
        type_family="none" if look is None else look.public["incident_family"],
        distance_band=distance_band(session.distance_m), purpose=session.purpose, since=session.since,
        first_frame_at=began, expires_at=session.expires_at, ended_at=ended_at,
        end_reason="expired" if is_over else session.end_reason or None,
        seconds=0 if began is None else max(0, int(((ended_at or now) - began).total_seconds())),
        kept=is_kept, proof=_proof(session),
    )  # fmt: skip


def _proof(session: Session) -> dict[str, object] | None:
    """The opening that the browser checks; None while the log does not hold it."""
    try:
        opened: dict[str, object] = json.loads(dump_opening(ledger.make_opening(session.id)))
    except (ConsentryError, OSError):
        return None
    return opened
