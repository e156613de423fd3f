"""Terms: their hash, the rule of loosening, the owner's hours; vectors in docs/spec/vectors/terms.json."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel.clock import from_ms
from consentry.kernel.errors import Malformed
from consentry.kernel.terms import (
    ALWAYS,
    Approval,
    HourSpan,
    Terms,
    Tier,
    loosens,
    parse_terms,
    terms_record,
    terms_sha256,
    within_hours,
)

VECTORS: dict[str, Any] = json.loads((Path(__file__).resolve().parents[2] / "docs/spec/vectors/terms.json").read_text())
BASE = parse_terms(VECTORS["terms"])


def test_terms_have_the_published_hash_and_survive_their_record() -> None:
    assert terms_sha256(BASE) == VECTORS["terms_sha256"]
    assert terms_record(BASE) == VECTORS["terms"]


@pytest.mark.parametrize("case", VECTORS["next"], ids=[case["name"] for case in VECTORS["next"]])
def test_each_next_version_loosens_or_not_as_published(case: dict[str, Any]) -> None:
    new = parse_terms(case["terms"])
    assert terms_sha256(new) == case["terms_sha256"]
    assert loosens(BASE, new) is case["loosens"]


@pytest.mark.parametrize("case", VECTORS["within_hours"])
def test_hours_are_read_on_the_owners_clock(case: dict[str, Any]) -> None:
    assert within_hours(BASE, from_ms(case["at_ms"])) is case["within"]


def test_first_terms_always_loosen() -> None:
    assert loosens(None, dataclasses.replace(BASE, tier=Tier.REGISTRY, hours=()))


SPANS = st.builds(
    lambda days, start, length: HourSpan(tuple(sorted(days)), start, min(1_440, start + length)),
    st.sets(st.integers(0, 6), min_size=1), st.integers(0, 1_439), st.integers(1, 1_440),
)  # fmt: skip
NAMES = st.frozensets(st.sampled_from(["a", "b", "c", "d"]))
TERMS = st.builds(
    lambda **changes: dataclasses.replace(BASE, **changes),
    tier=st.sampled_from(list(Tier)), purposes=NAMES, call_types=NAMES, max_distance_m=st.integers(0, 800),
    max_minutes_per_grant=st.integers(0, 15), hours=st.lists(SPANS, max_size=3).map(tuple),
    time_zone=st.sampled_from(["UTC", "Europe/Paris"]), approval=st.sampled_from(list(Approval)), audio=st.booleans(),
    emergency_ok=st.booleans(), expires_at_ms=st.integers(0, 10**13),
)  # fmt: skip


@given(TERMS)
def test_any_terms_survive_their_record_and_loosen_nothing_against_themselves(terms: Terms) -> None:
    assert parse_terms(terms_record(terms)) == terms
    assert not loosens(terms, terms)


def allows(terms: Terms, moment: datetime, call: str, purpose: str) -> bool:
    """A plain reading of terms, apart from the rule under test."""
    return (
        terms.tier is Tier.LIVE
        and call in terms.call_types
        and purpose in terms.purposes
        and within_hours(terms, moment)
        and moment < from_ms(terms.expires_at_ms)
    )


@given(old=TERMS, new=TERMS, minute=st.integers(0, 7 * 1_440 - 1), names=st.tuples(*[st.sampled_from("abcd")] * 2))
def test_what_tighter_terms_allow_the_older_ones_allowed_too(
    old: Terms, new: Terms, minute: int, names: tuple[str, str]
) -> None:
    moment = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=minute)
    if not loosens(old, new) and allows(new, moment, *names):
        assert allows(old, moment, *names)
        assert new.max_distance_m <= old.max_distance_m
        assert (new.approval, old.approval) != (Approval.AUTOMATIC, Approval.ASK_ME)


@given(a=TERMS, b=TERMS, c=TERMS)
def test_tightening_twice_is_still_tightening(a: Terms, b: Terms, c: Terms) -> None:
    if not loosens(a, b) and not loosens(b, c):
        assert not loosens(a, c)


def test_a_day_that_the_clock_skips_keeps_the_owners_hours() -> None:
    """2026-03-08 02:00 does not exist in Chicago: 01:59 is followed by 03:00."""
    terms = dataclasses.replace(BASE, hours=(HourSpan((6,), 0, 180),), time_zone="America/Chicago")
    assert within_hours(terms, datetime(2026, 3, 8, 7, 59, tzinfo=UTC))
    assert not within_hours(terms, datetime(2026, 3, 8, 8, 0, tzinfo=UTC))


def test_always_is_every_minute_and_nothing_is_never() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert within_hours(dataclasses.replace(BASE, hours=ALWAYS), moment)
    assert not within_hours(dataclasses.replace(BASE, hours=()), moment)


WRONG: list[dict[str, object]] = [
    {"tier": "all"}, {"max_distance_m": 801}, {"max_distance_m": -1}, {"max_distance_m": True},
    {"max_minutes_per_grant": 16}, {"purposes": ["b", "a"]}, {"purposes": ["a", "a"]}, {"purposes": "a"},
    {"call_types": [""]}, {"call_types": ["x" * 65]}, {"hours": [{"days": [], "from_min": 0, "to_min": 1}]},
    {"hours": [{"days": [7], "from_min": 0, "to_min": 1}]}, {"hours": [{"days": [1, 1], "from_min": 0, "to_min": 1}]},
    {"hours": [{"days": [0], "from_min": 5, "to_min": 5}]}, {"hours": [{"days": [0], "from_min": 0, "to_min": 1441}]},
    {"hours": [7]}, {"time_zone": "Nowhere/Land"}, {"time_zone": "../etc/passwd"}, {"audio": 1}, {"audio": None},
    {"view_attested": {}}, {"waiver_sha256": "AB" * 32}, {"waiver_sha256": ""}, {"version": -1}, {"version": "1"},
    {"camera_id": "cam_x"}, {"expires_at_ms": 2**53}, {"approval": "maybe"}, {"participation": None}, {"more": 1},
    {"hours": [{"days": [0], "from_min": 0, "to_min": 1}] * 101},
]  # fmt: skip


@pytest.mark.parametrize("change", WRONG)
def test_terms_of_another_shape_or_beyond_the_ceilings_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        parse_terms({**VECTORS["terms"], **change})


@pytest.mark.parametrize("field", sorted(VECTORS["terms"]))
def test_no_field_may_be_missing(field: str) -> None:
    with pytest.raises(Malformed):
        parse_terms({name: value for name, value in VECTORS["terms"].items() if name != field})
