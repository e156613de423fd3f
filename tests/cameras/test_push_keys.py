"""Cameras that send to us: who adds them, who gets a key, what of it is kept, what a gateway hears."""

import hashlib
import json

import pytest
from tests.agencies.make import make_agency
from tests.cameras.stage import CENTRE, freeze_city, make_owner
from tests.sign_in import client_for, make_person

from consentry.cameras import queries
from consentry.cameras.models import PushKey
from consentry.cameras.trust import GatewayAddress, Providers, wire_trust
from consentry.kernel.ids import PersonId, new_id
from consentry.kernel.roles import Role
from consentry.live.control import _public

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def agency():
    freeze_city()
    gateway = GatewayAddress(new_id("gateway"), "wss://video.example:8481/edge")
    wire_trust(Providers(policies=lambda: ("ab" * 32,), gateways=lambda: (gateway,)))
    return make_agency()


def add(agency) -> str:
    manager = client_for(make_person(Role.MANAGER, agency.id))
    body = {"agency": agency.id, "name": "Car 12", "kind": "phone", "lat": CENTRE.lat, "lon": CENTRE.lon}
    made = manager.post("/api/pushed-cameras", body, content_type=JSON)
    assert made.status_code == 201
    return made.json()["id"]


def test_an_officer_gets_a_key_of_which_only_the_hash_is_kept_and_told(agency):
    camera = add(agency)
    assert [told.push_sha256 for told in queries.public_cameras_for_gateway()] == [queries.NO_KEY]  # nobody to let in
    officer = client_for(make_person(Role.OFFICER, agency.id))
    assert [found["id"] for found in officer.get("/api/pushed-cameras").json()] == [camera]
    answer = officer.post(f"/api/pushed-cameras/{camera}/key").json()
    key = answer["key"]
    assert (len(key), answer["whip_urls"]) == (43, ["https://video.example:8481/whip"])
    (told,) = map(_public, queries.public_cameras_for_gateway())
    assert told == {"id": camera, "push_sha256": hashlib.sha256(key.encode()).hexdigest(), "audio": False}
    assert key not in json.dumps(list(PushKey.objects.values()), default=str)
    later = officer.post(f"/api/pushed-cameras/{camera}/key").json()["key"]
    (told,) = map(_public, queries.public_cameras_for_gateway())
    assert told["push_sha256"] == hashlib.sha256(later.encode()).hexdigest()
    assert officer.delete(f"/api/pushed-cameras/{camera}/key").status_code == 204
    assert [told.push_sha256 for told in queries.public_cameras_for_gateway()] == [queries.NO_KEY]


def test_others_add_no_camera_and_get_no_key(agency):
    camera, other = add(agency), make_agency()
    officer = client_for(make_person(Role.OFFICER, agency.id))
    body = {"agency": agency.id, "name": "Car 13", "lat": CENTRE.lat, "lon": CENTRE.lon}
    assert officer.post("/api/pushed-cameras", body, content_type=JSON).status_code == 403
    stranger = client_for(make_person(Role.MANAGER, other.id))
    assert stranger.post("/api/pushed-cameras", body, content_type=JSON).status_code == 404
    assert stranger.get("/api/pushed-cameras").json() == []
    for client, status in (
        (stranger, 404), (client_for(make_person(Role.OFFICER, other.id)), 404),
        (client_for(make_person(Role.ANALYST, agency.id)), 403), (client_for(PersonId(make_owner().id)), 403),
    ):  # fmt: skip
        assert client.post(f"/api/pushed-cameras/{camera}/key").status_code == status
        assert client.delete(f"/api/pushed-cameras/{camera}/key").status_code == status
    assert PushKey.objects.get(camera=camera).key_sha256 is None


def test_a_camera_that_we_dial_has_no_key(agency):
    manager = client_for(make_person(Role.MANAGER, agency.id))
    body = {"agency": agency.id, "name": "square", "kind": "fixed", "lat": CENTRE.lat, "lon": CENTRE.lon,
            "url": "rtsp://10.0.0.1/a"}  # fmt: skip
    camera = manager.post("/api/public-cameras", body, content_type=JSON).json()["id"]
    assert manager.post(f"/api/pushed-cameras/{camera}/key").status_code == 404
    bad = {**body, "kind": "fixed"} | {"name": "x"}
    bad.pop("url")
    assert manager.post("/api/pushed-cameras", bad, content_type=JSON).status_code == 400
