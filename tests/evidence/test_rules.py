"""How long an item is kept, who clears a hold, which bytes are wanted: by tables, and by all that hypothesis finds."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.evidence.rules import ClearWord, HoldKeep, byte_range, decide_clear, decide_retention, may_destroy
from consentry.evidence.types import Retention
from consentry.kernel.errors import Malformed, Refused
from consentry.kernel.ids import PersonId
from consentry.kernel.roles import Role

NOW = datetime(2026, 11, 28, tzinfo=UTC)
days = st.integers(min_value=-400, max_value=4_000).map(lambda number: NOW + timedelta(days=number))


@given(days, st.lists(days, max_size=5), st.lists(st.none() | days, max_size=4))
def test_the_longest_wins_and_only_an_endless_hold_has_no_end(
    base: datetime, cases: list[datetime], until: list[datetime | None]
) -> None:
    holds = [HoldKeep(one) for one in until]
    kept = decide_retention(Retention(base, "programme"), cases, holds, now=NOW)
    if None in until:
        assert kept == Retention(None, "hold")
        assert not may_destroy("sealed", kept.until, holds, now=NOW)
        return
    lasting = [one for one in until if one is not None and one > NOW]
    assert kept.until == max([base, *cases, *lasting])
    reasons = {"programme": [base], "case": cases, "hold": lasting}
    assert kept.until in reasons[kept.reason]
    if lasting:
        assert not may_destroy("sealed", kept.until, holds, now=NOW)


@given(days, st.lists(days, min_size=1, max_size=5))
def test_an_owners_own_date_yields_to_no_case(base: datetime, cases: list[datetime]) -> None:
    owners = Retention(base, "owner")
    assert decide_retention(owners, cases, [], now=NOW) == owners
    assert decide_retention(owners, cases, [HoldKeep(None)], now=NOW).until is None


def test_what_is_not_closed_yet_is_never_due() -> None:
    open_one = Retention(None, "programme")
    assert decide_retention(open_one, [NOW - timedelta(days=9)], [], now=NOW) == open_one
    assert not may_destroy("open", NOW - timedelta(days=1), [], now=NOW)
    assert may_destroy("sealed", NOW, [], now=NOW)


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        (None, ("a", Role.SUPERVISOR), False),
        (None, ("a", Role.AUDITOR), False),
        (("a", Role.SUPERVISOR), ("b", Role.AUDITOR), True),
        (("a", Role.AUDITOR), ("b", Role.SUPERVISOR), True),
        (("a", Role.AUDITOR), ("b", Role.AUDITOR), True),
        (("a", Role.SUPERVISOR), ("b", Role.SUPERVISOR), "hold-auditor"),
        (("a", Role.SUPERVISOR), ("a", Role.AUDITOR), "second-person"),
        (None, ("a", Role.ANALYST), "role"),
        (("a", Role.AUDITOR), ("b", Role.OFFICER), "role"),
    ],
)
def test_a_hold_is_cleared_by_two_people_one_of_them_an_auditor(
    first: tuple[str, Role] | None, second: tuple[str, Role], outcome: object
) -> None:
    before = None if first is None else ClearWord(PersonId(first[0]), first[1])
    word = ClearWord(PersonId(second[0]), second[1])
    if isinstance(outcome, str):
        with pytest.raises(Refused) as refused:
            decide_clear(before, word)
        assert refused.value.kind == outcome
    else:
        assert decide_clear(before, word) is outcome


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", None), ("bytes=0-", (0, 100)), ("bytes=10-19", (10, 20)), ("bytes=90-500", (90, 100)),
        ("bytes=-5", (95, 100)), ("bytes=-500", (0, 100)), ("bytes=0-0", (0, 1)), ("bytes=1-2,5-6", None),
        ("items=1-2", None), ("bytes=-", None), ("bytes=a-b", None),
    ],
)  # fmt: skip
def test_ranges(header: str, found: tuple[int, int] | None) -> None:
    assert byte_range(header, 100) == found


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=20-10", "bytes=-0", "bytes=999999999999-"])
def test_a_range_outside_is_said_to_be_none(header: str) -> None:
    with pytest.raises(Malformed):
        byte_range(header, 100)
