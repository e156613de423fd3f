"""Reads of the owner's pages. Every one starts from the principal's own cameras."""

import json
from datetime import datetime
from typing import Any

from consentry.access import queries as access
from consentry.access.rules import distance_band
from consentry.access.types import OwnerAsk, Session
from consentry.agencies.queries import get_agency
from consentry.cameras import queries as cameras
from consentry.core.principal import Principal
from consentry.home.types import HomeAsk, HomeCamera, OwnerLook
from consentry.incidents.queries import get_incident
from consentry.kernel.errors import Conflict, NotFound, Unavailable
from consentry.kernel.ids import PersonId
from consentry.kernel.opening import dump_opening
from consentry.ledger.queries import make_opening

LOOKS_PER_PAGE = 100


def home_of(principal: Principal, *, now: datetime) -> list[HomeCamera]:
    """The owner's cameras by name, each with the looks that run now."""
    own = cameras.cameras_of(_person(principal))
    running = access.sessions_now([camera.id for camera in own])
    names = {camera.id: camera.name for camera in own}
    looks = [look_of(session, names[session.camera], now=now) for session in running]
    return [HomeCamera(camera, tuple(look for look in looks if look.camera == camera.id)) for camera in own]


def looks_at(principal: Principal, camera: str, *, now: datetime) -> list[OwnerLook]:
    """Every look at one's own camera, newest first, each with its proof once it is in the log."""
    own = cameras.access_camera(principal, camera)
    sessions = access.sessions_of_camera(own.id, limit=LOOKS_PER_PAGE)
    return [look_of(session, own.name, now=now, proof=proof_of(session)) for session in sessions]


def asks_of(principal: Principal, *, now: datetime) -> list[HomeAsk]:
    """Asks that wait for this owner's answer, newest first."""
    return [_ask_of(ask) for ask in access.asks_for_owner(_person(principal), now)]


def proof_of(session: Session) -> dict[str, Any] | None:
    """The session's opening with its proof under the newest checkpoint; None while it is not in the log."""
    try:
        return dict(json.loads(dump_opening(make_opening(session.id))))
    except (Unavailable, NotFound, Conflict):
        return None


def look_of(session: Session, name: str, *, now: datetime, proof: dict[str, Any] | None = None) -> OwnerLook:
    """A session as the camera's owner may see it."""
    began = session.first_frame_at
    watched = 0 if began is None else int(((session.ended_at or now) - began).total_seconds())
    stage = "ended" if session.ended_at else "live" if began else "logging"
    family = get_incident(session.incident).family if session.incident else "none"
    return OwnerLook(
        id=session.id, camera=session.camera, camera_name=name, agency=get_agency(session.agency).name,
        role=session.role, officer_number=session.officer_number, type_family=family,
        distance_band=distance_band(session.distance_m), purpose=session.purpose, stage=stage, since=session.since,
        expires_at=session.expires_at, ended_at=session.ended_at, end_reason=session.end_reason or None,
        seconds=max(0, watched), proof=proof,
    )  # fmt: skip


def _ask_of(ask: OwnerAsk) -> HomeAsk:
    record: dict[str, str | int] = {
        "agency": ask.agency, "ask": ask.ask, "camera": ask.camera, "incident": ask.incident, "minutes": ask.minutes,
        "purpose": ask.purpose,
    }  # fmt: skip
    return HomeAsk(
        id=ask.candidate, camera=ask.camera, camera_name=cameras.get_camera(ask.camera).name,
        agency=get_agency(ask.agency).name, role=ask.role, officer_number=ask.officer_number,
        type_family=ask.type_family, distance_band=ask.distance_band, purpose=ask.purpose, minutes=ask.minutes,
        asked_at=ask.asked_at, answer_by=ask.ends_at, record=record,
    )  # fmt: skip


def _person(principal: Principal) -> PersonId:
    if principal.person is None:
        raise NotFound("nobody is signed in")
    return principal.person
