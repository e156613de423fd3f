"""What two people do at the same moment: the database decides, and the door stays shut."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from tests.access.stage import integrate, make_stage, raw_call, staff
from tests.cameras.stage import CENTRE

from consentry.access.models import Grant, Session
from consentry.access.types import Ask
from consentry.agencies.queries import cameras_in_use
from consentry.consent import services as consents
from consentry.consent.queries import consents_for
from consentry.core.announcements import wire
from consentry.incidents.services import take_call
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import ConsentryError
from consentry.kernel.geo import offset

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TRIES = 20


@pytest.fixture(autouse=True)
def _unwire() -> Iterator[None]:
    yield
    wire({})


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all at the same moment, each on a connection of its own; what each returned or was refused with."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            gate.wait(30)
            return act()
        except ConsentryError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_no_look_runs_after_a_consent_that_was_withdrawn_while_the_ask_was_decided(tmp_path: Path) -> None:
    stage = make_stage(tmp_path)
    scene = stage.homes[0]
    outcomes = set()
    for number in range(TRIES):
        if number:
            scene.give(approval="automatic", max_distance_m=400)
            stage.incident = stage.call()
        consent = consents_for([scene.camera.id], stage.programme.id, utc_now())[scene.camera.id]
        asked, _ = at_once(
            stage.ask, lambda found=consent.id: consents.withdraw(scene.owner.principal, found, now=utc_now())
        )
        assert isinstance(asked, Ask), asked
        outcomes.add(len(asked.sessions))
        assert not Session.objects.filter(grant__camera=scene.camera.id, ended_at=None).exists(), number
        assert not Grant.objects.filter(camera=scene.camera.id, state="open").exists(), number
        assert set(Grant.objects.values_list("end_reason", flat=True)) <= {"withdrawn"}
    assert outcomes <= {0, 1}


def test_two_analysts_at_once_never_pass_the_cap_of_five_private_cameras(tmp_path: Path) -> None:
    stage = make_stage(tmp_path, homes=0)
    places = [offset(CENTRE, bearing=270.0, metres=350.0), offset(CENTRE, bearing=90.0, metres=350.0)]
    for place in places:
        for metres in (20.0, 40.0, 60.0, 80.0):
            stage.add_home(place=offset(place, bearing=0.0, metres=metres))
    incidents = [take_call(stage.feed, raw_call(place=place), now=utc_now()).incident for place in places]
    integrate()
    analysts = [staff(stage.agency), staff(stage.agency)]

    def ask(number: int) -> Ask:
        return stage.ask(who=analysts[number], incident=incidents[number], views=4)

    answers = at_once(lambda: ask(0), lambda: ask(1))
    assert all(isinstance(answer, Ask) for answer in answers), answers
    opened = Grant.objects.filter(state="open", klass="private").values_list("camera", flat=True)
    assert len(set(opened)) == 5
    assert len(cameras_in_use(stage.programme.id)) == 5
    told = {rule for answer in answers if isinstance(answer, Ask) for rule in _rules(answer)}
    assert told == {"programme.cameras"}


def _rules(ask: Ask) -> list[str]:
    return [str(refusal.rule) for refusal in ask.refusals]
