"""Two at once: withdrawals, a withdrawal against a grant that is being opened, two givings."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection, transaction
from tests.agencies.make import make_agency, make_programme
from tests.cameras.stage import make_camera, make_manager, make_owner, pair
from tests.consent.stage import Scene, make_scene

from consentry.consent import queries, services
from consentry.consent.events import ConsentWithdrawn, MandateDisconnected
from consentry.consent.models import ConsentVersion, MandateTerms
from consentry.consent.offers import mandated_terms
from consentry.consent.services.mandate import NewMandate
from consentry.consent.types import ConsentState
from consentry.core.announcements import wire
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import ConsentryError
from consentry.kernel.terms import Participation, ViewAttested

pytestmark = pytest.mark.django_db(transaction=True)


def _run(*acts: Callable[[], object]) -> list[str]:
    """Run `acts` at once, each on a connection of its own; how each ended."""
    start, results = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
            results.append("done")
        except ConsentryError as error:
            results.append(error.kind)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_two_withdrawals_at_once_make_one_version() -> None:
    scene = make_scene()
    given = scene.give()
    act = lambda: services.withdraw(scene.owner.principal, given.id, now=utc_now())  # noqa: E731
    assert _run(act, act) == ["done", "done"]
    assert list(ConsentVersion.objects.order_by("number").values_list("event", flat=True)) == ["given", "withdrawn"]


def test_of_two_givings_at_once_one_stands() -> None:
    scene = make_scene()
    said = scene.said(scene.terms())
    act = lambda: services.give_consent(scene.owner.principal, scene.programme.id, said, now=utc_now())  # noqa: E731
    assert _run(act, act) == ["consent-given", "done"]
    assert ConsentVersion.objects.count() == 1


def _end_while_opening(scene: Scene, read: Callable[[], ConsentState], end: Callable[[], object]) -> list[str]:
    """Open a grant on what `read` says, and `end` it meanwhile; the grants that the end found."""
    held, asked, found_grants = threading.Event(), threading.Event(), []
    grants: list[str] = []

    def open_grant() -> None:
        with transaction.atomic():
            queries.hold_consents([scene.camera.id], scene.programme.id)
            state = read()
            held.set()
            asked.wait(0.3)
            if state in (ConsentState.GIVEN, ConsentState.MANDATE):
                grants.append("grant")
        connection.close()

    def close() -> None:
        held.wait(5)
        end()
        asked.set()
        connection.close()

    found = (lambda _event: found_grants.extend(grants),)
    wire({ConsentWithdrawn: found, MandateDisconnected: found})
    threads = [threading.Thread(target=open_grant), threading.Thread(target=close)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wire({})
    return found_grants


def test_a_withdrawal_waits_for_a_grant_that_is_being_opened_and_then_finds_it() -> None:
    scene = make_scene()
    given = scene.give()
    found = _end_while_opening(
        scene,
        lambda: queries.consents_for([scene.camera.id], scene.programme.id, utc_now())[scene.camera.id].state,
        lambda: services.withdraw(scene.owner.principal, given.id, now=utc_now()),
    )
    assert found == ["grant"]


def _connected() -> tuple[Scene, str]:
    """An obliged camera that its owner connected, and the mandate's id."""
    owner, agency = make_owner(), make_agency()
    home, programme = pair(owner), make_programme(agency)
    scene = Scene(owner, home, make_camera(owner, home, participation=Participation.MANDATED), programme)
    new = NewMandate(scene.camera.id, programme.id, "ab" * 32, "§ 1", "Shops")
    mandate = services.record_mandate(make_manager(agency.id), new, now=utc_now())
    widest = mandated_terms(mandate, version=1, time_zone="UTC", now=utc_now())
    said = scene.said(replace(widest, view_attested=ViewAttested(True, True, "")))
    services.connect_mandated(owner.principal, mandate.id, said, now=utc_now())
    return scene, mandate.id


def test_a_disconnection_waits_for_a_grant_that_is_being_opened_and_then_finds_it() -> None:
    scene, mandate = _connected()
    found = _end_while_opening(
        scene,
        lambda: queries.mandated_for([scene.camera.id], scene.programme.id, utc_now())[scene.camera.id].state,
        lambda: services.disconnect_mandated(scene.owner.principal, mandate, now=utc_now()),
    )
    assert found == ["grant"]


def test_two_disconnections_at_once_make_one_step() -> None:
    scene, mandate = _connected()
    act = lambda: services.disconnect_mandated(scene.owner.principal, mandate, now=utc_now())  # noqa: E731
    assert _run(act, act) == ["done", "done"]
    assert list(MandateTerms.objects.order_by("number").values_list("event", flat=True)) == [
        "connected",
        "disconnected",
    ]


def test_a_grant_opened_after_a_withdrawal_sees_it() -> None:
    scene = make_scene()
    given = scene.give()
    services.withdraw(scene.owner.principal, given.id, now=utc_now())
    with transaction.atomic():
        queries.hold_consents([scene.camera.id], scene.programme.id)
        found = queries.consents_for([scene.camera.id], scene.programme.id, utc_now())
    assert found[scene.camera.id].state is ConsentState.WITHDRAWN
