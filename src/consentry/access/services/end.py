"""End grants and sessions: state, ledger, owner's page, viewer and gateway in one transaction."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from consentry.access import models
from consentry.access.events import GrantEnded, SessionEnded
from consentry.access.locks import lock_cameras
from consentry.access.types import END_REASONS, GrantWhere
from consentry.agencies import services as agencies
from consentry.core.announcements import announce
from consentry.core.outbox import tell
from consentry.kernel.ids import CameraId, GrantId, IncidentId, PersonId, ProgrammeId, SessionId
from consentry.ledger import services as ledger
from consentry.ledger.types import LookEnd
from consentry.notices.services import notify


@transaction.atomic
def end_grants(where: GrantWhere, reason: str, *, now: datetime) -> int:
    """End every open grant that matches `where`, for `reason` (END_REASONS). Returns how many ended.

    Takes the camera's lock first when a camera is named, so that a grant that is being opened is seen.
    """
    if where == GrantWhere() or reason not in END_REASONS:
        raise ValueError("name at least one thing and a known reason")
    if where.camera is not None:
        lock_cameras([where.camera])
    return end_where(where, reason, now=now)


def end_where(where: GrantWhere, reason: str, *, now: datetime) -> int:
    """`end_grants` for a caller that holds the locks already."""
    return end_rows(_matching(where), reason, now=now)


def end_rows(rows: "QuerySet[models.Grant]", reason: str, *, now: datetime) -> int:
    """End the open ones of `rows`, in the order of their ids."""
    found = list(rows.filter(state="open").select_for_update().order_by("id"))
    for grant in found:
        _end_grant(grant, reason, now)
    return len(found)


def end_session_row(session: models.Session, grant: models.Grant, reason: str, *, now: datetime) -> None:
    """End one session that runs, its row locked by the caller; its grant stays as it is."""
    session.ended_at, session.end_reason = now, reason
    session.save(update_fields=["ended_at", "end_reason"])
    began = session.first_frame_at
    watched_s = 0 if began is None else max(0, int((now - began).total_seconds()))
    ledger.end_look(session.id, LookEnd(reason, watched_s, session.sent_bytes), now=now)
    if not grant.incident:
        # Nothing will close later that this look belongs to: it may be told now.
        ledger.reveal_look(session.id, now=now)
    tell(f"gateway:{session.gateway}", "session.ended", session.id)
    tell(f"person:{session.viewer_id}", "session.ended", session.id)
    if grant.owner:
        notify(PersonId(grant.owner), "look.ended", grant.camera)
    announce(SessionEnded(SessionId(session.id), reason))


def _end_grant(grant: models.Grant, reason: str, now: datetime) -> None:
    grant.state, grant.ended_at, grant.end_reason = "ended", now, reason
    grant.save(update_fields=["state", "ended_at", "end_reason"])
    for session in grant.sessions.select_for_update().filter(ended_at=None).order_by("id"):
        end_session_row(session, grant, reason, now=now)
    _give_place_back(grant)
    announce(GrantEnded(GrantId(grant.id), reason))


def _give_place_back(grant: models.Grant) -> None:
    """The programme's cap counts cameras in use at once: the last grant on a camera frees its place."""
    others = models.Grant.objects.filter(programme=grant.programme, camera=grant.camera, state="open")
    if grant.programme and not others.exists():
        agencies.release_use(ProgrammeId(grant.programme), CameraId(grant.camera))


def _matching(where: GrantWhere) -> "QuerySet[models.Grant]":
    rows = models.Grant.objects.all()
    named: dict[str, GrantId | CameraId | IncidentId | ProgrammeId | None] = {
        "id": where.grant, "camera": where.camera, "incident": where.incident, "programme": where.programme,
    }  # fmt: skip
    return rows.filter(**{name: value for name, value in named.items() if value is not None})
