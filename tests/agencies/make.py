"""Agencies and programmes in any state, made through the services."""

from datetime import datetime, timedelta
from uuid import uuid4

from consentry.agencies import services
from consentry.agencies.types import Agency, Papers, Programme, State, Vote
from consentry.kernel.clock import utc_now

HASH = "ab" * 32
CONTACTS = {"programme": "pilot@example.org", "privacy": "privacy@example.org", "complaints": "board@example.org"}


def make_agency(name: str = "") -> Agency:
    """An agency of a made-up city."""
    return services.create_agency(name or f"Police of {uuid4().hex[:8]}", jurisdiction="us_city", place="Somewhere")


def make_vote(now: datetime, *, days: int = 45) -> Vote:
    """A vote held at `now` that allows `days`."""
    return Vote("City council", f"Resolution {uuid4().hex[:6]}", now, now + timedelta(days=days), HASH)


def make_programme(agency: Agency, state: State = State.ACTIVE, *, preset: str = "jackson_pilot") -> Programme:
    """A programme that went all the way to `state`, started a minute ago, 45 days long."""
    now = utc_now()
    start = now - timedelta(minutes=1)
    made = services.create_programme(agency.id, preset=preset, name="Pilot")
    if state is State.DRAFT:
        return made
    papers = Papers(start, start + timedelta(days=45), HASH, HASH, CONTACTS)
    services.set_papers(made.id, papers)
    made = services.record_vote(made.id, make_vote(now))
    path = {
        State.COMMENT: [State.COMMENT],
        State.PUBLISHED: [State.COMMENT, State.PUBLISHED],
        State.ACTIVE: [State.COMMENT, State.PUBLISHED, State.ACTIVE],
        State.SUSPENDED: [State.COMMENT, State.PUBLISHED, State.ACTIVE, State.SUSPENDED],
        State.ENDED: [State.COMMENT, State.PUBLISHED, State.ACTIVE, State.ENDED],
    }
    for step in path[state]:
        made = services.change_state(made.id, step, now=now)
    return made
