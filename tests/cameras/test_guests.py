"""A household shares what a camera notices: by a word, one browser's key and the owner's signature."""

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from tests.cameras.stage import Home, Owner, make_camera, make_owner, pair
from tests.cameras.test_events import rung
from tests.sign_in import client_for

from consentry.cameras import queries, services
from consentry.cameras.models import Guest
from consentry.cameras.services.guests import INVITATION_LIFE, MAX_GUESTS
from consentry.cameras.types import Camera
from consentry.core.models import OutboxEvent
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Refused, Untrusted
from consentry.kernel.owner_record import public_point
from consentry.notices.models import Notice

pytestmark = pytest.mark.django_db
POINT = public_point(ec.generate_private_key(ec.SECP256R1()))
OTHER = public_point(ec.generate_private_key(ec.SECP256R1()))
Scene = tuple[Owner, Home, Camera]


@pytest.fixture
def scene() -> Scene:
    """An owner with a paired edge and one camera."""
    owner = make_owner()
    home = pair(owner)
    return owner, home, make_camera(owner, home)


def browser(owner: Owner) -> Client:
    """The person's browser."""
    assert owner.principal.person is not None
    return client_for(owner.principal.person, second_factor=False)


def asked(scene: Scene, guest: Owner, point: bytes = POINT) -> str:
    """The guest took an invitation; the guest's id."""
    owner, _, camera = scene
    code = services.invite_guest(owner.principal, camera.id, now=utc_now())
    return services.take_invitation(guest.principal, code, point, now=utc_now()).id


def signed(owner: Owner, kind: str, camera: Camera, point: bytes = POINT) -> str:
    """What the owner's device signs."""
    return owner.sign(kind, camera=camera.id, reply_key=to_b64(point))


def shared(scene: Scene, guest: Owner) -> str:
    """The owner signed for this guest; the guest's id."""
    name = asked(scene, guest)
    services.share_with(scene[0].principal, name, signed(scene[0], "events.share", scene[2]), now=utc_now())
    return name


def letters(home: Home, kind: str) -> list[dict[str, Any]]:
    """The bodies that wait for the edge."""
    return [json.loads(one.body) for one in queries.waiting_letters([home.id], utc_now()) if one.kind == kind]


def test_a_guest_reads_what_happens_once_the_owner_signed_and_nothing_from_before(scene: Scene) -> None:
    owner, home, camera = scene
    guest, stranger = make_owner(), make_owner()
    services.take_letters(home.id, rung(home, camera.id), now=utc_now() - timedelta(minutes=1))
    name = asked(scene, guest)
    services.take_letters(home.id, rung(home, camera.id), now=utc_now() - timedelta(seconds=1))
    assert browser(guest).get("/api/home/events").json() == []
    services.share_with(owner.principal, name, text := signed(owner, "events.share", camera), now=utc_now())
    assert letters(home, "share") == [{"type": "share", "owner_signature": text}]
    services.take_letters(home.id, rung(home, camera.id), now=utc_now())
    assert len(browser(guest).get("/api/home/events").json()) == 1
    assert len(browser(owner).get("/api/home/events").json()) == 3
    assert browser(stranger).get("/api/home/events").json() == []
    assert Notice.objects.filter(kind="camera.event", person=guest.principal.person).count() == 1
    assert OutboxEvent.objects.filter(kind="camera.event", audience=f"person:{stranger.id}").count() == 0
    # A guest has no camera: no looks, no terms, no place.
    assert browser(guest).get("/api/home").json()["cameras"] == []
    for path in (f"/api/cameras/{camera.id}", f"/api/home/cameras/{camera.id}/looks"):
        assert browser(guest).get(path).status_code == 404
    (said,) = browser(guest).get("/api/home/guests").json()
    assert (said["camera_name"], said["state"]) == (camera.name, "shared")


def test_an_invitation_is_good_once_for_a_day_and_not_for_its_owner(scene: Scene) -> None:
    owner, _, camera = scene
    guest, other = make_owner(), make_owner()
    code = services.invite_guest(owner.principal, camera.id, now=utc_now())
    late = services.invite_guest(owner.principal, camera.id, now=utc_now() - INVITATION_LIFE)
    for who, word in ((owner, code), (guest, "wrong"), (guest, ""), (guest, late), (guest, "é\ud800")):
        with pytest.raises(Refused):
            services.take_invitation(who.principal, word, POINT, now=utc_now())
    services.take_invitation(guest.principal, code, POINT, now=utc_now())
    with pytest.raises(Refused):
        services.take_invitation(other.principal, code, OTHER, now=utc_now())
    second = services.invite_guest(owner.principal, camera.id, now=utc_now())
    with pytest.raises(Conflict):
        services.take_invitation(guest.principal, second, OTHER, now=utc_now())
    assert OutboxEvent.objects.filter(kind="camera.guest", audience=f"person:{owner.id}").count() == 1


