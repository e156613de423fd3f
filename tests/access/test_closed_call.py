"""What a closed call leaves open: nothing, on either side, whatever owners said or would have said."""

from pathlib import Path

import pytest
from tests.access.stage import make_stage

from consentry.access import services
from consentry.access.queries import access_ask, asks_for_owner
from consentry.incidents.services import close_call
from consentry.kernel.clock import utc_now
from consentry.kernel.terms import Approval

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("answer", ["no", "silence"])
def test_closed_call_takes_its_questions_off_the_owners_pages_and_ends_the_ask(
    tmp_path: Path, db: None, answer: str
) -> None:
    stage = make_stage(tmp_path, approval=Approval.ASK_ME)
    ask = stage.ask()
    for home in stage.homes:
        person = home.owner.principal.person
        assert person is not None
        (wait,) = asks_for_owner(person, utc_now())
        if answer == "no":
            services.answer_ask(home.owner.principal, wait.candidate, yes=False, signature="", now=utc_now())
        close_call(stage.incident, now=utc_now())
        assert asks_for_owner(person, utc_now()) == []
    after = access_ask(stage.analyst, ask.id, now=utc_now())
    assert (after.state, after.sessions, after.no_further_view) == ("decided", (), True)
