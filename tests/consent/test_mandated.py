"""An obliged camera from the mandate to the edge: connected by its owner's key, opened by the same gate, no consent."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from tests.access.stage import Stage, integrate, make_stage
from tests.agencies.make import make_agency, make_programme
from tests.cameras.stage import freeze_city, make_camera, make_manager, make_owner, pair
from tests.consent.stage import Scene
from tests.edge.world import POLICY, World

from consentry.access.models import Session
from consentry.access.queries import access_ask, asks_for_owner
from consentry.access.services import answer_ask, renew_ticket
from consentry.cameras import queries as cameras
from consentry.cameras import services as camera_services
from consentry.cameras.types import ViewChange
from consentry.consent import queries, services
from consentry.consent.models import MandateTerms
from consentry.consent.offers import mandated_terms
from consentry.consent.services.mandate import NewMandate
from consentry.consent.types import ConsentState, Mandate, Said
from consentry.core.announcements import wire
from consentry.edge.clock import EdgeClock
from consentry.edge.guard import Allowed, Denied, check_opening
from consentry.edge.key_files import load_keys
from consentry.edge.letters import Desk, answer_letter
from consentry.edge.store import Store
from consentry.edge.whom import TrustNow
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Conflict, ConsentryError, NotFound, Refused, Untrusted
from consentry.kernel.ids import CameraId, PersonId
from consentry.kernel.terms import Approval, Participation, Terms, Tier, ViewAttested
from consentry.ledger.models import LedgerEntry, LookRecord
from consentry.notices.queries import notices_of
from consentry.project.wiring import table

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


def world_of(scene: Scene) -> World:
    """What the owner's edge is told at pairing."""
    return World(
        camera=scene.camera.id, programme=scene.programme.id, owner=scene.owner.key, edge=scene.home.id,
        now_ms=to_ms(utc_now()),
    )  # fmt: skip


def make_desk(world: World, folder: Path) -> Desk:
    """The owner's edge, which knows where the camera is and nothing more."""
    store = Store(folder / "edge")
    store.pin(world.pins(), (POLICY,))
    store.put_address(world.camera, b"sealed")
    clock = EdgeClock(lambda: world.now_ms, lambda: 0)

    async def no_picture(_camera: CameraId, _point: bytes) -> bytes:
        return b""

    keys = load_keys(folder / "edge")
    return Desk(world.edge, store, keys, TrustNow(world.pins(), store, clock), clock, no_picture)


def deliver(desk: Desk, scene: Scene) -> list[str]:
    """Hand the edge what waits for it about terms, in order; the types of its answers."""
    letters = cameras.waiting_letters([scene.home.id], utc_now())
    about_terms = [letter for letter in letters if letter.kind in ("terms", "withdraw")]
    return [
        asyncio.run(answer_letter(desk, letter.id, json.loads(letter.body)))["letter"]["type"] for letter in about_terms
    ]


def connect(scene: Scene, mandate: Mandate, **changes: Any) -> Terms:
    """The owner signs terms with `changes` and connects."""
    terms = terms_for(scene, mandate, **changes)
    services.connect_mandated(scene.owner.principal, mandate.id, scene.said(terms), now=utc_now())
    return terms


def kinds_entered() -> list[str]:
    """What the log holds about mandates, in order."""
    rows = LedgerEntry.objects.filter(kind__startswith="mandate.").order_by("id")
    return list(rows.values_list("kind", flat=True))


def test_an_obliged_camera_stays_closed_until_its_owner_connects_it(stage: Stage) -> None:
    scene, mandate = oblige(stage)
    closed = stage.ask()
    assert (closed.sessions, closed.refusals) == ((), ())
    connect(scene, mandate)
    ask = stage.ask()
    assert len(ask.sessions) == 1
    integrate()
    public = LookRecord.objects.get(entry__key=ask.sessions[0].id).public
    assert (public["basis"], public["participation"]) == ("mandate", "mandated")
    assert queries.given_cameras(stage.programme.id, utc_now()) == []
    assert queries.current_consent(scene.camera.id, stage.programme.id, utc_now()) is None


