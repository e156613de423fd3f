"""The pure rules of signing in."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.accounts.rules import (
    IDLE_LOCK,
    LOCK_FAILURES,
    LOCK_WINDOW,
    RESIDENT_SIGN_IN_AGAIN,
    SIGN_IN_AGAIN,
    Ended,
    Proof,
    SignIn,
    decide_ended,
    is_locked,
    is_unused,
    mfa_level,
)
from consentry.core.principal import Principal, Seat
from consentry.kernel.ids import AgencyId, PersonId
from consentry.kernel.roles import AGENCY_ROLES, Role

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
OWNER = [Seat(Role.OWNER)]
ANALYST = [Seat(Role.ANALYST, AgencyId("agy_x"))]
SECOND = timedelta(seconds=1)


def _sign_in(age: timedelta, *, idle: timedelta | None = None, method: str = "mfa") -> SignIn:
    return SignIn((Proof(method, NOW - age),), None if idle is None else NOW - idle)


@pytest.mark.parametrize(
    ("seats", "sign_in", "ended"),
    [
        (ANALYST, _sign_in(SECOND), None),
        (ANALYST, _sign_in(SIGN_IN_AGAIN - SECOND, idle=SECOND), None),
        (ANALYST, _sign_in(SIGN_IN_AGAIN, idle=SECOND), Ended.TOO_OLD),
        (ANALYST, _sign_in(SECOND, idle=IDLE_LOCK), Ended.IDLE),
        (ANALYST, _sign_in(SECOND, idle=IDLE_LOCK - SECOND), None),
        (OWNER, _sign_in(SIGN_IN_AGAIN, idle=SIGN_IN_AGAIN, method="code"), None),
        (OWNER, _sign_in(RESIDENT_SIGN_IN_AGAIN, method="code"), Ended.TOO_OLD),
        (OWNER + ANALYST, _sign_in(SIGN_IN_AGAIN, method="code"), Ended.TOO_OLD),
        (ANALYST, SignIn((), None), Ended.TOO_OLD),
        (OWNER, SignIn((), NOW), Ended.TOO_OLD),
    ],
)
def test_sign_ins_end(seats: list[Seat], sign_in: SignIn, ended: Ended | None) -> None:
    assert decide_ended(sign_in, seats, NOW) is ended


def test_a_later_code_does_not_renew_the_second_factor() -> None:
    proofs = (Proof("mfa", NOW - SIGN_IN_AGAIN), Proof("code", NOW - SECOND))
    assert decide_ended(SignIn(proofs, None), ANALYST, NOW) is Ended.TOO_OLD


def test_levels_come_from_what_was_proven() -> None:
    assert mfa_level(SignIn((), None)) == 0
    assert mfa_level(_sign_in(SECOND, method="code")) == 1
    assert mfa_level(_sign_in(SECOND, method="mfa")) == 2
    assert mfa_level(SignIn((Proof("demo", NOW),), None, is_demo=True)) == 2


@given(st.lists(st.integers(0, 3_600), max_size=12))
def test_five_failures_in_any_fifteen_minutes_lock(ages_s: list[int]) -> None:
    failures = [NOW - timedelta(seconds=age) for age in ages_s]
    recent = [age for age in ages_s if age < LOCK_WINDOW.total_seconds()]
    assert is_locked(failures, NOW) == (len(recent) >= LOCK_FAILURES)
    assert not is_locked(failures, NOW + LOCK_WINDOW)


@given(st.sampled_from(sorted(Role)), st.integers(0, 200))
def test_only_agency_people_are_disabled_when_unused(role: Role, days: int) -> None:
    seats = [Seat(role, AgencyId("agy_x"))]
    assert is_unused(seats, NOW - timedelta(days=days), NOW) == (role in AGENCY_ROLES and days >= 90)


@given(st.sampled_from(sorted(AGENCY_ROLES)), st.integers(0, 2))
def test_an_agency_seat_counts_for_nothing_without_the_second_factor(role: Role, level: int) -> None:
    principal = Principal(PersonId("per_x"), frozenset({Seat(role, AgencyId("agy_x"))}), level)
    assert principal.has(role) == (level == 2)
    assert principal.agencies(role) == (frozenset({"agy_x"}) if level == 2 else frozenset())
    assert ("agency:agy_x" in principal.audiences()) == (level == 2)
    assert "person:per_x" in principal.audiences()
