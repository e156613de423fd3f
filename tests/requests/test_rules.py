"""What may be asked, which figures are said and when. Pure."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.incidents.catalog import catalog
from consentry.incidents.types import UNMAPPED, Incident
from consentry.kernel.geo import Place
from consentry.kernel.ids import AgencyId, FeedId, IncidentId
from consentry.requests.rules import (
    NEVER_FAMILIES,
    NEVER_TYPES,
    CaseSoFar,
    band_of_five,
    case_key,
    decide_request,
    is_plain,
    may_be_told,
    pseudonym_of,
    publish_at,
)
from consentry.requests.types import FIGURE_BANDS, NewRequest, Wishes

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
FRESH = CaseSoFar(0, 0, area_is_new=True)
INCIDENT = Incident(
    id=IncidentId("i"), feed=FeedId("f"), agency=AgencyId("a"), number="1", type_code="BURGLARY", family="burglary",
    status="open", reported_at=NOW - HOUR, received_at=NOW, place=Place(40, -83), block="", cell="c", origin="cad",
    changed_by_console=False, flags=(), ledger_key="k", ledger_index=7,
)  # fmt: skip
NEW = NewRequest(
    incident=IncidentId("i"), case_number="26-1", contact="desk@example.org", window_start=NOW - 2 * HOUR,
    window_end=NOW, area_sq_m=258_999, looking_for=("vehicle",),
)  # fmt: skip


def decided(new: dict[str, Any], incident: dict[str, Any], so_far: CaseSoFar = FRESH) -> tuple[str, ...]:
    return decide_request(replace(NEW, **new), replace(INCIDENT, **incident), so_far, now=NOW)


def test_a_burglary_an_hour_ago_may_be_asked_for() -> None:
    assert decided({}, {}) == ()


@pytest.mark.parametrize(
    ("new", "incident", "rule"),
    [
        ({}, {"type_code": "CIVDIS", "family": "disorder"}, "incident.type"),
        ({}, {"type_code": "BURGLARY", "family": "disorder"}, "incident.type"),
        ({}, {"type_code": UNMAPPED}, "incident.type"),
        ({}, {"flags": ("origin_not_cad",)}, "incident.trusted"),
        ({}, {"changed_by_console": True}, "incident.trusted"),
        ({}, {"ledger_index": None}, "incident.logged"),
        ({}, {"reported_at": NOW - 31 * DAY}, "incident.age"),
        ({"window_start": NOW - 14 * MINUTE}, {}, "window.length"),
        ({"window_start": NOW - 12 * HOUR - MINUTE}, {}, "window.length"),
        ({"window_start": NOW, "window_end": NOW - HOUR}, {}, "window.length"),
        ({"window_end": NOW + MINUTE}, {}, "window.past"),
        ({"window_start": NOW - 26 * HOUR, "window_end": NOW - 24 * HOUR}, {}, "window.near"),
        ({"area_sq_m": 1_294_995}, {}, "area.size"),
        ({"area_sq_m": 9_999}, {}, "area.size"),
        ({"case_number": " -/ "}, {}, "text.case"),
        ({"contact": "  "}, {}, "text.contact"),
        ({"looking_for": ()}, {}, "text.looking_for"),
        ({"looking_for": ("faces",)}, {}, "text.looking_for"),
        ({"words": "see https://evil.example"}, {}, "text.words"),
        ({"words": "send to me@example.org"}, {}, "text.words"),
        ({"words": "white van\u202e"}, {}, "text.words"),
        ({"words": "white\nvan"}, {}, "text.words"),
        ({"answer_days": 15}, {}, "deadline"),
        ({"answer_days": 0}, {}, "deadline"),
    ],
)
def test_each_limit_refuses_by_its_name(new: dict[str, Any], incident: dict[str, Any], rule: str) -> None:
    assert rule in decided(new, incident)


@pytest.mark.parametrize(("minutes", "allowed"), [(15, True), (12 * 60, True), (14, False), (721, False)])
def test_the_window_is_from_a_quarter_of_an_hour_to_twelve_hours(minutes: int, allowed: bool) -> None:
    assert (decided({"window_start": NOW - minutes * MINUTE}, {}) == ()) is allowed


@pytest.mark.parametrize(
    ("so_far", "rules"),
    [
        (CaseSoFar(1, 1, area_is_new=True), ()),
        (CaseSoFar(2, 0, area_is_new=True), ("case.count",)),
        (CaseSoFar(0, 2, area_is_new=True), ("case.count",)),
        (CaseSoFar(1, 1, area_is_new=False), ("area.new",)),
    ],
)
def test_a_case_has_two_requests_whose_areas_differ(so_far: CaseSoFar, rules: tuple[str, ...]) -> None:
    assert decided({}, {}, so_far) == rules


def test_the_types_that_nobody_is_asked_for_are_those_of_the_published_policy() -> None:
    policy = (Path(__file__).parents[2] / "policies" / "access.cedar").read_text()
    rule = policy[policy.index('@id("incident.type_never")') :].split("contains(", 1)[0]
    assert set(re.findall(r'"([A-Z0-9]+)"', rule)) == set(NEVER_TYPES)


def test_no_type_of_a_family_that_is_never_asked_for_gets_through() -> None:
    for code, known in catalog().types.items():
        refused = decided({}, {"type_code": code, "family": known.family})
        assert (refused == ("incident.type",)) is (code in NEVER_TYPES or known.family in NEVER_FAMILIES), code


@pytest.mark.parametrize(
    ("one", "other"), [("26-1042", "26 1042"), ("ab/7", "AB7"), ("２６-1", "26-1"), ("A.1", " a1 ")]
)  # fmt: skip
def test_a_case_number_written_otherwise_is_the_same_case(one: str, other: str) -> None:
    assert case_key(one) == case_key(other) != ""


@given(st.text(max_size=50))
def test_plain_text_holds_no_sign_that_hides_or_turns(text: str) -> None:
    if is_plain(text):
        assert "\u202e" not in text
        assert "\x00" not in text
        assert "http:" not in text.lower()


@given(st.integers(0, 10_000))
def test_a_band_says_no_more_than_fives(count: int) -> None:
    assert band_of_five(count) in FIGURE_BANDS
    assert band_of_five(count - count % 5) == band_of_five(count)


@given(st.integers(0, 1_500 * 86_400).map(lambda seconds: NOW + timedelta(seconds=seconds)))
def test_figures_are_said_on_a_monday_a_day_or_more_after_the_end(closed: datetime) -> None:
    said = publish_at(closed)
    assert (said.weekday(), said.hour, said.minute) == (0, 0, 0)
    assert DAY <= said - closed <= 8 * DAY


@pytest.mark.parametrize(
    ("wishes", "told", "may"),
    [
        (Wishes(), 0, True),
        (Wishes(), 2, True),
        (Wishes(), 3, False),
        (Wishes(opted_out=True), 0, False),
        (Wishes(most_per_week=1), 1, False),
        (Wishes(most_per_week=0), 0, False),
        (Wishes(most_per_week=100), 3, False),
    ],
)
def test_a_home_is_asked_at_most_three_times_a_week_and_never_when_it_opted_out(
    wishes: Wishes, told: int, may: bool
) -> None:
    assert may_be_told(wishes, told) is may


def test_a_pseudonym_has_no_look_alikes() -> None:
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{6}", pseudonym_of(bytes(range(32))))