def test_the_edge_takes_the_terms_of_a_mandate_and_opens_under_them_alone(stage: Stage, tmp_path: Path) -> None:
    scene, mandate = oblige(stage)
    terms = connect(scene, mandate)
    world = world_of(scene)
    desk = make_desk(world, tmp_path)
    store = desk.store
    assert deliver(desk, scene) == ["terms_taken"]
    opening, ticket = world.look(terms)
    seen = world.log.witnessed(opening.index, at_ms=world.now_ms)
    facts = world.facts(opening, camera=store.camera(world.camera), witnessed=seen)
    assert check_opening(opening, ticket, facts) == Denied("terms-participation")
    public = {**opening.public, "participation": "mandated", "basis": "mandate"}
    logged = world.log_opening(public, dict(opening.private))
    seen = world.log.witnessed(logged.index, at_ms=world.now_ms)
    facts = world.facts(logged, camera=store.camera(world.camera), witnessed=seen)
    assert isinstance(check_opening(logged, world.ticket(logged), facts), Allowed)


def test_the_owner_is_told_that_an_obligation_was_recorded(stage: Stage) -> None:
    scene, _ = oblige(stage)
    person = scene.owner.principal.person
    assert person is not None
    (told,) = notices_of(person)
    assert (told.kind, told.object_id) == ("mandate.recorded", scene.camera.id)


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
    connect(scene, mandate, max_distance_m=100)
    assert len(stage.ask().sessions) == 1
    camera_services.pause_camera(scene.owner.principal, scene.camera.id, now=utc_now())
    stage.incident = stage.call(number="next")
    assert stage.ask().sessions == ()
    with pytest.raises(DatabaseError), transaction.atomic():
        MandateTerms.objects.all().delete()


def test_tightening_needs_no_signature_and_loosening_does(stage: Stage) -> None:
    scene, mandate = oblige(stage)
    first = connect(scene, mandate)
    look = stage.ask().sessions[0].id
    owner = scene.owner.principal
    tighter = replace(first, version=2, max_minutes_per_grant=3)
    changed = services.connect_mandated(owner, mandate.id, Said(tighter), now=utc_now())
    assert (changed.state, changed.version) == (ConsentState.MANDATE, 2)
    assert Session.objects.get(id=look).end_reason == "superseded"
    with pytest.raises(ConsentryError):
        services.connect_mandated(owner, mandate.id, Said(replace(first, version=3)), now=utc_now())
    connect(scene, mandate)
    assert kinds_entered() == ["mandate.record", "mandate.connect"]


def test_disconnecting_ends_looks_reaches_the_edge_and_is_entered_apart(stage: Stage, tmp_path: Path) -> None:
    scene, mandate = oblige(stage)
    connect(scene, mandate)
    desk, look = make_desk(world_of(scene), tmp_path), stage.ask().sessions[0].id
    assert deliver(desk, scene) == ["terms_taken"]
    ended = services.disconnect_mandated(scene.owner.principal, mandate.id, now=utc_now())
    assert ended.state is ConsentState.WITHDRAWN
    assert Session.objects.get(id=look).end_reason == "withdrawn"
    assert deliver(desk, scene) == ["camera_state"]
    held = desk.store.camera(scene.camera.id)
    assert held is not None
    assert held.terms is None
    stage.incident = stage.call(number="next")
    assert stage.ask().sessions == ()
    again = services.disconnect_mandated(scene.owner.principal, mandate.id, now=utc_now())
    assert again.version == ended.version
    assert kinds_entered() == ["mandate.record", "mandate.connect", "mandate.disconnect"]
    assert not LedgerEntry.objects.filter(kind__startswith="consent.").exists()
    connect(scene, mandate)
    assert len(stage.ask().sessions) == 1


def test_nobody_but_the_owner_disconnects_and_nothing_that_was_not_connected(stage: Stage) -> None:
    scene, mandate = oblige(stage)
    with pytest.raises(Conflict):
        services.disconnect_mandated(scene.owner.principal, mandate.id, now=utc_now())
    connect(scene, mandate)
    for other in (make_owner().principal, make_manager(stage.agency.id), stage.analyst):
        with pytest.raises(NotFound):
            services.disconnect_mandated(other, mandate.id, now=utc_now())
    assert len(stage.ask().sessions) == 1


