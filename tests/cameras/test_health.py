"""What is wrong with a camera's pictures is told to its owner, for a city camera to its agency, and to nobody else."""

import pytest
from django.test import Client
from tests.agencies.make import make_agency
from tests.cameras.stage import CENTRE, make_camera, make_owner, pair
from tests.sign_in import client_for, make_person

from consentry.cameras.queries import get_camera
from consentry.cameras.services import (
    enter_public_camera,
    record_edge_offline,
    record_health,
    record_public_health,
    record_public_warnings,
)
from consentry.cameras.types import Kind, NewCamera
from consentry.kernel.clock import utc_now
from consentry.kernel.geo import View
from consentry.kernel.ids import PersonId
from consentry.kernel.roles import Role

pytestmark = pytest.mark.django_db
ANALYSTS_PAGES = ("/api/public-cameras", "/api/incidents", "/api/programmes", "/api/notices", "/api/session")


def test_an_owner_reads_what_is_wrong_until_it_is_over() -> None:
    owner = make_owner()
    home = pair(owner)
    camera = make_camera(owner, home)
    client = client_for(PersonId(owner.id))
    said = {camera.id: ("view-moved", "frozen", "somebody-elses-word")}
    record_health(home.id, {camera.id: "online"}, now=utc_now(), warnings=said)
    assert client.get(f"/api/cameras/{camera.id}").json()["warnings"] == ["frozen", "view-moved"]
    (shown,) = client.get("/api/home").json()["cameras"]
    assert (shown["state"], shown["warnings"]) == ("online", ["frozen", "view-moved"])
    record_health(home.id, {camera.id: "mask-failed"}, now=utc_now())
    (shown,) = client.get("/api/home").json()["cameras"]
    assert (shown["state"], shown["warnings"]) == ("fault", ["mask-failed"])
    record_health(home.id, {camera.id: "online"}, now=utc_now())
    assert get_camera(camera.id).warnings == ()


def test_an_edge_says_nothing_of_cameras_that_are_not_its_own_and_nothing_once_it_is_gone() -> None:
    owner, stranger = make_owner(), make_owner()
    home, other = pair(owner), pair(stranger)
    camera = make_camera(owner, home)
    record_health(other.id, {camera.id: "fault"}, now=utc_now(), warnings={camera.id: ("frozen",)})
    assert get_camera(camera.id).warnings == ()
    record_health(home.id, {camera.id: "online"}, now=utc_now(), warnings={camera.id: ("frozen",)})
    record_public_warnings({camera.id: ("covered",)})
    assert get_camera(camera.id).warnings == ("frozen",)
    record_edge_offline(home.id, now=utc_now())
    assert get_camera(camera.id).warnings == ()


def test_an_analyst_reads_the_health_of_city_cameras_and_of_nobody_elses() -> None:
    agency, owner = make_agency(), make_owner()
    home = pair(owner)
    private = make_camera(owner, home)
    record_health(home.id, {private.id: "online"}, now=utc_now(), warnings={private.id: ("frozen",)})
    new = NewCamera("Harbour", Kind.TRAFFIC, CENTRE, View(None, 90, 60))
    public = enter_public_camera(new, agency=agency.id, url="rtsp://127.0.0.1/x", now=utc_now())
    record_public_health({public.id: "online"}, now=utc_now())
    record_public_warnings({public.id: ("covered",)})
    analyst = client_for(make_person(Role.ANALYST, agency.id))
    (shown,) = analyst.get("/api/public-cameras").json()
    assert (shown["id"], shown["health"], shown["warnings"]) == (public.id, "online", ["covered"])
    other = client_for(make_person(Role.ANALYST, make_agency().id))
    for client in (analyst, other, Client()):
        for path in (*ANALYSTS_PAGES, f"/api/cameras/{private.id}", "/api/home"):
            answer = client.get(path).content.decode()
            assert "frozen" not in answer, path
            assert private.id not in answer.replace(f"/cameras/{private.id}", ""), path
