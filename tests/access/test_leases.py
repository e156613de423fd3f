"""City cameras shared out over gateways, leases by the clock of the database, and a look that goes on elsewhere."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.access.stage import Stage, integrate, make_stage, staff
from tests.cameras.stage import CENTRE, make_manager

from consentry.access import models, services
from consentry.access.queries import is_alive
from consentry.access.sharing import moves
from consentry.cameras.services import register_public_camera
from consentry.cameras.types import Kind, NewCamera
from consentry.core.principal import Principal
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import ConsentryError, NotFound, Refused, Unavailable
from consentry.kernel.geo import View
from consentry.kernel.ids import CameraId, GatewayId, SessionId, new_id
from consentry.ledger.models import LedgerEntry, LookRecord

NAMES = st.integers(0, 12).map(lambda number: CameraId(f"cam_{number:02}"))
GATEWAYS = st.sampled_from([GatewayId(f"gtw_{letter}") for letter in "abcd"])


@settings(deadline=None)
@given(st.sets(NAMES), st.dictionaries(NAMES, GATEWAYS), st.sets(GATEWAYS), st.sets(NAMES))
def test_each_camera_has_a_living_holder_shares_are_even_and_what_is_watched_stays(cameras, held, living, watched):
    found = moves(cameras, held, living, watched)
    assert moves(cameras, held | found, living, watched) == {}, "settled at once"
    after = {camera: found.get(camera, held.get(camera)) for camera in cameras}
    if not living:
        assert found == {}
        return
    assert set(after.values()) <= living
    for camera in watched & cameras:
        assert after[camera] == held.get(camera) or held.get(camera) not in living
    if not watched:
        sizes = [list(after.values()).count(gateway) for gateway in living]
        assert max(sizes) - min(sizes) <= 1


@pytest.fixture
def stage(tmp_path: Path, db: None) -> Stage:
    """One home, and the stage's gateway alive."""
    made = make_stage(tmp_path)
    services.see_gateway(made.gateway)
    return made


def second_gateway() -> GatewayId:
    """Another one, alive."""
    gateway = GatewayId(new_id("gateway"))
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    services.register_gateway(gateway, public, "ws://127.0.0.1:2", now=utc_now())
    services.see_gateway(gateway)
    lived(gateway)
    return gateway


def lived(gateway: GatewayId) -> None:
    """It lives since some time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE access_gateway SET alive_since = clock_timestamp() - interval '6 s' WHERE id = %s", [gateway]
        )


def silence(gateway: GatewayId) -> None:
    """It signed nothing for 5 s, as the database sees it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE access_gateway SET alive_until = clock_timestamp() - interval '1 ms' WHERE id = %s", [gateway]
        )


def city_camera(stage: Stage) -> CameraId:
    new = NewCamera(name="Corner", kind=Kind.TRAFFIC, place=CENTRE, view=View(0, 70, 100))
    manager = make_manager(stage.agency.id)
    return register_public_camera(manager, new, agency=stage.agency.id, url="rtsp://127.0.0.1:1/x", now=utc_now()).id


def look_at_city(stage: Stage, camera: CameraId) -> SessionId:
    ask = stage.ask(views=0, public_cameras=(camera,))
    assert ask.sessions, ask.refusals
    integrate()
    return ask.sessions[0].id


def holder(camera: CameraId) -> tuple[str, int]:
    row = models.CameraLease.objects.get(camera=camera)
    return row.gateway_id, row.epoch


@pytest.mark.django_db
def test_the_cameras_of_a_silent_gateway_go_to_a_living_one_and_their_epochs_rise(stage: Stage) -> None:
    cameras = [city_camera(stage) for _ in range(4)]
    services.share_out(cameras)
    assert set(services.leases_of(stage.gateway).values()) == {1}
    other = second_gateway()
    assert services.is_unsettled()
    services.share_out(cameras)
    assert len(services.leases_of(stage.gateway)) == len(services.leases_of(other)) == 2
    assert not services.is_unsettled()
    silence(stage.gateway)
    assert services.is_unsettled()
    services.share_out(cameras)
    assert (services.leases_of(stage.gateway), len(services.leases_of(other))) == ({}, 4)
    assert sorted(services.leases_of(other).values()) == [2, 2, 2, 2] or max(services.leases_of(other).values()) == 2
    services.see_gateway(stage.gateway)
    services.share_out(cameras)
    assert {holder(camera)[1] for camera in services.leases_of(stage.gateway)} <= {2, 3}


