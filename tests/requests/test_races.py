"""Two things at once on real connections: a case never gets a third request, and a clip is opened or taken back."""

import pytest
from tests.access.test_races import at_once
from tests.requests.stage import begin, make_asked, new_request, row_of, work

from consentry.evidence import models as vault
from consentry.evidence import services as evidence
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, LimitReached, Refused
from consentry.requests import models, services

pytestmark = pytest.mark.django_db(transaction=True)


def test_colleagues_who_ask_at_once_for_one_call_make_one_request() -> None:
    stage = make_asked().stage
    call = stage.call(number="race")
    acts = [
        lambda number=number: services.make_request(  # type: ignore[misc]
            stage.analyst, new_request(call, case_number=f"26-{number}"), now=utc_now()
        )
        for number in range(4)
    ]
    raised = at_once(*acts)
    assert [type(error) for error in raised] == [Refused] * 3, "the others see the first one's area"
    assert models.VideoRequest.objects.filter(incident=call).count() == 1


def test_one_case_number_on_several_calls_at_once_has_two_requests_at_most() -> None:
    stage = make_asked().stage
    calls = [stage.call(number=f"race {number}") for number in range(4)]
    acts = [
        lambda call=call: services.make_request(  # type: ignore[misc]
            stage.analyst, new_request(call, case_number="26-1"), now=utc_now()
        )
        for call in calls
    ]
    raised = at_once(*acts)
    assert all(isinstance(error, Refused | LimitReached) for error in raised)
    assert 1 <= models.VideoRequest.objects.filter(case_key="261").count() <= 2


def test_a_clip_is_either_opened_or_taken_back_whichever_comes_first() -> None:
    for _ in range(4):
        asked = make_asked()
        home = asked.stage.homes[0]
        answer = asked.answer(home)
        work()
        item, analyst = row_of(answer).item, asked.stage.analyst
        raised = at_once(
            lambda item=item, analyst=analyst: evidence.open_item(analyst, item, "Case", now=utc_now()),  # type: ignore[misc]
            lambda home=home, answer=answer: services.withdraw_answer(home.owner.principal, answer, now=utc_now()),  # type: ignore[misc]
        )
        assert [type(error) for error in raised] == [Conflict]
        was_opened = vault.Act.objects.filter(item=item, kind="opened").exists()
        assert was_opened is (row_of(answer).state == "sent")
        assert was_opened is (vault.Item.objects.get(id=item).state == "sealed")


def test_the_same_file_announced_twice_at_once_is_one_answer() -> None:
    asked = make_asked()
    who = asked.stage.homes[0].owner.principal
    raised = at_once(*(lambda: begin(asked.request, who) for _ in range(3)))
    assert [type(error) for error in raised] == [Conflict, Conflict]
    assert models.Answer.objects.count() == 1


def test_two_workers_ask_and_tell_each_home_once() -> None:
    asked = make_asked(homes=3)
    call = asked.stage.call(number="two workers")
    made = services.make_request(asked.stage.analyst, new_request(call), now=utc_now())
    assert at_once(*(lambda: services.send_out_due(utc_now()) for _ in range(3))) == []
    assert at_once(*(lambda: services.tell_due(utc_now()) for _ in range(3))) == []
    rows = models.Recipient.objects.filter(request=made)
    assert (rows.count(), rows.filter(told_at=None).count()) == (3, 0)
