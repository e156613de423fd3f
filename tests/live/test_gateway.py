"""The internal doors: only a registered gateway's fresh signature opens them, once; what it reports takes effect."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from tests.access.stage import Stage, integrate, make_stage
from tests.sign_in import client_for

from consentry.access import models
from consentry.access.queries import edges_at
from consentry.cameras.queries import get_camera
from consentry.cameras.services import record_edge_doubled, send_letter
from consentry.core.listener import Message
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.gateway_auth import Request, write_header
from consentry.kernel.ids import GatewayId, new_id
from consentry.live.control import events_for, lease_event, letters_for

pytestmark = pytest.mark.django_db
PATH = "/internal/gateway/reports"


@pytest.fixture
def stage(tmp_path: Path, db: None) -> Stage:
    """One automatic camera near an open burglary."""
    return make_stage(tmp_path)


def header(stage: Stage, body: bytes, **changes: Any) -> str:
    """A signed header for a report."""
    said = {"gateway": stage.gateway, "key": stage.gateway_key, "path": PATH, "now_ms": to_ms(utc_now()), **changes}
    return write_header(said["gateway"], said["key"], Request("POST", said["path"], body), now_ms=said["now_ms"])


def report(stage: Stage, *events: dict[str, object]) -> int:
    """Send a report as the stage's gateway does; how many were taken."""
    body = json.dumps({"events": events}).encode()
    answer = Client().post(PATH, body, content_type="application/json", headers={"Authorization": header(stage, body)})
    assert answer.status_code == 200, answer.content
    return int(answer.json()["taken"])


def test_only_a_fresh_signature_of_a_registered_gateway_opens_the_door(stage: Stage) -> None:
    body = b'{"events":[]}'
    good = header(stage, body)
    tries = [
        (None, body, 401),
        ("Consentry-Key nonsense", body, 400),
        (header(stage, body, gateway=GatewayId(new_id("gateway"))), body, 401),
        (header(stage, body, key=Ed25519PrivateKey.generate()), body, 403),
        (header(stage, body, now_ms=to_ms(utc_now() - timedelta(minutes=2))), body, 403),
        (header(stage, body, path="/internal/gateway/control"), body, 403),
        (good, b'{"events":[{}]}', 403),
        (good, body, 200),
        (good, body, 403),
    ]
    for said, content, status in tries:
        headers = {} if said is None else {"Authorization": said}
        answer = Client().post(PATH, content, content_type="application/json", headers=headers)
        assert answer.status_code == status, (said, answer.content)


def test_the_first_frame_is_known_at_once_and_another_gateways_word_counts_nothing(stage: Stage) -> None:
    session = stage.ask().sessions[0]
    models.Session.objects.filter(id=session.id).update(gateway=new_id("gateway"))
    report(stage, {"type": "first_frame", "session": session.id})
    assert models.Session.objects.get(id=session.id).first_frame_at is None
    models.Session.objects.filter(id=session.id).update(gateway=stage.gateway)
    assert report(stage, {"type": "first_frame", "session": session.id}) == 1
    assert models.Session.objects.get(id=session.id).first_frame_at is not None


def test_an_end_at_the_gateway_ends_the_grant_with_its_last_viewer(stage: Stage) -> None:
    session = stage.ask().sessions[0]
    assert report(stage, {"type": "ended", "session": session.id, "reason": "edge_gone", "bytes": 12}) == 1
    row = models.Session.objects.get(id=session.id)
    assert (row.end_reason, row.sent_bytes) == ("closed", 12)
    assert models.Grant.objects.get(id=session.grant).state == "ended"


def test_edges_that_come_and_go_carry_their_cameras_health(stage: Stage) -> None:
    home = stage.homes[0]
    assert report(stage, {"type": "edge_online", "edge": home.home.id}) == 1
    assert edges_at(stage.gateway) == [home.home.id]
    report(stage, {"type": "edge_health", "edge": home.home.id, "cameras": {home.camera.id: "fault"}})
    assert get_camera(home.camera.id).health == "fault"
    report(stage, {"type": "edge_health", "edge": home.home.id, "cameras": {home.camera.id: "online"}})
    report(stage, {"type": "edge_offline", "edge": home.home.id})
    assert (edges_at(stage.gateway), str(get_camera(home.camera.id).health)) == ([], "offline")


