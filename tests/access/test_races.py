"""Two things at once on real connections: whatever the order, no door is left open."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from tests.access.stage import Stage, make_stage, staff

from consentry.access import models
from consentry.agencies.queries import get_programme
from consentry.cameras import services as cameras
from consentry.consent import services as consents
from consentry.consent.queries import current_consent
from consentry.incidents.services import close_call
from consentry.kernel.clock import utc_now

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[BaseException]:
    """Run all acts together, each on a connection of its own; what they raised."""
    barrier, raised = threading.Barrier(len(acts)), list[BaseException]()

    def run(act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def closing(stage: Stage, how: str) -> Callable[[], object]:
    """What the owner, or dispatch, does while the grant is being opened."""
    home = stage.homes[-1]
    owner = home.owner.principal
    if how == "withdraws":
        consent = current_consent(home.camera.id, stage.programme.id, utc_now())
        assert consent is not None
        return lambda: consents.withdraw(owner, consent.id, now=utc_now())
    if how == "pauses":
        return lambda: cameras.pause_camera(owner, home.camera.id, now=utc_now())
    return lambda: close_call(stage.incident, now=utc_now())


@pytest.mark.parametrize("how", ["withdraws", "pauses", "call closes"])
def test_an_owner_who_closes_while_the_grant_is_being_opened_leaves_no_open_grant(tmp_path: Path, how: str) -> None:
    stage = make_stage(tmp_path, homes=0)
    for _ in range(6):
        stage.add_home()
        stage.incident = stage.call()
        raised = at_once(stage.ask, closing(stage, how))
        assert raised == []
        open_grants = models.Grant.objects.filter(camera=stage.homes[-1].camera.id, state="open")
        assert not open_grants.exists()
        models.Grant.objects.filter(state="open").update(state="ended", ended_at=utc_now(), end_reason="closed")


def test_two_analysts_at_once_never_pass_the_programmes_cap(tmp_path: Path) -> None:
    stage = make_stage(tmp_path, homes=7)
    calls, analysts = [stage.call() for _ in range(2)], [staff(stage.agency) for _ in range(2)]
    raised = at_once(
        lambda: stage.ask(who=analysts[0], incident=calls[0], views=5),
        lambda: stage.ask(who=analysts[1], incident=calls[1], views=5),
    )
    assert raised == []
    opened = models.Grant.objects.filter(state="open", klass="private").values_list("camera", flat=True)
    assert len(set(opened)) == 5 == get_programme(stage.programme.id).private_cameras_used


def test_two_analysts_at_once_on_one_call_share_its_five_cameras(tmp_path: Path) -> None:
    stage = make_stage(tmp_path, homes=7)
    analysts = [staff(stage.agency) for _ in range(2)]
    raised = at_once(*(lambda who=who: stage.ask(who=who, views=5) for who in analysts))
    assert raised == []
    assert models.Grant.objects.filter(incident=stage.incident).count() == 5
    assert models.Session.objects.filter(ended_at=None).count() == 10
