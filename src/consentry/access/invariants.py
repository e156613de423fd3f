"""The promises about looks, checked on a data folder."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F, Q

from consentry.access.models import DecisionRecord, Grant, Session
from consentry.core.invariants import Broken
from consentry.kernel.clock import utc_now
from consentry.ledger.queries import find_place

# A grant that ran out is ended by the worker's next tick; until then no ticket is given on it.
TICK_GRACE = timedelta(seconds=10)


def broken_invariants() -> Iterator[Broken]:
    """1, 2, 3, 5: no look without grant, no grant without rule, no frame before the log, no look after its end."""
    yield from _looks_without_log()
    yield from _grants_without_decision()
    yield from _ends_not_kept(utc_now())


def _looks_without_log() -> Iterator[Broken]:
    for session in Session.objects.filter(Q(first_frame_at__isnull=False) | Q(sent_bytes__gt=0)).iterator():
        if find_place(session.id) is None:
            yield Broken(3, f"session {session.id} was seen and is not in the log")


def _grants_without_decision() -> Iterator[Broken]:
    for grant in Grant.objects.all().iterator():
        decisions = DecisionRecord.objects.filter(resource=grant.camera, incident=grant.incident, allowed=True)
        if not grant.rule or not decisions.filter(at__lte=grant.opened_at + TICK_GRACE).exists():
            yield Broken(2, f"grant {grant.id} has no decision of the policy that allowed it")
        if grant.klass == "private" and not grant.terms_sha256:
            yield Broken(1, f"grant {grant.id} opens a private camera without its owner's terms")


def _ends_not_kept(now: datetime) -> Iterator[Broken]:
    for session in Session.objects.filter(ended_at=None, grant__state="ended"):
        yield Broken(5, f"session {session.id} goes on though its grant has ended")
    for grant in Grant.objects.filter(state="open", until__lt=now - TICK_GRACE):
        yield Broken(5, f"grant {grant.id} is open after its time")
    for session in Session.objects.filter(max_until__gt=F("grant__until")):
        yield Broken(5, f"session {session.id} may outlast its grant")
