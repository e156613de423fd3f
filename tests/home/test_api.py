"""The owner's page: their own cameras only, who looks now, one call to stop."""

import json
from pathlib import Path

import pytest
from tests.access.stage import Stage, integrate, make_stage
from tests.sign_in import client_for

from consentry.access.services import see_edge, see_gateway
from consentry.kernel.clock import utc_now
from consentry.kernel.terms import Approval

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(tmp_path: Path, db: None) -> Stage:
    """Two homes near an open burglary."""
    return make_stage(tmp_path, homes=2)


def test_the_owner_sees_who_looks_why_and_since_when_and_stops_it_with_one_call(stage: Stage) -> None:
    first = next(s for s in stage.ask(views=2).sessions if s.camera == stage.homes[0].camera.id)
    owner = client_for(stage.homes[0].owner.principal.person, second_factor=False)  # type: ignore[arg-type]
    (camera,) = owner.get("/api/home").json()["cameras"]
    (look,) = camera["looks_now"]
    assert camera["state"] == "looked_at"
    assert look["agency"] == stage.agency.name
    assert (look["role"], look["purpose"]) == ("analyst", "crime_in_progress")
    assert look["officer_number"] == first.officer_number
    answer = json.dumps(look)
    for secret in (str(stage.analyst.person), "OAK", stage.incident):
        assert secret not in answer
    assert owner.post(f"/api/home/cameras/{camera['id']}/stop").json() == {"ended": 1}
    (after,) = owner.get("/api/home").json()["cameras"]
    assert after["looks_now"] == []
    (past,) = owner.get(f"/api/home/cameras/{camera['id']}/looks").json()
    assert past["end_reason"] == "stopped"


def test_another_owner_or_an_officer_finds_nothing(stage: Stage) -> None:
    stage.ask(views=2)
    mine = stage.homes[0].camera.id
    other = client_for(stage.homes[1].owner.principal.person, second_factor=False)  # type: ignore[arg-type]
    analyst = client_for(stage.analyst.person)  # type: ignore[arg-type]
    for path in ("looks", "refusals", "flags"):
        assert other.get(f"/api/home/cameras/{mine}/{path}").status_code == 404
        assert analyst.get(f"/api/home/cameras/{mine}/{path}").status_code == 403
    for path in ("stop", "pause"):
        assert other.post(f"/api/home/cameras/{mine}/{path}").status_code == 404
        assert analyst.post(f"/api/home/cameras/{mine}/{path}").status_code == 403
    assert len(other.get("/api/home").json()["cameras"]) == 1


def test_an_ask_waits_for_its_owner_and_holds_what_to_sign(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, approval=Approval.ASK_ME)
    ask = stage.ask()
    owner = stage.homes[0].owner
    client = client_for(owner.principal.person, second_factor=False)  # type: ignore[arg-type]
    (wait,) = client.get("/api/home/asks").json()
    assert wait["record"]["ask"] == ask.id
    answer = f"/api/home/asks/{wait['id']}/answer"
    unsigned = client.post(answer, {"yes": True}, content_type="application/json")
    assert unsigned.status_code in (400, 403)
    signed = {"yes": True, "signature": owner.sign("ask.yes", **wait["record"])}
    assert client.post(answer, signed, content_type="application/json").status_code == 204
    assert client.post(answer, signed, content_type="application/json").status_code == 409
    analyst = client_for(stage.analyst.person)  # type: ignore[arg-type]
    assert len(analyst.get(f"/api/asks/{ask.id}").json()["sessions"]) == 1


def test_an_owner_reads_which_of_their_own_conditions_refused(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, purposes=frozenset({"find_vehicle"}))
    stage.ask()
    client = client_for(stage.homes[0].owner.principal.person, second_factor=False)  # type: ignore[arg-type]
    (refused,) = client.get(f"/api/home/cameras/{stage.homes[0].camera.id}/refusals").json()
    assert refused["conditions"] == ["camera.purpose"]
    integrate()


def test_the_way_to_a_camera_is_told_to_its_owner_alone_and_only_while_the_box_is_there(stage: Stage) -> None:
    camera = stage.homes[0].camera
    path = f"/api/home/cameras/{camera.id}/line"
    owner = client_for(stage.homes[0].owner.principal.person, second_factor=False)  # type: ignore[arg-type]
    other = client_for(stage.homes[1].owner.principal.person, second_factor=False)  # type: ignore[arg-type]
    assert other.get(path).status_code == 404
    assert client_for(stage.analyst.person).get(path).status_code == 403  # type: ignore[arg-type]
    assert camera.edge is not None
    see_gateway(stage.gateway)
    see_edge(stage.gateway, camera.edge, online=True, now=utc_now())
    line = owner.get(path).json()
    assert (line["edge"], line["gateway"]) == (camera.edge, stage.gateway)
    assert line["gateway_url"].endswith("/own")
    see_edge(stage.gateway, camera.edge, online=False, now=utc_now())
    away = owner.get(path)
    assert (away.status_code, away.json()["kind"]) == (503, "edge-offline")


def test_a_pause_for_an_hour_is_told_and_who_knows_the_place_stays_known(stage: Stage) -> None:
    ask = stage.ask(views=2)
    camera = stage.homes[0].camera.id
    looked = next(one for one in ask.sessions if one.camera == camera)
    owner = client_for(stage.homes[0].owner.principal.person, second_factor=False)  # type: ignore[arg-type]
    other = client_for(stage.homes[1].owner.principal.person, second_factor=False)  # type: ignore[arg-type]
    for minutes in (1, 5_000, "x"):
        answer = owner.post(f"/api/home/cameras/{camera}/pause?minutes={minutes}")
        assert answer.status_code in (400, 422)
    hour = owner.post(f"/api/home/cameras/{camera}/pause?minutes=60")
    assert hour.status_code == 204
    (shown,) = owner.get("/api/home").json()["cameras"]
    assert shown["paused"]
    assert shown["paused_until"] is not None
    path = f"/api/home/cameras/{camera}/officers"
    assert other.get(path).status_code == 404
    assert client_for(stage.analyst.person).get(path).status_code == 403  # type: ignore[arg-type]
    (officer,) = owner.get(path).json()
    assert (officer["agency"], officer["officer_number"]) == (stage.agency.name, looked.officer_number)
    assert officer["looks"] == 1
