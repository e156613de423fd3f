"""Decide when an ask is over. A no, a silence and nobody to ask end alike: at 5 min, with one record in the ledger."""

from datetime import datetime

from consentry.access import models
from consentry.access.officers import number_of, pseudonym_of
from consentry.access.rules import NO_FURTHER_VIEW
from consentry.access.types import ASKING, ASKING_OWNERS, DECIDED, OPENED, SILENT
from consentry.cells import queries as cells
from consentry.core.outbox import tell
from consentry.incidents import queries as incidents
from consentry.incidents.types import Incident
from consentry.kernel.clock import to_ms
from consentry.kernel.ids import IncidentId
from consentry.ledger import services as ledger


def settle_incident(incident: IncidentId, *, now: datetime) -> int:
    """The call closed: every ask that waits for owners is over, whatever they would have said. Returns how many."""
    waiting = models.Ask.objects.select_for_update().filter(incident=incident, state=ASKING_OWNERS).order_by("id")
    return sum(settle_ask(ask, now=now, over=True) for ask in waiting)


def settle_ask(ask: models.Ask, *, now: datetime, refused: bool = False, over: bool = False) -> bool:
    """Decide the ask if nothing more can come: refused outright, all views open, `over`, or its 5 minutes past.

    Returns whether it is decided. The caller holds the ask's row (or just made it).
    """
    candidates = list(ask.candidates.order_by("id"))
    opened = sum(candidate.state == OPENED for candidate in candidates)
    if not (refused or over or opened >= ask.views or now >= ask.ends_at):
        return False
    for candidate in (item for item in candidates if item.state == ASKING):
        candidate.state = SILENT
        candidate.save(update_fields=["state"])
        tell(f"person:{candidate.owner}", "ask.ended", candidate.id)
    ask.state, ask.no_further_view = DECIDED, opened < ask.views
    ask.save(update_fields=["state", "no_further_view"])
    if opened < ask.views or not (opened or ask.sessions.exists()):
        _commit_closed(ask, now)
    tell(f"person:{ask.person_id}", "ask.decided", ask.id)
    return True


def _commit_closed(ask: models.Ask, now: datetime) -> None:
    """One `look.commit` for all that stayed closed, whatever the reasons were."""
    incident = incidents.get_incident(IncidentId(ask.incident)) if ask.incident else None
    shared = {
        "agency": ask.agency, "policy_sha256": ask.policy_sha256, "purpose": ask.purpose, "role": ask.role,
        "rule": ask.failed[0] if ask.failed else NO_FURTHER_VIEW,
    }  # fmt: skip
    public = {
        **shared, "basis": "none", "cell": _cell(incident), "decision": "deny", "duration_bucket": "none",
        "incident_family": "none" if incident is None else incident.family, "mode": "live", "participation": "none",
    }  # fmt: skip
    closed = ask.candidates.exclude(state=OPENED).order_by("camera").values_list("camera", flat=True)
    private: dict[str, str | int] = {
        **shared, "approval_sig": "", "audience": "", "camera": ",".join(closed), "distance_m": 0, "grant": "",
        "holder_key": ask.holder_sha256, "incident": ask.incident, "max_until": 0,
        "officer_number": number_of(ask.person_id, ask.programme or ask.agency),
        "origin": "none" if incident is None else incident.origin, "programme": ask.programme,
        "reported_at": 0 if incident is None else to_ms(incident.reported_at), "session": "", "terms_sha256": "",
        "type": "none" if incident is None else incident.type_code,
        "viewer": pseudonym_of(ask.person_id, ask.programme or ask.agency),
    }  # fmt: skip
    ledger.commit_look(public, private, key=f"{ask.id}:closed", now=now)
    if incident is not None and incident.status != "open":
        ledger.reveal_incident(incident.id, now=now)


def _cell(incident: Incident | None) -> str:
    if incident is None or incident.place is None:
        return ""
    return incident.cell or cells.cell_of(incident.place)
