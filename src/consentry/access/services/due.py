"""What time ends, each second: grants, programmes, sessions, asks. Decisions compare the time themselves as well."""

from datetime import datetime

from django.db import transaction

from consentry.access import models
from consentry.access.services.end import end_rows, end_session_row
from consentry.access.services.settle import settle_ask
from consentry.agencies import queries as agencies
from consentry.incidents import queries as incidents
from consentry.kernel.ids import IncidentId

BATCH = 200


def end_due(now: datetime) -> int:
    """End what is over at `now`; returns how many grants, sessions and asks ended. Running it twice does no harm."""
    return _end_expired(now) + _end_out_of_programme(now) + _end_sessions(now) + _settle_asks(now)


@transaction.atomic
def _end_expired(now: datetime) -> int:
    return end_rows(models.Grant.objects.filter(until__lte=now), "expired", now=now)


@transaction.atomic
def _end_out_of_programme(now: datetime) -> int:
    """A programme that ended while a grant was being opened: its handler did not see that grant."""
    rows = models.Grant.objects.filter(state="open").exclude(programme="")
    named = set(rows.values_list("programme", flat=True))
    running = {programme.id for programme in agencies.active_programmes(now)}
    over = sorted(named - running)
    return end_rows(rows.filter(programme__in=over), "programme_over", now=now) if over else 0


@transaction.atomic
def _end_sessions(now: datetime) -> int:
    """Sessions whose own time is over though their grant was given more: another session took over."""
    rows = models.Session.objects.filter(ended_at=None, max_until__lte=now).select_for_update(skip_locked=True)
    found = list(rows.select_related("grant").order_by("id")[:BATCH])
    for session in found:
        end_session_row(session, session.grant, "superseded", now=now)
    return len(found)


def _settle_asks(now: datetime) -> int:
    due = models.Ask.objects.filter(state="asking_owners", ends_at__lte=now).order_by("ends_at")
    return sum(_settle(ask, now) for ask in due.values_list("id", flat=True)[:BATCH])


@transaction.atomic
def _settle(ask_id: str, now: datetime) -> int:
    """Locks in the order of an ask: incident, then ask."""
    incident = models.Ask.objects.filter(id=ask_id).values_list("incident", flat=True).get()
    if incident:
        incidents.get_incident(IncidentId(incident), lock=True)
    ask = models.Ask.objects.select_for_update().get(id=ask_id)
    return int(ask.state == "asking_owners" and settle_ask(ask, now=now))
