"""Turning a city camera: off until its own manager gives the address of its motors, which only a gateway reads."""

import pytest
from tests.agencies.make import make_agency
from tests.cameras.stage import CENTRE, freeze_city, make_owner
from tests.sign_in import client_for, make_person

from consentry.cameras import queries
from consentry.gateway.state import _public_camera
from consentry.kernel.ids import PersonId
from consentry.kernel.roles import Role
from consentry.live.control import _public

pytestmark = pytest.mark.django_db
JSON = "application/json"
ADDRESS = "http://city:right-secret@10.0.0.1/onvif/device_service"


def test_only_the_manager_of_its_agency_lets_a_public_camera_be_turned_and_nobody_reads_the_address() -> None:
    freeze_city()
    mine, other = make_agency(), make_agency()
    manager = client_for(make_person(Role.MANAGER, mine.id))
    body = {"agency": mine.id, "name": "square", "kind": "fixed", "lat": CENTRE.lat, "lon": CENTRE.lon,
            "url": "rtsp://10.0.0.1/a"}  # fmt: skip
    made = manager.post("/api/public-cameras", body, content_type=JSON).json()
    path, on = f"/api/public-cameras/{made['id']}/turning", {"address": ADDRESS}

    def told() -> str:
        (camera,) = queries.public_cameras_for_gateway()
        assert "right-secret" not in repr(camera)
        return _public_camera(_public(camera))[1].turn

    assert (made["turns"], told()) == (False, "")
    for client, status in (
        (client_for(make_person(Role.MANAGER, other.id)), 404), (client_for(make_person(Role.ANALYST, mine.id)), 403),
        (client_for(PersonId(make_owner().id)), 403),
    ):  # fmt: skip
        assert client.put(path, on, content_type=JSON).status_code == status
    for odd in ("rtsp://10.0.0.1/", "http://", "onvif+http://10.0.0.1", "http://10.0.0.1/#nothing", ""):
        assert manager.put(path, {"address": odd}, content_type=JSON).status_code == 400
    assert told() == ""
    answer = manager.put(path, on, content_type=JSON)
    assert answer.json()["turns"] is True
    assert told() == "onvif+" + ADDRESS
    assert b"right-secret" not in answer.content + manager.get("/api/public-cameras").content
    assert manager.put(path, {"address": None}, content_type=JSON).json()["turns"] is False
    assert told() == ""
    pushed = {"agency": mine.id, "name": "car 1", "kind": "phone", "lat": CENTRE.lat, "lon": CENTRE.lon}
    phone = manager.post("/api/pushed-cameras", pushed, content_type=JSON).json()
    assert manager.put(f"/api/public-cameras/{phone['id']}/turning", on, content_type=JSON).status_code == 409
