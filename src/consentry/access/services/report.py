"""What the gateway tells of a session: its first frame, its end."""

from datetime import datetime

from django.db import transaction

from consentry.access import models
from consentry.access.services.end import end_session_row, end_where
from consentry.access.types import END_REASONS, GrantWhere
from consentry.core.outbox import tell
from consentry.kernel.ids import GatewayId, GrantId, SessionId

# Ends that are nobody's wish: the gateway heard nothing of the web, or another one reads the camera now.
SILENCES = frozenset({"lapsed", "moved"})


@transaction.atomic
def note_first_frame(gateway: GatewayId, session: SessionId, *, now: datetime) -> None:
    """The first frame went to the viewer: the owner's page says so at once. Another gateway's word counts nothing."""
    row = _access(gateway, session)
    if row is None or row.first_frame_at is not None:
        return
    row.first_frame_at = now
    row.save(update_fields=["first_frame_at"])
    tell(f"person:{row.viewer_id}", "session.live", row.id)
    if row.grant.owner:
        tell(f"person:{row.grant.owner}", "look.live", row.grant.camera)


@transaction.atomic
def note_gateway_end(gateway: GatewayId, session: SessionId, *, reason: str, sent_bytes: int, now: datetime) -> None:
    """The viewer or the edge hung up: the session is over, and with the last one its grant.

    When the gateway itself lost word of us or the camera (`SILENCES`) the viewer may come back under the grant.
    """
    row = _access(gateway, session)
    if row is None:
        return
    row.sent_bytes = max(0, sent_bytes)
    row.save(update_fields=["sent_bytes"])
    if row.ended_at is not None:
        return
    said = reason if reason in END_REASONS else "closed"
    if reason in SILENCES:
        end_session_row(row, row.grant, "superseded", now=now)
    elif row.grant.sessions.filter(ended_at=None).exclude(id=row.id).exists():
        end_session_row(row, row.grant, said, now=now)
    else:
        end_where(GrantWhere(grant=GrantId(row.grant_id)), said, now=now)


def _access(gateway: GatewayId, session: SessionId) -> models.Session | None:
    """The gateway's own session, its grant locked before it."""
    grant = models.Session.objects.filter(id=session, gateway=gateway).values_list("grant", flat=True).first()
    if grant is None:
        return None
    models.Grant.objects.select_for_update().get(id=grant)
    return models.Session.objects.select_for_update(of=("self",)).select_related("grant").get(id=session)