def test_a_doubled_edge_is_told_to_its_owner_once_an_hour_and_stays_until_it_is_removed(stage: Stage) -> None:
    home, owner = stage.homes[0].home, stage.homes[0].owner
    page = client_for(owner.principal.person, second_factor=False)  # type: ignore[arg-type]
    doubled = {"type": "edge_doubled", "edge": home.id}
    assert report(stage, doubled) == 0  # it is not connected to this gateway
    report(stage, {"type": "edge_online", "edge": home.id})
    for _ in range(3):
        assert report(stage, doubled) == 1
    told = [notice for notice in page.get("/api/notices").json() if notice["kind"] == "edge.doubled"]
    assert [notice["object_id"] for notice in told] == [home.id]
    (edge,) = page.get("/api/edges").json()
    assert edge["doubled_at"] is not None
    record_edge_doubled(home.id, now=utc_now() + timedelta(hours=1, seconds=1))
    assert [notice["kind"] for notice in page.get("/api/notices").json()].count("edge.doubled") == 2
    assert page.delete(f"/api/edges/{home.id}").status_code == 204
    assert page.get("/api/edges").json() == []
    assert report(stage, {"type": "edge_online", "edge": home.id}) == 0


def test_a_report_that_is_wrong_does_not_stop_the_others(stage: Stage) -> None:
    good = {"type": "edge_online", "edge": stage.homes[0].home.id}
    wrong: list[Any] = [{}, 5, {"type": "letter", "edge": "x", "body": 1}, {"type": "ended"}, {"type": "edge_health"}]
    assert report(stage, *wrong, good) == 1


def test_a_lease_names_what_may_go_on_and_an_end_its_reason(stage: Stage) -> None:
    session = stage.ask().sessions[0]
    leased = lease_event(stage.gateway, utc_now()).decode()
    assert session.id in leased
    assert session.id not in lease_event(stage.gateway, session.expires_at).decode()
    models.Session.objects.filter(id=session.id).update(ended_at=utc_now(), end_reason="stopped")
    (end,) = events_for(stage.gateway, Message(1, "", "session.ended", session.id))
    assert json.loads(end.decode().split("data: ")[1]) == {"session": session.id, "reason": "stopped"}
    assert session.id not in lease_event(stage.gateway, utc_now()).decode()


def test_letters_wait_until_their_edge_is_online(stage: Stage) -> None:
    home = stage.homes[0]
    letter = send_letter(home.home.id, {"type": "policy", "entry": "x"}, now=utc_now())
    assert letters_for(stage.gateway) == []
    report(stage, {"type": "edge_online", "edge": home.home.id})
    assert any(f'"id":"{letter}"' in chunk.decode() for chunk in letters_for(stage.gateway))


def test_a_session_is_its_viewers_alone(stage: Stage) -> None:
    session = stage.ask().sessions[0]
    mine = client_for(stage.analyst.person)  # type: ignore[arg-type]
    owner = client_for(stage.homes[0].owner.principal.person, second_factor=False)  # type: ignore[arg-type]
    weak = client_for(stage.analyst.person, second_factor=False)  # type: ignore[arg-type]
    address = f"/api/live/sessions/{session.id}"
    assert mine.get(address).json()["stage"] == "logging"
    assert mine.get(address).json()["place"] is None
    integrate()
    theirs = client_for(make_stage(Path(), homes=0).analyst.person)  # type: ignore[arg-type]
    seen = mine.get(address).json()
    assert seen["stage"] == "ready"
    assert seen["place"]["lat"]
    assert [client.get(address).status_code for client in (theirs, owner, weak, Client())] == [404, 403, 401, 401]
    assert theirs.post(f"{address}/renew").status_code == 404
    assert mine.post(f"{address}/end").status_code == 204
    ended = mine.get(address).json()
    assert (ended["stage"], ended["end_reason"], ended["place"]) == ("ended", "closed", None)


def test_without_a_signer_there_is_no_ticket(stage: Stage) -> None:
    session = stage.ask().sessions[0]
    integrate()
    mine = client_for(stage.analyst.person)  # type: ignore[arg-type]
    assert mine.post(f"/api/live/sessions/{session.id}/renew").status_code in (404, 503)
