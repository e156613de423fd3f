"""Two things at once on real connections: two reviewers, one reviewer twice, an order executed twice or withdrawn."""

import pytest
from tests.access.stage import integrate
from tests.access.test_races import at_once
from tests.orders.stage import Line, make_court, row_of
from tests.orders.test_hand_over import BODY, new_hand_over, serving_of

from consentry.evidence import models as vault
from consentry.evidence import services as evidence
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, Refused
from consentry.ledger.models import LedgerEntry
from consentry.orders import models, services

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_reviewers_at_once_are_two_and_the_log_has_it_once() -> None:
    court = make_court()
    order = court.draw()
    acts = [
        lambda name=name: services.review_order(court[name], order, agrees=True, why="", now=utc_now())  # type: ignore[misc]
        for name in ("first", "second")
    ]
    assert at_once(*acts) == []
    assert row_of(order).state == "reviewed"
    assert LedgerEntry.objects.filter(kind="order.receive").count() == 1


def test_one_reviewer_in_two_windows_is_one() -> None:
    court = make_court()
    order = court.draw()
    act = lambda: services.review_order(court["first"], order, agrees=True, why="", now=utc_now())  # noqa: E731
    assert [type(error) for error in at_once(act, act, act)] == [Refused, Refused]
    assert (row_of(order).state, models.Review.objects.count()) == ("drawn", 1)


def test_an_order_is_executed_once_or_withdrawn_whichever_comes_first() -> None:
    court = make_court()
    item = court.item()
    order = court.draw(Line("item", item), kind="preservation")
    court.review(order)
    raised = at_once(
        lambda: services.execute_order(court["first"], order, now=utc_now()),
        lambda: services.execute_order(court["second"], order, now=utc_now()),
        lambda: services.withdraw_order(court["manager"], order, "", now=utc_now()),
    )
    assert [type(error) for error in raised] == [Conflict, Conflict]
    is_executed = row_of(order).state == "executed"
    assert vault.Hold.objects.count() == int(is_executed)
    assert LedgerEntry.objects.filter(kind="order.execute").count() == int(is_executed)
    integrate()


def test_a_change_and_a_review_at_once_leave_what_was_reviewed() -> None:
    court = make_court()
    order = court.draw()
    changed = court.new(docket="26-CR-99")
    raised = at_once(
        lambda: services.change_order(court["manager"], order, changed, now=utc_now()),
        lambda: services.review_order(court["first"], order, agrees=True, why="", now=utc_now()),
    )
    row = row_of(order)
    assert row.docket in row.record
    assert len(raised) == int(row.docket == "26-CR-1")


def test_the_same_recording_announced_twice_at_once_is_one() -> None:
    court = make_court()
    order = court.executed()
    who, serving = court.home.owner.principal, serving_of(order).id
    act = lambda: evidence.begin_handed(who, serving, new_hand_over(BODY), now=utc_now())  # noqa: E731
    assert [type(error) for error in at_once(act, act, act)] == [Conflict, Conflict]
    assert models.HandOver.objects.count() == 1