@pytest.mark.django_db
def test_after_a_restart_of_the_web_who_is_heard_first_does_not_take_what_the_others_held(stage: Stage) -> None:
    cameras = [city_camera(stage) for _ in range(4)]
    other = second_gateway()
    services.share_out(cameras)
    before = {camera: holder(camera) for camera in cameras}
    silence(stage.gateway)
    silence(other)
    services.see_gateway(other)
    late = city_camera(stage)
    services.share_out([*cameras, late])
    assert {camera: holder(camera) for camera in cameras} == before
    assert holder(late) == (other, 1), "a camera that nobody held has a holder at once"
    services.see_gateway(stage.gateway)
    services.share_out(cameras)
    assert {camera: holder(camera) for camera in cameras} == before
    silence(stage.gateway)
    lived(other)
    services.share_out(cameras)
    assert {holder(camera)[0] for camera in cameras} == {other}


@pytest.mark.django_db
def test_a_lease_ends_by_the_clock_of_the_database_not_of_who_asks(stage: Stage) -> None:
    services.share_out([city_camera(stage)])
    assert is_alive(stage.gateway)
    with connection.cursor() as cursor:
        cursor.execute("SELECT alive_until - clock_timestamp() FROM access_gateway WHERE id = %s", [stage.gateway])
        (left,) = cursor.fetchone()
    assert timedelta(seconds=3) < left <= timedelta(seconds=5)


@pytest.mark.django_db
def test_a_watched_camera_stays_with_its_living_gateway(stage: Stage) -> None:
    cameras = [city_camera(stage) for _ in range(3)]
    services.share_out(cameras)
    watched = cameras[-1]
    look_at_city(stage, watched)
    second_gateway()
    services.share_out(cameras)
    assert holder(watched) == (stage.gateway, 1)


@pytest.mark.django_db
def test_a_look_goes_on_at_the_next_gateway_under_its_grant_with_a_commitment_of_its_own(stage: Stage) -> None:
    camera = city_camera(stage)
    services.share_out([camera])
    session = look_at_city(stage, camera)
    before = models.Session.objects.get(id=session)
    assert before.gateway == stage.gateway

    def move(who: Principal = stage.analyst, **said: bool) -> SessionId:
        return services.move_session(who, session, is_used=said.get("is_used", False), now=utc_now())

    assert move() == session, "its gateway lives and reads the camera"
    other = second_gateway()
    silence(stage.gateway)
    with pytest.raises(Unavailable):
        move()  # nobody has the camera yet
    services.share_out([camera])
    moved = move()
    after = models.Session.objects.get(id=moved)
    assert (after.gateway, after.grant_id, after.max_until) == (other, before.grant_id, before.max_until)
    assert LookRecord.objects.get(entry__key=moved).private["audience"] == other
    assert LedgerEntry.objects.filter(key=moved, kind="look.commit").exists()
    old = models.Session.objects.get(id=session)
    assert (old.end_reason, old.ended_at is not None) == ("superseded", True)
    assert move() == moved, "asked twice, moved once"
    with pytest.raises(NotFound):
        move(staff(stage.agency))


@pytest.mark.django_db
def test_a_private_look_moves_to_a_gateway_that_its_edge_dialled_and_the_policy_decides_again(stage: Stage) -> None:
    home = stage.homes[0]
    other = second_gateway()
    for gateway in (stage.gateway, other):
        services.see_edge(gateway, home.home.id, online=True, now=utc_now())
    session = stage.ask().sessions[0]
    integrate()
    old = models.Session.objects.get(id=session.id).gateway
    new = other if old == stage.gateway else stage.gateway
    silence(GatewayId(old))
    moved = services.move_session(stage.analyst, session.id, is_used=False, now=utc_now())
    assert models.Session.objects.get(id=moved).gateway == new
    used = services.move_session(stage.analyst, moved, is_used=True, now=utc_now())
    assert used != moved, "an opening is used once at an edge"
    services.stop_camera(home.camera.id, now=utc_now())
    with pytest.raises((Refused, NotFound)):
        services.move_session(stage.analyst, used, is_used=False, now=utc_now())
    assert models.Grant.objects.get(id=session.grant).state == "ended"


@pytest.mark.django_db
def test_a_look_that_lapsed_leaves_its_grant_and_one_that_ended_does_not_come_back(stage: Stage) -> None:
    camera = city_camera(stage)
    services.share_out([camera])
    session = look_at_city(stage, camera)
    services.note_gateway_end(stage.gateway, session, reason="lapsed", sent_bytes=5, now=utc_now())
    assert models.Grant.objects.get(sessions=session).state == "open"
    moved = services.move_session(stage.analyst, session, is_used=False, now=utc_now())
    assert moved != session
    services.note_gateway_end(stage.gateway, moved, reason="closed", sent_bytes=5, now=utc_now())
    with pytest.raises(ConsentryError) as refused:
        services.move_session(stage.analyst, moved, is_used=False, now=utc_now())
    assert refused.value.kind == "session-over"
