"""Our ONVIF client and a strict camera over real sockets: found, asked, subscribed to, turned; and what it refuses."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from consentry.demo.onvif_beacon import OnvifBeacon
from consentry.demo.onvif_camera import OnvifCameraServer, Quirks
from consentry.edge.addresses import address_of
from consentry.edge.events import EventKind
from consentry.edge.key_files import load_keys
from consentry.edge.onvif.discovery import find_cameras
from consentry.edge.onvif.kept import ask_camera, place_of
from consentry.edge.onvif.notices import Pace, keep_noticing, read_notice
from consentry.edge.store import Store
from consentry.kernel.errors import ConsentryError, Malformed, Refused, Unavailable, Untrusted
from consentry.kernel.ids import CameraId, new_id
from consentry.media.onvif.camera import OnvifCamera, Profile, low_profile
from consentry.media.onvif.nodes import parse_nodes
from consentry.media.onvif.places import answered_url, device_url, same_host, stream_url
from consentry.media.onvif.soap import Call, Soap
from consentry.media.onvif.turn import Turner
from consentry.media.outlet import Outlet
from consentry.media.rtsp_auth import Credentials
from consentry.media.rtsp_client import pull
from consentry.media.rtsp_server import RtspServer
from consentry.media.units import AccessUnit
from consentry.project.cli import main

WHO = Credentials("owner", "right-secret")
STREAM = "rtsp://127.0.0.1:8554/cars"
MOTION = ("tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion")
VISITOR = ("tns1:RuleEngine/MyRuleDetector/Visitor", "State")


@contextlib.asynccontextmanager
async def camera(quirks: Quirks | None = None, stream: str = STREAM) -> AsyncIterator[OnvifCameraServer]:
    server = OnvifCameraServer(WHO, stream, quirks=quirks)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for lives in the camera
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("quirks", [
    Quirks(), Quirks(media2=False, services=False), Quirks(clock_ahead=timedelta(hours=-31)), Quirks(undeclared=True),
    Quirks(http_digest=True), Quirks(named_host="192.0.2.7"),
], ids=["T", "S-of-old", "clock-off", "undeclared-prefixes", "http-digest", "another-host"])  # fmt: skip
async def test_a_camera_is_asked_for_its_best_stream_whatever_is_odd_about_it(quirks: Quirks) -> None:
    async with camera(quirks) as server, aiohttp.ClientSession() as http:
        asked = await ask_camera(http, server.address, WHO)
        model = await _connected(http, server).model() if quirks == Quirks() else None
    assert asked.stream == "rtsp://owner:right-secret@127.0.0.1:8554/cars"
    assert (asked.profile.encoding, asked.profile.width_px) == ("H264", 1920)
    assert asked.low == asked.stream, "it has a smaller one, and gives all at one address"
    assert asked.place.turner
    assert "right-secret" not in repr(asked)
    assert model is None or (model.maker, model.model) == ("Consentry", "Demo Cam")


@pytest.mark.parametrize(("others", "name"), [
    ([("sub", "H264", 640, "view"), ("tiny", "H264", 160, "view")], "sub"),
    ([("tiny", "H264", 160, "view")], "tiny"),
    ([("other-lens", "H264", 640, "view-2"), ("unsaid", "H264", 640, "")], None),  # another camera to its owner
    ([("same", "H264", 1920, "view"), ("hevc", "H265", 640, "view"), ("jpeg", "JPEG", 640, "view")], None),
])  # fmt: skip
def test_the_smaller_stream_shows_the_very_view_and_is_h264(others: list[tuple[str, str, int, str]], name: str) -> None:
    main = Profile("main", "main", "H264", 1920, 1080, False, "view")
    found = [Profile(token, token, coding, wide, wide * 9 // 16, False, view) for token, coding, wide, view in others]
    low = low_profile((*found, main), main)
    assert (low.token if low else None) == name


async def test_a_wrong_password_is_said_and_a_replayed_call_is_not_taken() -> None:
    async with camera() as server, aiohttp.ClientSession() as http:
        with pytest.raises(Refused) as refused:
            await ask_camera(http, server.address, Credentials("owner", "wrong"))
        sent: list[bytes] = []
        onvif = _connected(http, server)
        post = onvif.soap._post

        async def note(call: Call, data: bytes, who: Credentials | None) -> tuple[int, bytes]:
            sent.append(data)
            return await post(call, data, who)

        onvif.soap._post = note  # type: ignore[method-assign]
        await onvif.model()
        async with http.post(server.address, data=sent[0]) as again:
            assert again.status == 400
            assert "nonce used" in await again.text()
    assert refused.value.kind == "unauthorised"
    assert b"right-secret" not in b"".join(sent)


async def test_motion_and_doorbell_come_once_each_time_they_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consentry.edge.onvif.notices.PULL_S", 0.2)
    seen: list[EventKind] = []
    async with camera(Quirks(named_host="192.0.2.7")) as server, aiohttp.ClientSession() as http:
        task = asyncio.create_task(keep_noticing(_connected(http, server), seen.append, pace=Pace(0.05, 0.1, 0.1)))
        await until(lambda: server.points.subscriptions)
        for on in (True, False, True, True, False, True):  # it was on when we came: no news
            server.points.notice(*MOTION, on=on)
        server.points.notice("tns1:VideoSource/ImageTooDark/ImagingService", "State", on=True)
        server.points.notice(*VISITOR, on=True)
        await until(lambda: len(seen) >= 3)
        server.points.subscriptions.clear()  # the camera was restarted: it knows us no more
        server.points.notice(*VISITOR, on=True)
        await until(lambda: server.points.subscriptions)
        server.points.notice(*VISITOR, on=False)
        server.points.notice("tns1:Device/Trigger/DigitalInput", "LogicalState", on=True)
        await until(lambda: len(seen) >= 4)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert server.points.subscriptions == {}  # given back: cameras have few
    assert seen == [EventKind.MOTION, EventKind.MOTION, EventKind.DOORBELL, EventKind.DOORBELL]


async def test_a_subscription_is_renewed_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consentry.edge.onvif.notices.LIFE_S", 1)
    monkeypatch.setattr("consentry.edge.onvif.notices.PULL_S", 0.2)
    async with camera() as server, aiohttp.ClientSession() as http:
        task = asyncio.create_task(keep_noticing(_connected(http, server), lambda _: None, pace=Pace(pull_s=0.05)))
        await until(lambda: any(kept.renewed >= 2 for kept in server.points.subscriptions.values()))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_camera_that_never_waits_is_not_asked_without_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consentry.edge.onvif.notices.PULL_S", 0)
    async with camera() as server, aiohttp.ClientSession() as http:
        task = asyncio.create_task(keep_noticing(_connected(http, server), lambda _: None, pace=Pace(pull_s=0.2)))
        await until(lambda: server.calls.count("tev:PullMessages") >= 2)
        before_s = asyncio.get_running_loop().time()
        await until(lambda: server.calls.count("tev:PullMessages") >= 5)
        took_s = asyncio.get_running_loop().time() - before_s
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert took_s > 0.4  # a slow machine only makes it longer


async def test_a_camera_is_turned_and_stops_by_itself() -> None:
    async with camera() as server, aiohttp.ClientSession() as http:
        onvif = OnvifCamera(http, server.address, WHO)
        await onvif.connect()
        turner = Turner(onvif, "main")
        await turner.move(0.5, -0.25, 9)
        assert server.head.moving == (0.5, -0.25, 1.0)
        await until(lambda: server.head.moving is None)
        await turner.move(1, 0, 0)
        await turner.stop()
        assert server.head.moving is None
        (preset,) = await turner.presets()
        await turner.go_to(preset.token)
    assert (preset.name, server.head.moves) == ("Door", ["move", "move", "stop", "preset 1"])


async def test_cameras_that_answer_are_found_and_those_that_name_another_host_are_not(unused_udp_port: int) -> None:
    named = ("http://127.0.0.1:81/onvif/device_service", "http://192.0.2.7/onvif/device_service")
    beacons = [OnvifBeacon(url, port=unused_udp_port) for url in named]
    for beacon in beacons:
        await beacon.start()
    found = await find_cameras(wait_s=0.7, interfaces=["lo"], port=unused_udp_port)
    for beacon in beacons:
        beacon.stop()
    assert [(item.url, item.name, item.model) for item in found] == [(named[0], "Front door", "Demo-Cam")]


async def test_owner_adds_an_onvif_camera_by_command_and_its_pictures_come(
    tmp_path: Path, camera_server: RtspServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a Reolink does: ONVIF for address and events, RTSP with digest for the pictures."""
    name = CameraId(new_id("camera"))
    async with camera(Quirks(undeclared=True), camera_server.url_of("cars")) as server:
        monkeypatch.setattr("consentry.edge.camera_commands._password", lambda: WHO.password)
        words = ["edge", "camera", "add", name, "--onvif", server.address, "--user", WHO.user, "--data", str(tmp_path)]
        assert await asyncio.to_thread(main, words) == 0
    store, keys = Store(tmp_path), load_keys(tmp_path)
    place, url = place_of(store, keys, name), address_of(store, keys, name)
    assert place is not None
    assert place.who == WHO
    assert b"right-secret" not in (tmp_path / "edge.sqlite").read_bytes()
    units: list[AccessUnit] = []
    task = asyncio.create_task(pull(str(url), Outlet(units.append, lambda _: None)))
    await until(lambda: len(units) >= 5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert units[0].key


@pytest.mark.parametrize("text", [
    b"<a><!DOCTYPE a [<!ENTITY x 'y'>]></a>", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", b"<a>" * 40 + b"</a>" * 40,
    b"<a>" + b"<b/>" * 4_001 + b"</a>", b"<a>" + b" " * 300_000 + b"</a>", b"<a>", b"", b"\xff\xfe", b"<a>&x;</a>",
    b'<?xml version="1.0" encoding="nonsense"?><a/>',
])  # fmt: skip
def test_hostile_xml_is_refused(text: bytes) -> None:
    with pytest.raises(Malformed):
        parse_nodes(text)


@given(st.binary(max_size=300) | st.text("<>/&;!?=\"' abxmlns:[]-", max_size=300).map(str.encode))
def test_whatever_a_camera_answers_is_nodes_or_refused(text: bytes) -> None:
    with contextlib.suppress(Malformed):
        root = parse_nodes(text)
        read_notice(root)
        assert sum(1 for _ in root.every("a")) >= 0


async def test_an_answer_without_end_and_a_redirect_are_refused() -> None:
    async def flood(request: web.Request) -> web.StreamResponse:
        if request.path == "/away":
            raise web.HTTPTemporaryRedirect("http://127.0.0.1:9/elsewhere")
        answer = web.StreamResponse()
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await answer.write(b"<a>" * 10_000)
        return answer

    app = web.Application()
    app.router.add_post("/{any}", flood)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as http:
        for path in ("/flood", "/away"):
            with pytest.raises(Unavailable):
                await Soap(http, WHO).call(Call(base + path, "<x/>"))
    await runner.cleanup()


def test_a_camera_points_at_nothing_but_itself() -> None:
    here = device_url("10.0.0.5:81")
    assert here == "http://10.0.0.5:81/onvif/device_service"
    assert same_host(here, "http://169.254.169.254:8080/latest?x=1") == "http://10.0.0.5:8080/latest?x=1"
    assert (
        same_host(device_url("https://cam.local"), "http://cam.local:80/onvif/media") == "https://cam.local/onvif/media"
    )
    assert stream_url(here, "rtsp://evil:x@192.0.2.1:554/a?b=c", Credentials("u", "p/@")) == (
        "rtsp://u:p%2F%40@10.0.0.5:554/a?b=c"
    )
    assert answered_url("http://10.0.0.5/onvif/x", "10.0.0.5") == "http://10.0.0.5/onvif/x"
    for named, sender in (
        ("http://10.0.0.6/x", "10.0.0.5"),
        ("http://8.8.8.8/x", "8.8.8.8"),
        ("http://nas/x", "10.0.0.5"),
    ):
        with pytest.raises(Untrusted):
            answered_url(named, sender)
    for wrong in ("ftp://10.0.0.5/", "http://u:p@10.0.0.5/", "http://", "http://10.0.0.5:x/", "file:///etc/passwd"):
        with pytest.raises(ConsentryError):
            device_url(wrong)


def _connected(http: aiohttp.ClientSession, server: OnvifCameraServer) -> OnvifCamera:
    return OnvifCamera(http, server.address, WHO)
