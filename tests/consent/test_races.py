"""Two at once: withdrawals, a withdrawal against a grant that is being opened, two givings."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from tests.consent.stage import make_scene

from consentry.consent import queries, services
from consentry.consent.events import ConsentWithdrawn
from consentry.consent.models import ConsentVersion
from consentry.consent.types import ConsentState
from consentry.core.announcements import wire
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import ConsentryError

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


def test_a_withdrawal_waits_for_a_grant_that_is_being_opened_and_then_finds_it() -> None:
    scene = make_scene()
    given = scene.give()
    held, asked, found_grants = threading.Event(), threading.Event(), []
    grants: list[str] = []

    def open_grant() -> None:
        with transaction.atomic():
            queries.hold_consents([scene.camera.id], scene.programme.id)
            state = queries.consents_for([scene.camera.id], scene.programme.id, utc_now())[scene.camera.id].state
            held.set()
            asked.wait(0.3)
            if state is ConsentState.GIVEN:
                grants.append("grant")
        connection.close()

    def withdraw() -> None:
        held.wait(5)
        services.withdraw(scene.owner.principal, given.id, now=utc_now())
        asked.set()
        connection.close()

    wire({ConsentWithdrawn: (lambda _event: found_grants.extend(grants),)})
    threads = [threading.Thread(target=open_grant), threading.Thread(target=withdraw)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wire({})
    assert found_grants == ["grant"]


def test_a_grant_opened_after_a_withdrawal_sees_it() -> None:
    scene = make_scene()
    given = scene.give()
    services.withdraw(scene.owner.principal, given.id, now=utc_now())
    with transaction.atomic():
        queries.hold_consents([scene.camera.id], scene.programme.id)
        found = queries.consents_for([scene.camera.id], scene.programme.id, utc_now())
    assert found[scene.camera.id].state is ConsentState.WITHDRAWN
