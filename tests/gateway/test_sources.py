"""Other sources at a real gateway: one that pushes by RTMP, a drone over HTTP that tells where it is."""

import asyncio
import hashlib
import itertools
from pathlib import Path

import pytest
from aiohttp import web
from tests.gateway.world import until
from tests.media.sinks import X264, needs_ffmpeg, publisher

from consentry.gateway.settings import read_settings
from consentry.gateway.state import parse_state
from consentry.gateway.telemetry import TelemetryDesk
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId, GatewayId, new_id

DRONE = Path(__file__).resolve().parents[3] / "shared" / "data" / "drone" / "synthetic_drone_klv.ts"


def pushing_to(port: int, key: str):
    return publisher(*X264, "-f", "flv", f"rtmp://127.0.0.1:{port}/live/{key}")


@needs_ffmpeg
async def test_a_camera_that_pushes_is_seen_until_its_key_is_changed(city):
    camera, key = CameraId(new_id("camera")), "a-long-push-key"
    await city.gateway.pushes.open("127.0.0.1", 0)
    city.web.pushed[camera] = hashlib.sha256(key.encode()).hexdigest()
    city.web.tell_state()
    await until(lambda: camera in city.gateway.pushes.states())
    port = city.gateway.pushes.rtmp_port
    async with pushing_to(port, key) as pushing:
        await until(lambda: city.gateway.pushes.states().get(camera) == "online", 20)
        viewer = await city.looking(camera, count=8)
        async with pushing_to(port, key) as second:
            assert await asyncio.wait_for(second.wait(), 20) != 0
        await viewer.pictures(len(viewer.media) + 5)
        city.web.pushed[camera] = hashlib.sha256(b"another").hexdigest()
        city.web.tell_state()
        assert await asyncio.wait_for(pushing.wait(), 20) != 0
    await until(lambda: any(text.get("state") == "silent" for text in viewer.texts))
    said = [event["cameras"] for event in city.web.reports if event["type"] == "push_health"]
    assert {camera: "online"} in said
    assert {camera: "silent"} in said
    del city.web.pushed[camera]
    city.web.tell_state()
    assert await viewer.ended() in ("camera_gone", None)
    assert camera not in city.gateway.sessions.hubs


async def test_a_drone_tells_the_web_where_it_is_at_most_twice_a_second(city):
    if not DRONE.exists():
        pytest.skip("needs ../shared/data/drone/synthetic_drone_klv.ts")
    data = DRONE.read_bytes()

    async def stream(request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse(headers={"Content-Type": "video/mp2t"})
        await reply.prepare(request)
        for at in range(0, len(data), 3_760):
            await reply.write(data[at : at + 3_760])
            await asyncio.sleep(0.05)
        return reply

    app = web.Application()
    app.router.add_get("/drone", stream)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    camera = CameraId(new_id("camera"))
    city.web.public[camera] = f"http://127.0.0.1:{runner.addresses[0][1]}/drone"
    city.web.tell_state()
    try:
        await until(lambda: len(told(city, camera)) >= 3, 20)
    finally:
        await runner.cleanup()
    first = told(city, camera)[0]
    assert first["place"] == pytest.approx([41.1, -104.85], abs=0.3)
    assert len(first["corners"]) == 4
    assert 0 <= first["looks_deg"] < 360
    at_ms = [event["at_ms"] for event in told(city, camera)]
    assert all(later - sooner >= 450 for sooner, later in itertools.pairwise(at_ms))


def told(city, camera: CameraId) -> list[dict[str, object]]:
    return [event for event in city.web.reports if event["type"] == "telemetry" and event["camera"] == camera]


def test_klv_that_does_not_hold_is_counted_and_told_to_nobody():
    reports: list[object] = []
    desk = TelemetryDesk(reports.append)
    desk.take(CameraId(new_id("camera")), b"\x06\x0e\x2b\x34 nothing")
    assert (desk.malformed, reports) == (1, [])


@pytest.mark.parametrize("odd", [
    {}, {"url": "rtsp://a/", "push_sha256": "0" * 64}, {"push_sha256": "0" * 63}, {"push_sha256": "G" * 64},
    {"push_sha256": 5}, {"url": 5}, {"url": "x" * 2_001},
])  # fmt: skip
async def test_a_camera_without_a_clear_source_is_no_state(city, odd):
    state = city.web.state()
    state["public_cameras"] = [{"id": new_id("camera"), **odd}]
    with pytest.raises(Malformed):
        parse_state(state, GatewayId(city.identity.gateway))


PORTS = {"": range(0), "9000": range(9_000, 9_001), "9000-9019": range(9_000, 9_020)}


@pytest.mark.parametrize(("said", "ports"), PORTS.items())
def test_ports_for_sources_that_call_are_none_unless_somebody_opens_some(said, ports):
    read = read_settings({"CONSENTRY_GATEWAY_SRT_PORTS": said} if said else {})
    assert (read.srt_ports, read.rtmp_port) == (ports, None)
    for odd in ("9000-", "-9", "0", "70000", "9000-x", "9e3"):
        with pytest.raises(Malformed):
            read_settings({"CONSENTRY_GATEWAY_SRT_PORTS": odd})
