"""The smaller stream of a city camera: said by its own manager, told to the gateway and to nobody else."""

import pytest
from django.db import IntegrityError, transaction
from tests.agencies.make import make_agency
from tests.cameras.stage import CENTRE, freeze_city, make_camera, make_owner
from tests.sign_in import client_for, make_person

from consentry.cameras import queries, services
from consentry.cameras.models import Camera
from consentry.gateway.state import _public_camera
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import CameraId
from consentry.kernel.roles import Role
from consentry.live.control import _public

pytestmark = pytest.mark.django_db
JSON = "application/json"
SECRET = "rtsp://viewer:hidden-word@10.0.0.1/low"


def test_only_the_manager_of_its_agency_says_where_the_smaller_stream_is() -> None:
    freeze_city()
    mine, other = make_agency(), make_agency()
    manager = client_for(make_person(Role.MANAGER, mine.id))
    body = {"agency": mine.id, "name": "square", "kind": "fixed", "lat": CENTRE.lat, "lon": CENTRE.lon,
            "url": "rtsp://10.0.0.1/a"}  # fmt: skip
    made = manager.post("/api/public-cameras", body, content_type=JSON).json()
    path, said = f"/api/public-cameras/{made['id']}/sub-stream", {"url": SECRET}

    def told() -> str | None:
        (camera,) = queries.public_cameras_for_gateway()
        return _public_camera(_public(camera))[1].low_url

    assert told() is None
    for client, status in (
        (client_for(make_person(Role.MANAGER, other.id)), 404), (client_for(make_person(Role.ANALYST, mine.id)), 403),
    ):  # fmt: skip
        assert client.put(path, said, content_type=JSON).status_code == status
    private = make_camera(make_owner())
    assert manager.put(f"/api/public-cameras/{private.id}/sub-stream", said, content_type=JSON).status_code == 404
    assert manager.put(path, {"url": "gopher://10.0.0.1"}, content_type=JSON).status_code == 400
    assert told() is None
    answer = manager.put(path, said, content_type=JSON)
    assert answer.status_code == 200
    assert answer.json()["sub_stream"] is True
    assert b"hidden-word" not in answer.content
    assert told() == SECRET
    assert b"hidden-word" not in manager.get("/api/public-cameras").content
    assert manager.put(path, {"url": ""}, content_type=JSON).json()["sub_stream"] is False
    assert told() is None
    services.enter_sub_stream(CameraId(made["id"]), SECRET)
    assert told() == SECRET
    with pytest.raises(NotFound):
        services.enter_sub_stream(private.id, SECRET)
    with pytest.raises(IntegrityError), transaction.atomic():
        Camera.objects.filter(id=private.id).update(low_url=SECRET)
