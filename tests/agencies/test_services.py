"""Programmes through their states: what is announced, logged and told; what is refused."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agencies.make import CONTACTS, HASH, make_agency, make_programme, make_vote

from consentry.agencies import queries, services
from consentry.agencies.events import ProgrammeChanged, ProgrammeEnded
from consentry.agencies.rules import NEXT, may_follow
from consentry.agencies.types import Papers, State
from consentry.core import announcements
from consentry.core.models import OutboxEvent
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, Malformed, NotFound, Refused
from consentry.kernel.ids import AgencyId
from consentry.ledger.models import LedgerEntry
from consentry.project.wiring import table

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard() -> Iterator[list[object]]:
    events: list[object] = []
    announcements.wire({ProgrammeEnded: (events.append,), ProgrammeChanged: (events.append,)})
    yield events
    announcements.wire(table())


def test_the_jackson_pilot_is_forty_five_days_with_five_and_five() -> None:
    pilot = make_programme(make_agency())
    assert (pilot.city_camera_cap, pilot.private_camera_cap, pilot.retention_days) == (5, 5, 30)
    assert pilot.tiers == {"registry", "request", "live"}
    assert pilot.ends_at is not None
    assert pilot.starts_at is not None
    assert pilot.ends_at - pilot.starts_at == timedelta(days=45)


def test_other_presets_open_no_camera() -> None:
    for preset in ("registry_only", "requests_only"):
        made = services.create_programme(make_agency().id, preset=preset, name=preset)
        assert "live" not in made.tiers
        assert (made.city_camera_cap, made.private_camera_cap, made.call_types) == (0, 0, frozenset())


def test_active_names_everything_it_lacks() -> None:
    bare = services.create_programme(make_agency().id, preset="jackson_pilot", name="Bare")
    for step in (State.COMMENT, State.PUBLISHED):
        services.change_state(bare.id, step, now=utc_now())
    with pytest.raises(Refused) as refused:
        services.change_state(bare.id, State.ACTIVE, now=utc_now())
    assert set(refused.value.conditions) == {"impact-report", "use-policy", "vote", "dates", "contacts"}
    assert queries.get_programme(bare.id).state is State.PUBLISHED


@given(st.sampled_from(State), st.sampled_from(State))
def test_an_ended_programme_stays_ended(before: State, after: State) -> None:
    assert may_follow(before, after) == (after in NEXT[before])
    assert not may_follow(State.ENDED, after)
    assert not may_follow(before, before)


def test_illegal_steps_are_refused() -> None:
    agency = make_agency()
    for before in State:
        programme = make_programme(agency, before)
        for after in set(State) - NEXT[before]:
            with pytest.raises(Conflict):
                services.change_state(programme.id, after, now=utc_now())


def test_its_end_ends_it_at_that_moment_and_announces_once(heard: list[object]) -> None:
    programme = make_programme(make_agency())
    assert programme.ends_at is not None
    before, end = programme.ends_at - timedelta(microseconds=1), programme.ends_at
    assert [found.id for found in queries.active_programmes(before)] == [programme.id]
    assert queries.active_programmes(end) == []
    assert not programme.is_running(end)
    heard.clear()
    assert services.end_due(before) == []
    assert services.end_due(end) == [programme.id]
    assert services.end_due(end) == []
    assert heard == [ProgrammeEnded(programme.id)]
    assert queries.get_programme(programme.id).state is State.ENDED


def test_suspending_announces_the_end(heard: list[object]) -> None:
    programme = make_programme(make_agency())
    heard.clear()
    services.change_state(programme.id, State.SUSPENDED, now=utc_now())
    assert heard == [ProgrammeEnded(programme.id)]


def test_each_change_is_in_the_ledger_and_told_to_the_agency() -> None:
    programme = make_programme(make_agency())
    rows = [json.loads(bytes(row.entry)) for row in LedgerEntry.objects.filter(kind="programme.change").order_by("id")]
    mine = [row for row in rows if row["programme"] == programme.id]
    assert [row["state"] for row in mine] == ["draft", "draft", "comment", "published", "active"]
    assert mine[-1]["document_sha256"] == HASH
    assert OutboxEvent.objects.filter(audience=f"agency:{programme.agency}", object_id=programme.id).exists()


def test_a_handler_that_fails_leaves_nothing_behind() -> None:
    programme = make_programme(make_agency())
    count = LedgerEntry.objects.count()

    def fail(_event: object) -> None:
        raise Conflict("no")

    announcements.wire({ProgrammeEnded: (fail,)})
    try:
        with pytest.raises(Conflict):
            services.change_state(programme.id, State.ENDED, now=utc_now())
    finally:
        announcements.wire(table())
    assert queries.get_programme(programme.id).state is State.ACTIVE
    assert LedgerEntry.objects.count() == count


def test_papers_that_loosen_a_running_programme_are_refused_by_rule_name() -> None:
    programme = make_programme(make_agency())
    assert programme.ends_at is not None
    with pytest.raises(Conflict) as refused:
        services.set_papers(programme.id, Papers(ends_at=programme.ends_at + timedelta(seconds=1)))
    assert refused.value.kind == "programme-rule"
    earlier = services.set_papers(programme.id, Papers(ends_at=programme.ends_at - timedelta(days=1)))
    assert earlier.ends_at == programme.ends_at - timedelta(days=1)


def test_an_area_leaves_a_running_programme_or_suspends_a_whole_city() -> None:
    now, agency = utc_now(), make_agency()
    cells = frozenset({"89264c1e06fffff", "89264c1e07fffff"})
    parts, whole = make_programme(agency), make_programme(agency)
    services.set_papers(parts.id, Papers(area_cells=cells))
    services.record_area_out(agency.id, "89264c1e06fffff", make_vote(now), now=now)
    assert queries.get_programme(parts.id).area_cells == {"89264c1e07fffff"}
    assert queries.get_programme(whole.id).state is State.SUSPENDED


def test_unknown_things_are_refused() -> None:
    with pytest.raises(NotFound):
        services.create_programme(AgencyId("agy_none"), preset="jackson_pilot", name="x")
    with pytest.raises(Malformed):
        services.create_programme(make_agency().id, preset="for ever", name="x")
    with pytest.raises(Malformed):
        services.create_agency("x", jurisdiction="nowhere")
    with pytest.raises(Malformed):
        services.set_papers(make_programme(make_agency()).id, Papers(contacts={**CONTACTS, "chief": "x"}))
