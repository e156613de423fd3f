"""What two people do at the same moment: the database decides, and the door stays shut."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection, transaction
from tests.access.stage import integrate, make_stage, raw_call, staff
from tests.cameras.stage import CENTRE
from tests.faults.running import wait_until

from consentry.access.locks import lock_cameras
from consentry.access.models import Grant, Session
from consentry.access.types import Ask
from consentry.agencies.queries import cameras_in_use
from consentry.cameras.queries import edges_of, get_camera, waiting_letters
from consentry.cameras.services import pause_camera, remove_camera, remove_edge, take_letters
from consentry.cameras.services.own import own_camera
from consentry.consent import services as consents
from consentry.consent.queries import consents_for
from consentry.core.announcements import wire
from consentry.incidents.services import take_call
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import ConsentryError
from consentry.kernel.geo import offset

pytestmark = [pytest.mark.django_db(transaction=True)]
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
    places = [offset(CENTRE, bearing=270.0, metres=240.0), offset(CENTRE, bearing=90.0, metres=240.0)]
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


def test_an_edge_removed_while_its_camera_is_paused_waits_and_is_gone_with_it(tmp_path: Path) -> None:
    scene = make_stage(tmp_path).homes[0]
    who, edge, camera = scene.owner.principal, scene.home.id, scene.camera.id

    def owner_pauses() -> None:
        pause_camera(who, camera, now=utc_now())

    held_up(lambda: own_camera(who, camera), lambda: remove_edge(who, edge, now=utc_now()), owner_pauses)
    assert edges_of(who.person) == []  # type: ignore[arg-type]  # an owner has a person
    assert not waiting_letters([edge], utc_now())
    with pytest.raises(ConsentryError):
        get_camera(camera)


def test_a_stop_at_the_edge_while_its_camera_is_removed_waits_and_ends_nothing_twice(tmp_path: Path) -> None:
    stage = make_stage(tmp_path)
    scene, ask = stage.homes[0], stage.ask()
    camera, stopped = scene.camera.id, scene.home.say("stopped", cameras=[scene.camera.id])

    def owner_removes() -> None:
        remove_camera(scene.owner.principal, camera, now=utc_now())

    held_up(lambda: lock_cameras([camera]), lambda: take_letters(scene.home.id, stopped, now=utc_now()), owner_removes)
    assert Session.objects.get(id=ask.sessions[0].id).ended_at is not None
    assert Grant.objects.filter(camera=camera, state="open").count() == 0


def held_up(first: Callable[[], object], other: Callable[[], object], then: Callable[[], object]) -> None:
    """Do `first` and `then` in one transaction; in between somebody else begins `other` and comes to wait for it."""

    def run() -> None:
        try:
            other()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            running = pool.submit(run)
            wait_until(_somebody_waits, "the other one waits")
            then()
        running.result()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None
