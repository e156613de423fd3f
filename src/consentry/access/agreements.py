"""Asks that a second person may help on: what a supervisor reads before agreeing to more private cameras."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from consentry.access import models
from consentry.access.types import ASKING_OWNERS
from consentry.core.principal import Principal
from consentry.incidents import queries as incidents
from consentry.kernel.ids import AskId, IncidentId, PersonId
from consentry.kernel.roles import Role

AGREE_RULE = "incident.cameras"
AGREE_WITHIN = timedelta(hours=4)
ASKS_READ = 200


@dataclass(frozen=True)
class Agreement:
    """The newest ask for a call that has fewer views than wished, and whether a second person agreed already."""

    ask: AskId
    incident: IncidentId
    person: PersonId
    role: str
    purpose: str
    asked_at: datetime
    agreed: bool


def agreements_for(principal: Principal, *, now: datetime) -> list[Agreement]:
    """For each open call of the supervisor's agencies, the newest ask of somebody else that lacked views.

    Nothing here tells more than the asker was told: that owners are asked, or that there was no further view.
    """
    found: dict[str, models.Ask] = {}
    for agency in sorted(principal.agencies(Role.SUPERVISOR)):
        running = [incident.id for incident in incidents.open_incidents(agency)]
        rows = models.Ask.objects.filter(agency=agency, incident__in=running, asked_at__gt=now - AGREE_WITHIN)
        lacking = Q(no_further_view=True) | Q(state=ASKING_OWNERS)
        rows = rows.exclude(person_id=principal.person or "").filter(lacking, views__gt=0)
        for row in rows.order_by("-asked_at", "id")[:ASKS_READ]:
            if set(row.failed) <= {AGREE_RULE}:
                found.setdefault(row.incident, row)
    agreed = second_persons(list(found))
    return [
        Agreement(
            ask=AskId(row.id), incident=IncidentId(row.incident), person=PersonId(row.person_id), role=row.role,
            purpose=row.purpose, asked_at=row.asked_at, agreed=row.incident in agreed,
        )
        for row in found.values()
    ]  # fmt: skip


def second_persons(of: list[str]) -> frozenset[str]:
    """Those of these incidents for which a second person agreed."""
    rows = models.Draw.objects.filter(incident__in=of).exclude(second_person="")
    return frozenset(rows.values_list("incident", flat=True))
