"""A viewer's session as the console sees it: stage, label, mark, and exact place only while the look runs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from consentry.access import queries as access
from consentry.access.types import Session
from consentry.cameras import queries as cameras
from consentry.core.principal import Principal
from consentry.kernel.ids import SessionId
from consentry.ledger import queries as ledger

LOGGING, READY, LIVE, ENDED = "logging", "ready", "live", "ended"


@dataclass(frozen=True)
class Place:
    """Where a camera stands and looks, exact: only inside a look that runs."""

    lat: float
    lon: float
    heading_deg: int | None
    fov_deg: int
    range_m: int


@dataclass(frozen=True)
class SessionView:
    """`mark` is what the tile shows over the picture; `distance_m` is rounded up to 100."""

    session: Session
    stage: str
    camera_label: str
    mark: str
    place: Place | None


def view_session(principal: Principal, session: SessionId, *, now: datetime) -> SessionView:
    """The principal's own session; NotFound for anyone else's."""
    found = access.access_session(principal, session)
    stage = stage_of(found, now)
    camera = cameras.get_cameras([found.camera]).get(found.camera)
    is_running = stage in (READY, LIVE) and camera is not None
    place = None
    if is_running and camera is not None:
        view = camera.view
        place = Place(camera.place.lat, camera.place.lon, view.heading_deg, view.fov_deg, view.range_m)
    label = camera.name if camera is not None and found.klass == "public" else f"{found.distance_m} m"
    return SessionView(found, stage, label, mark_of(found), place)


def stage_of(session: Session, now: datetime) -> str:
    """`logging` until the commitment is durable, `ready`, `live` from the first frame, `ended`."""
    if session.ended_at is not None or session.expires_at <= now:
        return ENDED
    if session.first_frame_at is not None:
        return LIVE
    return LOGGING if ledger.find_place(session.id) is None else READY


def mark_of(session: Session) -> str:
    """Viewer and grant, short enough to lie over a picture; the console adds the running time."""
    return f"{session.officer_number} · {session.grant[-8:]}"


def end_reason_of(session: Session, now: datetime) -> str | None:
    """The reason of an end, also when the time ran out and no job has said so yet."""
    if session.ended_at is not None:
        return session.end_reason
    return "expired" if session.expires_at <= now else None


OPENING_WAITS = timedelta(seconds=2)