def test_old_signed_terms_do_not_connect_again(stage: Stage) -> None:
    scene, mandate = oblige(stage)
    said = scene.said(terms_for(scene, mandate))
    services.connect_mandated(scene.owner.principal, mandate.id, said, now=utc_now())
    services.disconnect_mandated(scene.owner.principal, mandate.id, now=utc_now())
    with pytest.raises(Conflict):
        services.connect_mandated(scene.owner.principal, mandate.id, said, now=utc_now())


def test_a_mandate_never_means_more_than_its_programme_offers(stage: Stage) -> None:
    scene, _ = oblige(stage)
    registry = make_programme(stage.agency, preset="registry_only")
    new = NewMandate(scene.camera.id, registry.id, "ab" * 32, "§ 3", "Register")
    mandate = services.record_mandate(make_manager(stage.agency.id), new, now=utc_now())
    live = replace(terms_for(scene, mandate), tier=Tier.LIVE)
    with pytest.raises(Refused) as refused:
        services.connect_mandated(scene.owner.principal, mandate.id, scene.said(live), now=utc_now())
    assert refused.value.kind == "mandate-bounds"


def test_an_edge_is_connected_to_one_programme_at_a_time(stage: Stage) -> None:
    scene, mandate = oblige(stage)
    connect(scene, mandate)
    agency = make_agency()
    new = NewMandate(scene.camera.id, make_programme(agency).id, "cd" * 32, "§ 1", "Shops")
    other = services.record_mandate(make_manager(agency.id), new, now=utc_now())
    with pytest.raises(Conflict) as refused:
        connect(scene, other)
    assert refused.value.kind == "other-programme"
    services.disconnect_mandated(scene.owner.principal, mandate.id, now=utc_now())
    connect(scene, other)


def test_a_new_edge_gets_the_terms_of_a_mandate_from_the_last_signed_on(stage: Stage) -> None:
    wire(table())
    scene, mandate = oblige(stage)
    first = connect(scene, mandate)
    tighter = Said(replace(first, version=2, max_distance_m=100))
    services.connect_mandated(scene.owner.principal, mandate.id, tighter, now=utc_now())
    second = pair(scene.owner)
    camera_services.change_view(scene.owner.principal, scene.camera.id, ViewChange(edge=second.id))
    bodies = [json.loads(letter.body) for letter in cameras.waiting_letters([second.id], utc_now())]
    assert [(body["terms"]["version"], bool(body["owner_signature"])) for body in bodies] == [(1, True), (2, False)]


def test_removing_an_obliged_camera_disconnects_it(stage: Stage) -> None:
    wire(table())
    scene, mandate = oblige(stage)
    connect(scene, mandate)
    look = stage.ask().sessions[0].id
    camera_services.remove_camera(scene.owner.principal, scene.camera.id, now=utc_now())
    assert Session.objects.get(id=look).end_reason == "withdrawn"
    assert kinds_entered()[-1] == "mandate.disconnect"
    with pytest.raises(NotFound):
        connect(scene, mandate)


def test_an_obliged_owner_may_ask_to_be_asked_and_says_yes_by_key(stage: Stage) -> None:
    scene, mandate = oblige(stage)
    connect(scene, mandate, approval=Approval.ASK_ME)
    ask = stage.ask()
    assert ask.state == "asking_owners"
    owner = scene.owner
    (wait,) = asks_for_owner(PersonId(owner.id), utc_now())
    yes = owner.sign(
        "ask.yes", agency=stage.agency.id, ask=ask.id, camera=scene.camera.id, incident=stage.incident, minutes=5,
        purpose="crime_in_progress",
    )  # fmt: skip
    answer_ask(owner.principal, wait.candidate, yes=True, signature=yes, now=utc_now())
    (session,) = access_ask(stage.analyst, ask.id, now=utc_now()).sessions
    look = LookRecord.objects.get(entry__key=session.id)
    assert (look.public["basis"], look.private["approval_sig"]) == ("mandate", yes)


def test_a_ticket_is_not_renewed_once_the_owner_disconnected(stage: Stage) -> None:
    scene, mandate = oblige(stage)
    connect(scene, mandate)
    session = stage.ask().sessions[0]
    wire({})  # as if the end had been lost on the way: the next decision must refuse by itself
    services.disconnect_mandated(scene.owner.principal, mandate.id, now=utc_now())
    with pytest.raises(Refused):
        renew_ticket(stage.analyst, session.id, now=utc_now())
