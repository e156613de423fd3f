"""Recordings: only city cameras, one at a time; segments are kept as told, once; a stranger's word counts nothing."""

import json
from pathlib import Path

import pytest
from consentry.live.recordings import running, segments_of, start_recording, stop_recording
from tests.access.stage import make_stage
from tests.access.test_leases import city_camera, second_gateway

from consentry.access import services
from consentry.cameras.queries import get_camera
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, Malformed
from consentry.kernel.ids import GatewayId
from consentry.live import models
from consentry.live.control import state_event
from consentry.live.reports import take_reports

pytestmark = pytest.mark.django_db


def test_a_recording_reaches_the_gateway_that_holds_the_camera_and_its_segments_come_back_by_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage(tmp_path)
    camera, other = city_camera(stage), second_gateway()
    services.see_gateway(stage.gateway)
    services.share_out([camera])
    holder = stage.gateway if camera in services.leases_of(stage.gateway) else other
    with pytest.raises(Malformed):
        start_recording(stage.homes[0].camera.id, now=utc_now())
    recording = start_recording(camera, now=utc_now())
    with pytest.raises(Conflict):
        start_recording(camera, now=utc_now())
    monkeypatch.setattr("consentry.live.control.ledger.log_vkey", lambda: "v")
    monkeypatch.setattr("consentry.live.control.ledger.log_verifiers", list)
    monkeypatch.setattr("consentry.live.control.ticket_public_keys", list)
    said = {gateway: json.loads(state_event(gateway).decode().split("data: ")[1]) for gateway in (stage.gateway, other)}
    assert said[holder]["public_cameras"] == [
        {"id": camera, "url": "rtsp://127.0.0.1:1/x", "audio": False, "epoch": 1, "recording": recording}
    ]
    assert [state["public_cameras"] for gateway, state in said.items() if gateway != holder] == [[]]

    segment = {
        "type": "segment", "recording": recording, "camera": camera, "run": "17-0123abcd", "number": 0, "start_us": 5,
        "end_us": 9, "size_bytes": 70, "sha256": "a" * 64, "previous": "b" * 64, "recovered": False,
    }  # fmt: skip

    def take(gateway: GatewayId = holder, **changes: object) -> int:
        return take_reports(gateway, [{**segment, **changes}], now=utc_now())

    assert [take(), take()] == [1, 1], "told twice, kept once"
    wrong: list[dict[str, object]] = [
        {"sha256": "c" * 64}, {"sha256": "x"}, {"number": -1}, {"run": "../.."}, {"recording": "rec_x"},
        {"camera": stage.homes[0].camera.id}, {"size_bytes": True},
    ]  # fmt: skip
    assert [take(**changes) for changes in wrong] == [0] * len(wrong)
    (kept,) = segments_of(recording)
    assert (kept.sha256, kept.run, kept.number) == ("a" * 64, "17-0123abcd", 0)
    state = {"type": "recorder", "recording": recording, "camera": camera, "state": "disk-full", "lost_units": 3}
    stranger = next(gateway for gateway in said if gateway != holder)
    take_reports(stranger, [{**state, "state": "recording"}], now=utc_now())
    assert models.Recording.objects.get().state == "waiting"
    take_reports(holder, [state], now=utc_now())
    assert (models.Recording.objects.get().state, models.Recording.objects.get().lost_units) == ("disk-full", 3)
    stop_recording(recording, now=utc_now())
    assert running() == {}
    assert take(number=1, previous="d" * 64) == 1, "the last segment comes after the stop"


def test_health_of_a_city_camera_counts_from_its_holder_under_its_epoch(tmp_path: Path) -> None:
    stage = make_stage(tmp_path)
    camera = city_camera(stage)
    services.see_gateway(stage.gateway)
    services.share_out([camera])

    def health(epoch: int, gateway: GatewayId = stage.gateway, state: str = "online") -> str:

        said = {"type": "camera_health", "cameras": {camera: state}, "epochs": {camera: epoch}}
        take_reports(gateway, [said], now=utc_now())
        return str(get_camera(camera).health)

    assert health(0) == "unknown"
    assert health(1, second_gateway()) == "unknown"
    assert health(1) == "online"
    assert health(2, state="silent") == "online"
