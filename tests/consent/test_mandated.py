"""An obliged camera from the mandate to the edge: connected by its owner's key, opened by the same gate, no consent."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from tests.access.stage import Stage, integrate, make_stage
from tests.cameras.stage import freeze_city, make_camera, make_manager, make_owner, pair
from tests.consent.stage import Scene
from tests.edge.world import POLICY, World

from consentry.cameras import queries as cameras
from consentry.cameras import services as camera_services
from consentry.consent import queries, services
from consentry.consent.models import MandateTerms
from consentry.consent.services.connect import mandated_terms
from consentry.consent.services.mandate import NewMandate
from consentry.consent.types import Mandate
from consentry.edge.clock import EdgeClock
from consentry.edge.guard import Allowed, Denied, check_opening
from consentry.edge.key_files import load_keys
from consentry.edge.letters import Desk, answer_letter
from consentry.edge.store import Store
from consentry.edge.whom import TrustNow
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Conflict, NotFound, Refused, Untrusted
from consentry.kernel.ids import CameraId
from consentry.kernel.terms import Participation, Terms, ViewAttested
from consentry.ledger.models import LookRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    freeze_city()
    return make_stage(tmp_path, homes=0)


def oblige(stage: Stage) -> tuple[Scene, Mandate]:
    """An obliged owner's camera, online, with the agency's mandate on record."""
    owner = make_owner()
    home = pair(owner)
    camera = make_camera(owner, home, participation=Participation.MANDATED)
    camera_services.record_health(home.id, {camera.id: "online"}, now=utc_now())
    new = NewMandate(camera.id, stage.programme.id, "ab" * 32, "§ 12-3", "Shops open at night")
    made = services.record_mandate(make_manager(stage.agency.id), new, now=utc_now())
    return Scene(owner, home, camera, stage.programme), made


def terms_for(scene: Scene, mandate: Mandate, **changes: Any) -> Terms:
    number = queries.next_number(scene.camera.id)
    widest = mandated_terms(mandate, version=number, time_zone="America/New_York", now=utc_now())
    return replace(widest, **{"view_attested": ViewAttested(True, True, ""), **changes})


def test_an_obliged_camera_stays_closed_until_its_owner_connects_it(stage: Stage) -> None:
    scene, mandate = oblige(stage)
    closed = stage.ask()
    assert (closed.sessions, closed.refusals) == ((), ())
    terms = terms_for(scene, mandate)
    services.connect_mandated(scene.owner.principal, mandate.id, scene.said(terms), now=utc_now())
    ask = stage.ask()
    assert len(ask.sessions) == 1
    integrate()
    public = LookRecord.objects.get(entry__key=ask.sessions[0].id).public
    assert (public["basis"], public["participation"]) == ("mandate", "mandated")
    assert queries.given_cameras(stage.programme.id, utc_now()) == []
    assert queries.current_consent(scene.camera.id, stage.programme.id, utc_now()) is None


def test_the_edge_takes_the_terms_of_a_mandate_and_opens_under_them_alone(stage: Stage, tmp_path: Path) -> None:
    scene, mandate = oblige(stage)
    terms = terms_for(scene, mandate)
    services.connect_mandated(scene.owner.principal, mandate.id, scene.said(terms), now=utc_now())
    world = World(
        camera=scene.camera.id, programme=stage.programme.id, owner=scene.owner.key, edge=scene.home.id,
        now_ms=to_ms(utc_now()),
    )  # fmt: skip
    store = Store(tmp_path / "edge")
    store.pin(world.pins(), (POLICY,))
    store.put_address(world.camera, b"sealed")
    clock = EdgeClock(lambda: world.now_ms, lambda: 0)

    async def no_picture(_camera: CameraId, _point: bytes) -> bytes:
        return b""

    desk = Desk(
        world.edge, store, load_keys(tmp_path / "edge"), TrustNow(world.pins(), store, clock), clock, no_picture
    )
    letters = [letter for letter in cameras.waiting_letters([scene.home.id], utc_now()) if letter.kind == "terms"]
    answers = [asyncio.run(answer_letter(desk, letter.id, json.loads(letter.body)))["letter"] for letter in letters]
    assert [answer["type"] for answer in answers] == ["terms_taken"]
    opening, ticket = world.look(terms)
    seen = world.log.witnessed(opening.index, at_ms=world.now_ms)
    facts = world.facts(opening, camera=store.camera(world.camera), witnessed=seen)
    assert check_opening(opening, ticket, facts) == Denied("terms-participation")
    public = {**opening.public, "participation": "mandated", "basis": "mandate"}
    logged = world.log_opening(public, dict(opening.private))
    seen = world.log.witnessed(logged.index, at_ms=world.now_ms)
    facts = world.facts(logged, camera=store.camera(world.camera), witnessed=seen)
    assert isinstance(check_opening(logged, world.ticket(logged), facts), Allowed)


def test_nobody_but_the_owner_connects_and_nothing_beyond_the_mandate(stage: Stage) -> None:
    scene, mandate = oblige(stage)
    terms, now = terms_for(scene, mandate), utc_now()
    stranger = make_owner()
    with pytest.raises(NotFound):
        services.connect_mandated(stranger.principal, mandate.id, scene.said(terms, by=stranger), now=now)
    with pytest.raises(Untrusted):
        services.connect_mandated(scene.owner.principal, mandate.id, scene.said(terms, by=stranger), now=now)
    for wider in (
        {"audio": True}, {"emergency_ok": True}, {"participation": Participation.VOLUNTARY},
        {"call_types": frozenset({"NOISE"})}, {"waiver_sha256": "cd" * 32},
        {"view_attested": ViewAttested(False, True, "")}, {"expires_at_ms": terms.expires_at_ms + 86_400_000},
    ):  # fmt: skip
        said = scene.said(replace(terms, **wider))
        with pytest.raises(Refused):
            services.connect_mandated(scene.owner.principal, mandate.id, said, now=now)
    said = scene.said(replace(terms, version=9))
    with pytest.raises(Conflict):
        services.connect_mandated(scene.owner.principal, mandate.id, said, now=now)
    assert MandateTerms.objects.count() == 0


def test_an_obliged_owner_may_connect_more_narrowly_pause_and_leaves_a_trace(stage: Stage) -> None:
    scene, mandate = oblige(stage)
    narrow = terms_for(scene, mandate, max_distance_m=100)
    services.connect_mandated(scene.owner.principal, mandate.id, scene.said(narrow), now=utc_now())
    assert len(stage.ask().sessions) == 1
    camera_services.pause_camera(scene.owner.principal, scene.camera.id, now=utc_now())
    stage.incident = stage.call(number="next")
    assert stage.ask().sessions == ()
    with pytest.raises(DatabaseError), transaction.atomic():
        MandateTerms.objects.all().delete()
