"""Registering, changing, pausing and removing cameras; health; what gateways may know."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.agencies.make import make_agency
from tests.cameras.stage import CENTRE, freeze_city, make_camera, make_manager, make_owner, pair

from consentry.cameras import queries, services
from consentry.cameras.events import CameraChanged, CameraPaused, CameraRemoved, CameraResumed
from consentry.cameras.models import Camera as CameraRow
from consentry.cameras.models import Letter as LetterRow
from consentry.cameras.schemas import camera_out
from consentry.cameras.services.register import renew_cells
from consentry.cameras.types import Camera, Health, NewCamera, SealedAddress, ViewChange
from consentry.cells.events import PartitionFrozen
from consentry.cells.models import Partition
from consentry.cells.queries import cell_of
from consentry.cells.services import freeze_partition
from consentry.cells.types import Block
from consentry.core.announcements import wire
from consentry.core.models import OutboxEvent
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import ConsentryError, LimitReached, Malformed, NotFound, Refused, Untrusted
from consentry.kernel.geo import Place, View, distance_m, offset
from consentry.kernel.terms import Participation
from consentry.ledger.models import LedgerEntry

pytestmark = pytest.mark.django_db
VIEW = View(90, 100, 25)


@pytest.fixture
def heard() -> Iterator[list[object]]:
    """Everything that cameras announces."""
    events: list[object] = []
    kinds = (CameraChanged, CameraPaused, CameraRemoved, CameraResumed)
    wire(dict.fromkeys(kinds, (events.append,)))
    yield events
    wire({})


def test_a_registered_camera_has_its_cell_and_a_ledger_entry_without_id_or_place() -> None:
    camera = make_camera(make_owner())
    assert camera.cell == cell_of(CENTRE)
    entry = bytes(LedgerEntry.objects.get(kind="camera.register").entry).decode()
    assert camera.id not in entry
    assert camera.cell not in entry
    assert "39.9" not in entry


def test_an_indoor_camera_is_refused() -> None:
    freeze_city()
    new = NewCamera(name="living room", kind="fixed", place=CENTRE, view=VIEW, indoor=True)
    with pytest.raises(Refused) as refused:
        services.register_camera(make_owner().principal, new, now=utc_now())
    assert refused.value.kind == "indoor"


@pytest.mark.parametrize(
    "new",
    [
        NewCamera(name="", kind="fixed", place=CENTRE, view=VIEW),
        NewCamera(name="x" * 81, kind="fixed", place=CENTRE, view=VIEW),
        NewCamera(name="a", kind="indoor", place=CENTRE, view=VIEW),
        NewCamera(name="a", kind="fixed", place=Place(91, 0), view=VIEW),
        NewCamera(name="a", kind="fixed", place=CENTRE, view=View(360, 90, 10)),
        NewCamera(name="a", kind="fixed", place=CENTRE, view=View(0, 0, 10)),
        NewCamera(name="a", kind="fixed", place=CENTRE, view=View(0, 90, 2_001)),
        NewCamera(name="a", kind="fixed", place=CENTRE, view=VIEW, participation=Participation.AGENCY_OWNED),
    ],
)
def test_a_camera_out_of_bounds_is_refused(new: NewCamera) -> None:
    freeze_city()
    with pytest.raises(Malformed):
        services.register_camera(make_owner().principal, new, now=utc_now())


def test_a_camera_cannot_use_another_owners_edge() -> None:
    home = pair(make_owner())
    with pytest.raises(NotFound):
        make_camera(make_owner(), home)


def test_the_database_holds_no_address_of_a_private_camera() -> None:
    camera = make_camera(make_owner())
    with pytest.raises(IntegrityError), transaction.atomic():
        CameraRow.objects.filter(id=camera.id).update(url="rtsp://192.168.1.9/")


def test_another_owners_camera_looks_absent_to_every_service() -> None:
    camera, stranger = make_camera(make_owner(), None), make_owner()
    now = utc_now()
    signed = stranger.sign("camera.resume", camera=camera.id)
    for act in (
        lambda: queries.access_camera(stranger.principal, camera.id),
        lambda: services.change_view(stranger.principal, camera.id, ViewChange(name="mine")),
        lambda: services.pause_camera(stranger.principal, camera.id, now=now),
        lambda: services.resume_camera(stranger.principal, camera.id, signed, now=now),
        lambda: services.remove_camera(stranger.principal, camera.id, now=now),
        lambda: services.send_address(stranger.principal, camera.id, SealedAddress("AA", signed), now=now),
        lambda: services.ask_picture(stranger.principal, camera.id, signed, now=now),
        lambda: services.fetch_picture(stranger.principal, camera.id, now=now),
    ):
        with pytest.raises(NotFound):
            act()


def test_moving_a_camera_changes_its_cell_and_is_announced(heard: list[object]) -> None:
    owner = make_owner()
    camera = make_camera(owner)
    place = offset(CENTRE, bearing=10, metres=200)
    moved = services.change_view(owner.principal, camera.id, ViewChange(place=place))
    assert (moved.place, moved.cell) == (place, cell_of(place))
    assert heard == [CameraChanged(camera.id)]
    services.change_view(owner.principal, camera.id, ViewChange(name="front door"))
    assert heard == [CameraChanged(camera.id)]


def test_pausing_needs_no_signature_and_resuming_needs_the_owners(heard: list[object]) -> None:
    owner, stranger = make_owner(), make_owner()
    home = pair(owner)
    camera = make_camera(owner, home)
    now = utc_now()
    services.pause_camera(owner.principal, camera.id, now=now)
    services.pause_camera(owner.principal, camera.id, now=now)
    assert heard == [CameraPaused(camera.id)]
    assert queries.get_camera(camera.id).paused
    for signed in (
        stranger.sign("camera.resume", camera=camera.id),
        owner.sign("camera.resume", camera="cam_other"),
        owner.sign("camera.resume", camera=camera.id, at=now - timedelta(minutes=5)),
        owner.sign("camera.resume", camera=camera.id, at=now - timedelta(hours=2)),
        owner.sign("picture.ask", camera=camera.id, reply_key="x"),
        "{}",
    ):
        with pytest.raises((Untrusted, Malformed)):
            services.resume_camera(owner.principal, camera.id, signed, now=now)
    services.resume_camera(owner.principal, camera.id, owner.sign("camera.resume", camera=camera.id), now=now)
    assert not queries.get_camera(camera.id).paused
    assert heard == [CameraPaused(camera.id), CameraResumed(camera.id)]
    waiting = queries.waiting_letters([home.id], now)
    assert [letter.kind for letter in waiting] == ["resume"], "a pause that never left is not sent before its resume"


def test_a_pause_for_an_hour_ends_by_itself_and_a_longer_one_counts(heard: list[object]) -> None:
    owner = make_owner()
    home = pair(owner)
    camera, now = make_camera(owner, home), utc_now()
    for minutes in (0, 14, 1_441, -5):
        with pytest.raises(Malformed):
            services.pause_camera(owner.principal, camera.id, now=now, minutes=minutes)
    services.pause_camera(owner.principal, camera.id, now=now, minutes=60)
    services.pause_camera(owner.principal, camera.id, now=now, minutes=30)
    assert queries.get_camera(camera.id).paused_until == now + timedelta(hours=1)
    (letter,) = queries.waiting_letters([home.id], now)
    assert json.loads(letter.body) == {"type": "pause", "camera": camera.id, "until": to_ms(now) + 3_600_000}
    assert services.end_pauses(now + timedelta(minutes=59)) == 0
    assert services.end_pauses(now + timedelta(minutes=60)) == 1
    assert not queries.get_camera(camera.id).paused
    assert heard == [CameraPaused(camera.id), CameraResumed(camera.id)]
    services.pause_camera(owner.principal, camera.id, now=now, minutes=60)
    services.pause_camera(owner.principal, camera.id, now=now)
    assert services.end_pauses(now + timedelta(days=9)) == 0, "until its owner resumes"
    assert queries.get_camera(camera.id).paused


def test_a_revoked_device_key_no_longer_speaks_for_its_owner() -> None:
    owner = make_owner()
    camera, now = make_camera(owner), utc_now()
    services.pause_camera(owner.principal, camera.id, now=now)
    services.revoke_owner_key(owner.principal, owner.key_id, now=now)
    with pytest.raises(Untrusted):
        services.resume_camera(owner.principal, camera.id, owner.sign("camera.resume", camera=camera.id), now=now)


def test_a_removed_camera_is_gone_and_its_edge_forgets_it(heard: list[object]) -> None:
    owner = make_owner()
    home = pair(owner)
    camera = make_camera(owner, home)
    services.remove_camera(owner.principal, camera.id, now=utc_now())
    assert heard == [CameraRemoved(camera.id)]
    with pytest.raises(NotFound):
        queries.get_camera(camera.id)
    assert queries.near(CENTRE, 800, "private") == []
    assert [letter.kind for letter in queries.waiting_letters([home.id], utc_now())] == ["withdraw"]


def test_an_owner_registers_at_most_64_cameras() -> None:
    owner = make_owner()
    for _ in range(64):
        make_camera(owner)
    with pytest.raises(LimitReached):
        make_camera(owner)


def test_a_sealed_address_goes_to_the_edge_only_with_the_owners_signature() -> None:
    owner = make_owner()
    home = pair(owner)
    camera, box = make_camera(owner, home), b"sealed" * 20
    digest = hashlib.sha256(box).hexdigest()
    good = SealedAddress(to_b64(box), owner.sign("camera.address", camera=camera.id, box_sha256=digest))
    wrong = SealedAddress(to_b64(b"other" * 20), good.owner_signature)
    with pytest.raises(Untrusted):
        services.send_address(owner.principal, camera.id, wrong, now=utc_now())
    services.send_address(owner.principal, camera.id, good, now=utc_now())
    letter = LetterRow.objects.get(edge=home.id, kind="camera")
    assert good.box in letter.body
    with pytest.raises(Refused):
        services.send_address(owner.principal, make_camera(owner).id, good, now=utc_now())


def test_public_cameras_are_registered_by_a_manager_of_their_agency_only() -> None:
    freeze_city()
    mine, other = make_agency(), make_agency()
    manager = make_manager(mine.id)
    new = NewCamera(name="square", kind="fixed", place=CENTRE, view=VIEW)
    made = services.register_public_camera(manager, new, agency=mine.id, url="rtsp://10.0.0.1/a", now=utc_now())
    assert queries.access_public_camera(manager, made.id).name == "square"
    assert [camera.url for camera in queries.public_cameras_for_gateway()] == ["rtsp://10.0.0.1/a"]
    assert "10.0.0.1" not in repr(queries.public_cameras_for_gateway())
    with pytest.raises(NotFound):
        services.register_public_camera(manager, new, agency=other.id, url="rtsp://10.0.0.1/a", now=utc_now())
    with pytest.raises(NotFound):
        queries.access_public_camera(make_manager(other.id), made.id)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://a/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:169.254.169.254]/",
        "srt://a",
        "rtsp://:554",
        "rtsp:///x",
        "rtsp://a:99999/",
        "rtsp://a/ b",
        "file:///etc/passwd",
        "rtsp://[::/",
    ],
)
def test_an_address_that_no_gateway_dials_is_refused_and_not_repeated(url: str) -> None:
    freeze_city()
    agency = make_agency()
    new = NewCamera(name="square", kind="fixed", place=CENTRE, view=VIEW)
    with pytest.raises(Malformed) as refused:
        services.register_public_camera(make_manager(agency.id), new, agency=agency.id, url=url, now=utc_now())
    assert not url or url not in str(refused.value)


def test_health_is_taken_from_the_cameras_own_edge_only() -> None:
    owner, stranger = make_owner(), make_owner()
    home, other = pair(owner), pair(stranger)
    camera = make_camera(owner, home)
    services.record_health(other.id, {camera.id: "offline"}, now=utc_now())
    assert queries.get_camera(camera.id).health is Health.UNKNOWN
    services.record_health(home.id, {camera.id: "online", "cam_none": "online"}, now=utc_now())
    assert queries.get_camera(camera.id).health is Health.ONLINE
    services.record_health(home.id, {camera.id: "on fire"}, now=utc_now())
    assert queries.get_camera(camera.id).health is Health.FAULT


def test_health_that_stays_is_told_once() -> None:
    owner = make_owner()
    home = pair(owner)
    camera = make_camera(owner, home)
    OutboxEvent.objects.all().delete()
    for _ in range(3):
        services.record_health(home.id, {camera.id: "online"}, now=utc_now())
    assert list(OutboxEvent.objects.values_list("audience", "kind", "object_id")) == [
        (f"person:{owner.id}", "camera.changed", camera.id)
    ]


def test_a_gateway_knows_edges_with_their_cameras_and_no_address_of_theirs() -> None:
    owner = make_owner()
    home = pair(owner)
    camera = make_camera(owner, home)
    found = {edge.id: edge for edge in queries.edges_for_gateway()}[home.id]
    assert (found.cameras, found.public_key) == ((camera.id,), home.key.public_key().public_bytes_raw())


def test_a_camera_is_near_by_the_middle_of_its_block_so_that_fifty_homes_answer_alike() -> None:
    owner = make_owner()
    cameras = [make_camera(owner, place=offset(CENTRE, bearing=77, metres=metres)) for metres in (0, 150, 299, 340)]
    away_m = {camera.id: distance_m(block_of(camera).middle, CENTRE) for camera in cameras}
    for radius_m in (50, 200, 400):
        found = queries.near(CENTRE, radius_m, "private")
        assert [camera.id for camera in found] == sorted(
            (name for name in away_m if away_m[name] <= radius_m), key=away_m.__getitem__
        )
    assert queries.near(CENTRE, 400, "public") == []
    for radius_m in (0, -1, 801):
        with pytest.raises(Malformed):
            queries.near(CENTRE, radius_m, "private")


def test_a_block_that_ends_beyond_the_ceiling_is_near_nothing() -> None:
    camera = make_camera(make_owner())
    call = offset(block_of(camera).middle, bearing=45, metres=800 - block_of(camera).radius_m)
    assert [found.id for found in queries.near(call, 800, "private")] == [camera.id]
    CameraRow.objects.update(block_radius_m=block_of(camera).radius_m + 1)
    assert queries.near(call, 800, "private") == []


def test_a_camera_without_fifty_homes_around_is_near_nothing_and_its_owner_reads_so() -> None:
    owner = make_owner()
    lonely = make_camera(owner, place=offset(CENTRE, bearing=0, metres=900))
    assert lonely.block is None
    assert camera_out(lonely).block_radius_m is None
    assert queries.near(lonely.place, 800, "private") == []


def test_a_camera_keeps_its_block_over_a_freeze_and_takes_another_when_it_moves() -> None:
    owner = make_owner()
    kept, lonely = make_camera(owner), make_camera(owner, place=offset(CENTRE, bearing=0, metres=900))
    Partition.objects.update(superseded_at=utc_now())
    around = [offset(CENTRE, bearing=0, metres=metres) for metres in (60, 900)]
    freeze_partition((place for place in around for _ in range(60)), city="testville", now=utc_now())
    renew_cells(PartitionFrozen("testville"))
    assert block_of(queries.get_camera(kept.id)) == block_of(kept)
    turned = services.change_view(owner.principal, kept.id, ViewChange(place=kept.place, view=View(10, 100, 25)))
    assert block_of(turned) == block_of(kept)
    assert block_of(queries.get_camera(lonely.id)).radius_m < 100
    moved = services.change_view(owner.principal, kept.id, ViewChange(place=around[1]))
    assert block_of(moved) == block_of(queries.get_camera(lonely.id)) != block_of(kept)
    renamed = services.change_view(owner.principal, kept.id, ViewChange(name="gate"))
    assert block_of(renamed) == block_of(moved)


def block_of(camera: Camera) -> Block:
    """Its block; fails where there is none."""
    assert camera.block is not None
    return camera.block


def test_every_refusal_is_one_of_our_errors() -> None:
    with pytest.raises(ConsentryError):
        queries.get_camera("'; drop table cameras_camera; --")
