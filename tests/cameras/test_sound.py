"""The sound of a city camera: off until its own manager switches it on; the gateway is told, nobody else may."""

import pytest
from tests.agencies.make import make_agency
from tests.cameras.stage import CENTRE, freeze_city, make_camera, make_owner
from tests.sign_in import client_for, make_person

from consentry.cameras import queries
from consentry.cameras.types import GatewayCamera
from consentry.gateway.state import _public_camera
from consentry.kernel.ids import CameraId, PersonId
from consentry.kernel.roles import Role
from consentry.live.control import _public

pytestmark = pytest.mark.django_db
JSON = "application/json"


def test_only_the_manager_of_its_agency_lets_a_public_camera_be_heard() -> None:
    freeze_city()
    mine, other = make_agency(), make_agency()
    manager = client_for(make_person(Role.MANAGER, mine.id))
    body = {"agency": mine.id, "name": "square", "kind": "fixed", "lat": CENTRE.lat, "lon": CENTRE.lon,
            "url": "rtsp://10.0.0.1/a"}  # fmt: skip
    made = manager.post("/api/public-cameras", body, content_type=JSON).json()
    path, on = f"/api/public-cameras/{made['id']}/sound", {"audio": True}

    def told() -> bool:
        (camera,) = queries.public_cameras_for_gateway()
        return _public_camera(_public(camera))[1].audio

    assert made["audio"] is False
    assert told() is False
    pushed = GatewayCamera(CameraId(made["id"]), "", bytes(32), True)
    assert _public_camera(_public(pushed))[1].audio is True, "one that sends to us alike"
    owner = make_owner()
    for client, status in (
        (client_for(make_person(Role.MANAGER, other.id)), 404), (client_for(make_person(Role.ANALYST, mine.id)), 403),
        (client_for(make_person(Role.SUPERVISOR, mine.id)), 403), (client_for(PersonId(owner.id)), 403),
    ):  # fmt: skip
        assert client.put(path, on, content_type=JSON).status_code == status
    private = make_camera(owner)
    assert manager.put(f"/api/public-cameras/{private.id}/sound", on, content_type=JSON).status_code == 404
    assert manager.put(path, {"audio": "loud"}, content_type=JSON).status_code == 400
    assert told() is False
    assert manager.put(path, on, content_type=JSON).json()["audio"] is True
    assert told() is True
    assert manager.put(path, {"audio": False}, content_type=JSON).json()["audio"] is False
    assert told() is False
