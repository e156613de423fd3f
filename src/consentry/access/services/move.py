"""A viewer whose gateway is gone goes on at another, under the same grant: a new session, committed like the first.

Nothing is loosened: the policy decides again as for a renewal, the new session ends when the old one would have, and it
cannot show anything before its own commitment is in the log.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from consentry.access import models
from consentry.access.audience import find_gateway_with
from consentry.access.services.end import end_session_row
from consentry.access.services.open import Plan, commit_session
from consentry.access.services.renew import Renewal, access_own_session, decide_renewal, refused
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.errors import LimitReached, Refused, Unavailable
from consentry.kernel.ids import GatewayId, SessionId, new_id
from consentry.kernel.limits import MAX_SESSIONS_PER_VIEWER


def move_session(principal: Principal, session: SessionId, *, is_used: bool, now: datetime) -> SessionId:
    """The session with which the principal goes on: the same while its gateway can show the camera, else a new one.

    `is_used`: its gateway or edge says that this opening was used already, which only a new one mends.

    Raises:
        NotFound: not the principal's. Refused: the session or its grant is over, or the policy says no now.
        LimitReached: it moved too often. Unavailable: no living gateway can show this camera yet.
    """
    row = access_own_session(principal, session)
    following = _running(row).order_by("-since", "-id").first()
    if following is not None and following.id != row.id:
        return SessionId(following.id)
    if row.ended_at is not None and row.end_reason != "superseded":
        raise Refused("this look is over", kind="session-over")
    row.ended_at = None  # in memory: superseded by nothing, as its gateway fell silent; the grant decides
    renewal = decide_renewal(principal, row, now=now)
    if not renewal.decision.allowed:
        raise refused(renewal.decision)
    gateway = find_gateway_with(renewal.camera)
    if gateway is None:
        raise Unavailable("no gateway can show this camera now", kind="no-gateway")
    if following is not None and gateway == row.gateway and not is_used:
        return SessionId(row.id)
    return _move(row, renewal, gateway, now)


@transaction.atomic
def _move(row: models.Session, renewal: Renewal, gateway: GatewayId, now: datetime) -> SessionId:
    grant = models.Grant.objects.select_for_update().get(id=row.grant_id)
    if grant.state != "open" or row.ask is None:
        raise Refused("this look is over", kind="session-over")
    if grant.sessions.filter(viewer=row.viewer_id).count() >= MAX_SESSIONS_PER_VIEWER:
        raise LimitReached("this look moved too often", kind="moved-often")
    for earlier in _running(row).select_for_update(of=("self",)):
        end_session_row(earlier, grant, "superseded", now=now)
    following = models.Session.objects.create(
        id=new_id("session"), grant=grant, ask=row.ask, viewer_id=row.viewer_id, role=row.role,
        officer_number=row.officer_number, purpose=row.purpose, gateway=gateway, holder_sha256=row.holder_sha256,
        max_until=row.max_until, since=now,
    )  # fmt: skip
    plan = Plan(
        row.ask, renewal.camera, renewal.consent, renewal.decision, grant.distance_m, approval_sig=grant.approval_sig
    )
    commit_session(renewal.situation, plan, following)
    tell(f"person:{following.viewer_id}", "session.opened", following.id)
    return SessionId(following.id)


def _running(row: models.Session) -> "QuerySet[models.Session]":
    return models.Session.objects.filter(grant=row.grant_id, viewer=row.viewer_id, ended_at=None)