def test_only_the_owners_own_signature_for_this_camera_and_this_browser_shares(scene: Scene) -> None:
    owner, home, camera = scene
    guest, thief = make_owner(), make_owner()
    second = make_camera(owner, home)
    name = asked(scene, guest)
    for text in (
        signed(thief, "events.share", camera), signed(owner, "events.share", second),
        signed(owner, "events.share", camera, OTHER), signed(guest, "events.share", camera),
    ):  # fmt: skip
        with pytest.raises(Untrusted):
            services.share_with(owner.principal, name, text, now=utc_now())
    for who in (guest, thief):
        with pytest.raises(NotFound):
            services.share_with(who.principal, name, signed(who, "events.share", camera), now=utc_now())
    assert letters(home, "share") == []
    assert Guest.objects.get().state == "asked"


def test_sharing_ends_at_once_by_either_and_at_the_edge_by_the_owners_signature(scene: Scene) -> None:
    owner, home, camera = scene
    guest, stranger = make_owner(), make_owner()
    name = shared(scene, guest)
    with pytest.raises(NotFound):
        services.end_sharing(stranger.principal, name, "", now=utc_now())
    with pytest.raises(Malformed):
        services.end_sharing(owner.principal, name, signed(owner, "events.share", camera), now=utc_now())
    services.end_sharing(owner.principal, name, text := signed(owner, "events.unshare", camera), now=utc_now())
    assert letters(home, "unshare") == [{"type": "unshare", "owner_signature": text}]
    services.take_letters(home.id, rung(home, camera.id), now=utc_now())
    assert browser(guest).get("/api/home/events").json() == []
    name = shared(scene, guest)
    services.end_sharing(guest.principal, name, "", now=utc_now())
    assert queries.guests_of(camera.id) == []
    with pytest.raises(NotFound):
        services.end_sharing(guest.principal, name, "", now=utc_now())


def test_four_share_a_camera_and_an_invitation_that_ran_out_makes_room(scene: Scene) -> None:
    owner, _, camera = scene
    for _ in range(MAX_GUESTS):
        services.invite_guest(owner.principal, camera.id, now=utc_now() - timedelta(hours=2))
    with pytest.raises(LimitReached):
        services.invite_guest(owner.principal, camera.id, now=utc_now())
    services.invite_guest(owner.principal, camera.id, now=utc_now() + INVITATION_LIFE)
    with pytest.raises(NotFound):
        services.invite_guest(make_owner().principal, camera.id, now=utc_now())


def test_the_whole_way_over_http(scene: Scene) -> None:
    owner, home, camera = scene
    guest = make_owner()
    mine, theirs = browser(owner), browser(guest)
    path = f"/api/home/cameras/{camera.id}/guests"
    code = mine.post(path, {}, content_type="application/json").json()["code"]
    assert mine.get(path).json()[0]["state"] == "invited"
    body = {"code": code, "reply_key": to_b64(POINT)}
    assert (
        theirs.post("/api/home/guests", {**body, "reply_key": "AA"}, content_type="application/json").status_code == 400
    )
    assert theirs.post("/api/home/guests", body, content_type="application/json").status_code == 201
    (waits,) = mine.get(path).json()
    assert (waits["state"], waits["reply_key"]) == ("asked", to_b64(POINT))
    said = {"owner_signature": signed(owner, "events.share", camera)}
    share = f"/api/home/guests/{waits['id']}/share"
    assert theirs.post(share, said, content_type="application/json").status_code == 404
    assert mine.post(share, said, content_type="application/json").status_code == 202
    assert theirs.get(path).status_code == 404
    assert Client(SERVER_NAME="localhost").get("/api/home/guests").status_code == 401
    end = f"/api/home/guests/{waits['id']}/end"
    assert theirs.post(end, {}, content_type="application/json").status_code == 204
    assert mine.get(path).json() == []
    assert letters(home, "unshare") == []
