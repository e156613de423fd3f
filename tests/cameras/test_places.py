"""Where a city drone is: kept once, told to its agency's people, and to nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from tests.agencies.make import make_agency
from tests.cameras.stage import CENTRE, freeze_city, make_camera, make_owner
from tests.sign_in import client_for, make_person

from consentry.cameras import services
from consentry.cameras.models import MobilePlace
from consentry.cameras.types import Camera, NewCamera
from consentry.core.models import OutboxEvent
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Malformed, NotFound
from consentry.kernel.geo import View
from consentry.kernel.ids import AgencyId
from consentry.kernel.roles import Role

pytestmark = pytest.mark.django_db


def drone(agency: AgencyId, kind: str = "drone") -> Camera:
    new = NewCamera(name="Drone 1", kind=kind, place=CENTRE, view=View(None, 60, 200))
    return services.enter_public_camera(new, agency=agency, url="srt://10.0.0.9:9000", now=utc_now())


def said(camera: str, **other: Any) -> dict[str, object]:
    """A report as a gateway makes it; it says more than we keep."""
    corners = [[CENTRE.lat + at, CENTRE.lon - at] for at in (0.001, 0.002, 0.003, 0.004)]
    now_ms = to_ms(utc_now())
    return {"type": "telemetry", "at_ms": now_ms + 60_000, "camera": camera, "captured_us": 1_000 * now_ms,
            "place": [CENTRE.lat, CENTRE.lon], "altitude_m": 120.0, "heading_deg": 10.0, "looks_deg": 90.5,
            "centre": None, "corners": corners, "platform": "C208B"} | other  # fmt: skip


@pytest.fixture
def agency() -> AgencyId:
    freeze_city()
    return make_agency().id


def test_the_last_place_of_a_drone_reaches_its_agency_and_nobody_else(agency: AgencyId) -> None:
    camera, now = drone(agency), utc_now()
    services.record_place(said(camera.id, place=[0.0, 0.0]), now=now - timedelta(seconds=9))
    services.record_place(said(camera.id), now=now - timedelta(seconds=4))
    assert MobilePlace.objects.count() == 1
    answer = client_for(make_person(Role.ANALYST, agency)).get("/api/mobile-places")
    (found,) = answer.json()
    assert (found["camera"], found["lat"], found["lon"]) == (camera.id, CENTRE.lat, CENTRE.lon)
    assert (found["looks_deg"], found["altitude_m"], len(found["footprint"])) == (90.5, 120.0, 4)
    assert 4_000 <= found["age_ms"] < 60_000
    assert answer["Cache-Control"] == "no-store"
    told = OutboxEvent.objects.filter(kind="place.moved")
    assert {(row.audience, row.object_id) for row in told} == {(f"agency:{agency}", camera.id)}
    assert client_for(make_person(Role.ANALYST, make_agency().id)).get("/api/mobile-places").json() == []
    assert client_for(make_person(Role.OWNER)).get("/api/mobile-places").status_code == 403


def test_a_place_of_more_than_an_hour_ago_or_of_a_removed_camera_is_not_shown(agency: AgencyId) -> None:
    camera, analyst = drone(agency), client_for(make_person(Role.ANALYST, agency))
    services.record_place(said(camera.id), now=utc_now() - timedelta(minutes=61))
    assert analyst.get("/api/mobile-places").json() == []


def test_a_report_that_waited_is_as_old_as_it_is(agency: AgencyId) -> None:
    now = utc_now()
    services.record_place(said(drone(agency).id, at_ms=to_ms(now - timedelta(seconds=30))), now=now)
    assert abs((now - MobilePlace.objects.get().heard_at).total_seconds() - 30) < 0.01


def test_private_and_standing_cameras_have_no_place_that_anybody_hears(agency: AgencyId) -> None:
    for camera in (make_camera(make_owner()).id, drone(agency, "fixed").id, "cam_none"):
        with pytest.raises(NotFound):
            services.record_place(said(camera), now=utc_now())
    assert not MobilePlace.objects.exists()


@pytest.mark.parametrize("odd", [
    {"place": [91, 0]}, {"place": [0, float("nan")]}, {"place": None}, {"place": [1]}, {"corners": [[1, 2]] * 5},
    {"corners": [[1, 200]]}, {"looks_deg": -1}, {"altitude_m": 1e9}, {"captured_us": -1}, {"captured_us": "x" * 50},
    {"camera": "c" * 50}, {"at_ms": -1},
])  # fmt: skip
def test_what_is_no_place_is_malformed(agency: AgencyId, odd: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        services.record_place(said(drone(agency).id) | odd, now=utc_now())


@pytest.mark.parametrize("clock_us", [0, 1 << 62, 4_000_000_000_000_000])
def test_a_drones_clock_that_cannot_be_is_not_kept(agency: AgencyId, clock_us: int) -> None:
    services.record_place(said(drone(agency).id, captured_us=clock_us, corners=[[1, 2]]), now=utc_now())
    row = MobilePlace.objects.get()
    assert (row.captured_at, row.footprint) == (None, [])
