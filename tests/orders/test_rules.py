"""The rules of orders, by tables and by random ones: what is refused and why, who may review, when owners are told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.stage import DAY, HOUR, camera_line, new_order

from consentry.kernel.ids import AgencyId, new_id
from consentry.kernel.limits_residents import MAX_ORDER_LINES
from consentry.kernel.roles import Role
from consentry.orders.rules import (
    decide_order,
    decide_review,
    is_blocked,
    is_fresh,
    is_particular,
    is_reviewed,
    may_review_exigent,
    state_at,
    tell_at,
)
from consentry.orders.types import KINDS, STATES, Line, NewOrder

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
AGENCY = AgencyId(new_id("agency"))
CAMERA, ITEM, ANSWER = new_id("camera"), new_id("item"), new_id("answer")
LINE = camera_line(CAMERA, NOW)


def order(*lines: Line, **changes: Any) -> NewOrder:
    return new_order(AGENCY, *(lines or (LINE,)), now=NOW, **changes)


def test_a_particular_order_of_each_kind_may_be_drawn() -> None:
    for kind in ("court_order", "search_warrant", "subpoena"):
        assert decide_order(order(LINE, Line("answer", ANSWER), kind=kind), now=NOW) == ()
    assert decide_order(order(Line("item", ITEM), kind="preservation", court="", judge=""), now=NOW) == ()
    assert decide_order(order(kind="exigent"), now=NOW) == ()


@pytest.mark.parametrize(
    ("new", "failed"),
    [
        (order(area=True), "scope.particular"),
        (order(Line("camera", CAMERA)), "scope.particular"),
        (order(lines=()), "scope.particular"),
        (order(*(camera_line(new_id("camera"), NOW) for _ in range(MAX_ORDER_LINES + 1))), "scope.count"),
        (order(LINE, LINE), "scope.once"),
        (order(Line("item", ITEM)), "scope.kind"),
        (order(LINE, Line("item", ITEM), kind="preservation"), "scope.kind"),
        (order(Line("answer", ANSWER), kind="preservation"), "scope.kind"),
        (order(Line("house", CAMERA)), "scope.kind"),
        (order(camera_line(CAMERA, NOW, hours=73)), "scope.window"),
        (order(Line("camera", CAMERA, NOW, NOW - HOUR)), "scope.window"),
        (order(Line("camera", CAMERA, NOW, NOW + HOUR)), "scope.window"),
        (order(Line("answer", ANSWER, NOW - HOUR, NOW)), "scope.window"),
        (order(court=" "), "text.court"),
        (order(judge=""), "text.court"),
        (order(docket=""), "text.docket"),
        (order(certificate="A life"), "text.certificate"),
        (order(kind="exigent", certificate=""), "text.certificate"),
        (order(phone="ask us"), "text.phone"),
        (order(words=" \n"), "text.words"),
        (order(court="County\x00Court"), "text.plain"),
        (order(words="read \u202e backwards"), "text.plain"),
        (order(issued_at=NOW + HOUR), "date.issued"),
        (order(issued_at=NOW - 91 * DAY, expires_at=NOW + HOUR), "date.issued"),
        (order(expires_at=NOW), "date.expires"),
        (order(expires_at=NOW + 90 * DAY), "date.expires"),
        (order(kind="exigent", expires_at=NOW + 2 * DAY), "date.expires"),
        (order(seal_until=NOW), "date.seal"),
        (order(seal_until=NOW + 91 * DAY), "date.seal"),
        (order(kind="exigent", seal_until=NOW + DAY), "date.seal"),
        (order(Line("item", ITEM), kind="preservation", seal_until=NOW + DAY), "date.seal"),
        (order(renews="ord_x"), "renews"),
        (order(kind="whim"), "kind"),
    ],
)
def test_what_refuses_an_order_is_named(new: NewOrder, failed: str) -> None:
    assert failed in decide_order(new, now=NOW)


def test_a_bare_area_is_not_particular_whatever_else_is_named() -> None:
    assert not is_particular(order(area=True))
    assert not is_particular(order(lines=()))
    assert is_particular(order())


@given(
    kind=st.sampled_from(KINDS),
    targets=st.lists(st.sampled_from(("answer", "camera", "item", "street")), max_size=6),
    hours=st.integers(-100, 100),
    days=st.integers(-200, 200),
    seal=st.none() | st.integers(-200, 200),
)
def test_no_random_order_that_passes_is_unbounded(
    kind: str, targets: list[str], hours: int, days: int, seal: int | None
) -> None:
    lines = tuple(
        camera_line(new_id("camera"), NOW, hours=hours) if target == "camera" else Line(target, new_id("item"))
        for target in targets
    )
    new = order(*lines, kind=kind, expires_at=NOW + days * DAY, seal_until=None if seal is None else NOW + seal * DAY)
    if decide_order(new, now=NOW):
        return
    assert 0 < len(new.lines) <= MAX_ORDER_LINES
    assert all(line.target in ("answer", "camera", "item") for line in new.lines)
    assert NOW < new.expires_at <= new.issued_at + 90 * DAY
    assert new.seal_until is None or new.seal_until <= new.issued_at + 90 * DAY
    windows = [line.window_end - line.window_start for line in new.lines if line.window_end and line.window_start]
    assert all(timedelta(0) < window <= timedelta(hours=72) for window in windows)
    assert ({line.target for line in new.lines} == {"item"}) is (kind == "preservation")


def test_nobody_reviews_their_own_order_and_nobody_twice() -> None:
    assert decide_review("maker", [], "maker") == "own-order"
    assert decide_review("maker", ["other"], "other") == "second-person"
    assert decide_review("maker", ["other"], "third") == ""
    assert [is_reviewed(count) for count in range(4)] == [False, False, True, True]


@given(state=st.sampled_from(STATES), hours=st.integers(-5, 5))
def test_an_order_ends_by_the_clock_and_an_executed_one_never(state: str, hours: int) -> None:
    read = state_at(state, NOW, NOW + hours * HOUR)
    assert read == ("expired" if state in ("drawn", "reviewed") and hours >= 0 else state)


@given(seal=st.none() | st.integers(-50, 5_000), kind=st.sampled_from(KINDS))
def test_owners_are_told_when_the_seal_ends_and_of_exigent_ones_within_a_day(seal: int | None, kind: str) -> None:
    until = None if seal is None else NOW + seal * HOUR
    told = tell_at(kind, until, NOW)
    assert told >= NOW
    assert told == NOW or until is not None
    assert kind != "exigent" or told <= NOW + 24 * HOUR
    assert kind == "exigent" or until is None or told == max(until, NOW)


def test_an_agency_that_owes_a_review_for_72_hours_is_blocked() -> None:
    assert not is_blocked([], NOW)
    assert not is_blocked([NOW - 72 * HOUR + timedelta(seconds=1)], NOW)
    assert is_blocked([NOW - HOUR, NOW - 72 * HOUR], NOW)
    assert may_review_exigent(Role.MANAGER, NOW - 71 * HOUR, NOW)
    assert not may_review_exigent(Role.SUPERVISOR, NOW - 72 * HOUR, NOW)
    assert may_review_exigent(Role.AUDITOR, NOW - 720 * HOUR, NOW)


def test_a_second_factor_is_fresh_for_a_quarter_of_an_hour() -> None:
    assert not is_fresh(None, NOW)
    assert is_fresh(NOW - timedelta(minutes=14), NOW)
    assert not is_fresh(NOW - timedelta(minutes=15), NOW)
