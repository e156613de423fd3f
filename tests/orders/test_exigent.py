"""Exigent orders, by a moved clock: told within a day, reviewed within three by somebody else, else no more of them."""

from datetime import timedelta

import pytest
from tests.access.stage import integrate
from tests.orders.stage import DAY, HOUR, Court, at, make_court, row_of, serving_of
from tests.orders.test_services import entries, refusal

from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, NotSignedIn, Refused
from consentry.kernel.ids import OrderId
from consentry.orders import queries, services
from consentry.orders.invariants import broken_invariants

pytestmark = pytest.mark.django_db


def exigent(court: Court, **changes: object) -> OrderId:
    order = court.draw(kind="exigent", who="first", **changes)
    integrate()
    court.execute(order)
    return order


def test_a_supervisor_certifies_with_a_second_factor_and_the_log_has_it_first() -> None:
    court = make_court()
    assert refusal(lambda: court.draw(kind="exigent", who="manager"))[0] is Refused
    tired = court.people["first"]
    stale = utc_now() - timedelta(minutes=20)
    new = court.new(kind="exigent")
    assert refusal(lambda: services.draw_order(at(tired, stale), new, now=utc_now())) == (NotSignedIn, "factor-again")
    order = court.draw(kind="exigent", who="first")
    assert [entry["instrument"] for entry in entries("order.receive")] == ["exigent"]
    integrate()
    court.execute(order)
    assert row_of(order).state == "executed"
    assert serving_of(order).told_at is not None


def test_its_owner_is_told_within_a_day_whatever_it_says_of_a_seal() -> None:
    court = make_court()
    now = utc_now()
    order = exigent(court, seal_until=now + 20 * HOUR)
    assert serving_of(order).told_at is None
    assert services.tell_due(now + 24 * HOUR) == 1
    assert refusal(lambda: court.draw(kind="exigent", who="first", seal_until=now + 25 * HOUR))[1] == "order-refused"


def test_without_a_review_within_72_hours_no_further_one_is_drawn_until_an_auditor_reviews() -> None:
    court, other = make_court(), make_court()
    now = utc_now()
    order = exigent(court)
    read = queries.get_order(order, now=now)
    assert read.executed_at is not None
    assert read.review_by == read.executed_at + timedelta(hours=72)
    court.draw(kind="exigent", who="first", now=now + 71 * HOUR)
    late = read.executed_at + 72 * HOUR
    blocked = lambda: court.draw(kind="exigent", who="first", now=late)  # noqa: E731
    assert refusal(blocked) == (Refused, "exigent-unreviewed")
    other.draw(kind="exigent", who="first", now=late)
    court.draw(now=late)
    for name, kind in (("first", "own-order"), ("second", "review-late"), ("manager", "review-late")):
        act = lambda name=name: services.review_order(  # type: ignore[misc]  # noqa: E731
            at(court[name], late), order, agrees=True, why="", now=late
        )
        assert refusal(act)[1] in (kind, "review-late")
    services.review_order(at(court["auditor"], late), order, agrees=False, why="No life was at risk", now=late)
    blocked()
    (one,) = [one for one in queries.counts()[court.stage.agency.id] if one.kind == "exigent"]
    assert (one.executed, one.unreviewed) == (1, 0)


def test_a_colleagues_review_in_time_settles_it_once() -> None:
    court = make_court()
    order = exigent(court)
    soon = utc_now() + 2 * DAY
    refused = lambda: services.review_order(at(court["first"], soon), order, agrees=True, why="", now=soon)  # noqa: E731
    assert refusal(refused) == (Refused, "own-order")
    services.review_order(at(court["second"], soon), order, agrees=True, why="", now=soon)
    again = lambda: services.review_order(at(court["auditor"], soon), order, agrees=True, why="", now=soon)  # noqa: E731
    assert refusal(again) == (Conflict, "order-reviewed")
    court.draw(kind="exigent", who="first", now=utc_now() + 5 * DAY)
    assert list(broken_invariants()) == []
