"""The owner's stop, and a viewer's own end."""

from datetime import datetime

from django.db import transaction

from consentry.access import models
from consentry.access.locks import lock_cameras
from consentry.access.services.end import end_grants, end_session_row, end_where
from consentry.access.services.extend import access_grant
from consentry.access.services.renew import access_own_session
from consentry.access.types import GrantWhere
from consentry.cameras import queries as cameras
from consentry.core.principal import Principal
from consentry.kernel.ids import CameraId, GrantId, PersonId, SessionId


@transaction.atomic
def stop_looks(principal: Principal, camera: CameraId, *, now: datetime) -> int:
    """End every look at the principal's own camera at once; the same incidents do not open it again.

    Returns how many grants ended. NotFound for anyone else's camera as for none.
    """
    found = cameras.access_camera(principal, camera)
    return stop_camera(found.id, now=now)


@transaction.atomic
def stop_camera(camera: CameraId, *, now: datetime) -> int:
    """`stop_looks` for a stop that was tapped at the edge itself."""
    lock_cameras([camera])
    running = models.Grant.objects.filter(camera=camera, state="open").exclude(incident="")
    incidents = set(running.values_list("incident", flat=True))
    models.Stop.objects.bulk_create(
        (models.Stop(camera=camera, incident=incident) for incident in sorted(incidents)), ignore_conflicts=True
    )
    return end_where(GrantWhere(camera=camera), "stopped", now=now)


@transaction.atomic
def end_session(principal: Principal, session: SessionId, *, now: datetime) -> None:
    """The viewer is done. The last one to leave closes the grant."""
    row = access_own_session(principal, session)
    grant = models.Grant.objects.select_for_update().get(id=row.grant_id)
    row = models.Session.objects.select_for_update().get(id=row.id)
    if row.ended_at is not None:
        return
    if grant.sessions.filter(ended_at=None).exclude(id=row.id).exists():
        end_session_row(row, grant, "closed", now=now)
    else:
        end_where(GrantWhere(grant=GrantId(grant.id)), "closed", now=now)


def leave_looks(viewer: PersonId, *, now: datetime) -> None:
    """End every session of a viewer who does not come back."""
    running = models.Session.objects.filter(viewer=viewer, ended_at=None).order_by("grant", "id")
    for session in list(running.values_list("id", flat=True)):
        end_session(Principal(person=viewer), SessionId(session), now=now)


def close_grant(principal: Principal, grant: GrantId, *, now: datetime) -> None:
    """Close a grant of the principal's agency for everybody; closing twice does no harm."""
    row = access_grant(principal, grant)
    end_grants(GrantWhere(grant=GrantId(row.id)), "closed", now=now)
