"""Sending by WebRTC to a real gateway: aiortc's full stack and Chromium's fake camera push, a viewer looks."""

import hashlib
import json
import shutil
from fractions import Fraction

import aiohttp
import av
import numpy as np
import pytest
from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription, VideoStreamTrack
from playwright.async_api import async_playwright
from tests.gateway.conftest import City
from tests.gateway.test_browser import ARGS
from tests.gateway.test_view import decode
from tests.gateway.world import ORIGIN, until

from consentry.gateway.rtc.pusher import read_place
from consentry.gateway.rtc.receiver import Receiver
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId, new_id
from consentry.media.outlet import Outlet
from consentry.media.packetise import packetise
from consentry.media.rtp import RtpPacket, write_rtp

KEY = "k" * 43
SSRC = 0x0A0B0C0D


class Stripes(VideoStreamTrack):
    """A made-up camera, 320 x 240."""

    async def recv(self) -> av.VideoFrame:
        pts, base = await self.next_timestamp()
        picture = np.full((240, 320, 3), pts // 3_000 % 256, np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = pts, Fraction(base)
        return frame


class Phone:
    """A sender by WHIP."""

    def __init__(self, city: City) -> None:
        self.url = f"http://127.0.0.1:{city.gateway.port}/whip"
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.channel = self.peer.createDataChannel("consentry.push.1", negotiated=True, id=0)
        self.heard: list[dict] = []
        self.channel.on("message", lambda text: self.heard.append(json.loads(text)))
        self.location = ""

    async def push(self, key: str = KEY, origin: str | None = ORIGIN) -> int:
        sender = self.peer.addTransceiver(Stripes(), direction="sendonly")
        codecs = RTCRtpSender.getCapabilities("video").codecs
        sender.setCodecPreferences([codec for codec in codecs if codec.mimeType == "video/H264"])
        await self.peer.setLocalDescription(await self.peer.createOffer())
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/sdp"}
        headers |= {"Origin": origin} if origin else {}
        async with (
            aiohttp.ClientSession() as http,
            http.post(self.url, data=self.peer.localDescription.sdp, headers=headers) as answer,
        ):
            if answer.status == 201:
                self.location = answer.headers["Location"]
                await self.peer.setRemoteDescription(RTCSessionDescription(await answer.text(), "answer"))
            return answer.status


@pytest.fixture
async def pushed(city) -> CameraId:
    """A camera that may be pushed to with `KEY`."""
    camera = CameraId(new_id("camera"))
    city.web.pushed[camera] = hashlib.sha256(KEY.encode()).hexdigest()
    city.web.tell_state()
    await until(lambda: camera in city.gateway.sessions.hubs)
    return camera


async def test_what_a_phone_pushes_is_seen_and_its_place_is_told(city, pushed):
    phone = Phone(city)
    assert await phone.push() == 201
    await until(lambda: city.gateway.pushes.states()[pushed] == "online")
    viewer = await city.looking(pushed, count=12)
    assert viewer.texts[1]["height"] == 240
    assert len(decode(viewer)) >= 11
    await until(lambda: {"type": "watched", "viewers": 1} in phone.heard)
    phone.channel.send(json.dumps({"type": "place", "lat": 48.5, "lon": -4.5, "accuracy_m": 8, "heading_deg": 370}))
    phone.channel.send(json.dumps({"type": "place", "lat": 48.5, "lon": 7.5, "heading_deg": 350}))
    await until(lambda: any(event["type"] == "telemetry" for event in city.web.reports))
    (told,) = [event for event in city.web.reports if event["type"] == "telemetry"]
    assert (told["camera"], told["place"], told["looks_deg"]) == (pushed, [48.5, 7.5], 350)
    async with aiohttp.ClientSession(headers={"Origin": ORIGIN}) as http:
        url = phone.url.replace("/whip", phone.location)
        async with http.delete(url, headers={"Authorization": "Bearer " + "x" * 43}) as answer:
            assert answer.status == 404
        async with http.delete(url, headers={"Authorization": f"Bearer {KEY}"}) as answer:
            assert answer.status == 200
    await until(lambda: city.gateway.pushes.states()[pushed] == "offline")
    assert viewer.closed is None  # the look goes on and says that the camera is away
    await phone.peer.close()


async def test_only_the_cameras_key_opens_it_and_only_from_our_page(city, pushed):
    phone = Phone(city)
    assert await phone.push("x" * 43) == 401
    other = Phone(city)
    assert await other.push(origin="http://evil.test") == 403
    assert len(city.gateway.ground.endpoint) == 0
    program = Phone(city)
    assert await program.push(origin=None) == 201
    again = Phone(city)
    assert await again.push() == 201  # the same phone after a change of network takes its place over
    assert len(city.gateway.ground.endpoint) == 1
    for end in (phone, other, program, again):
        await end.peer.close()


async def test_a_key_that_is_taken_back_cuts_the_phone_off(city, pushed):
    phone = Phone(city)
    assert await phone.push() == 201
    await until(lambda: city.gateway.pushes.states()[pushed] == "online")
    city.web.pushed.clear()
    city.web.tell_state()
    await until(lambda: len(city.gateway.ground.endpoint) == 0)
    assert await Phone(city).push() == 401
    await phone.peer.close()


@pytest.mark.parametrize("text", [
    "", "[]", '{"type":"place"}', '{"type":"place","lat":91,"lon":0}', '{"type":"place","lat":true,"lon":0}',
    '{"type":"place","lat":1e999,"lon":0}', '{"type":"other","lat":1,"lon":1}', '{"type":"place","lat":"1","lon":1}',
])  # fmt: skip
def test_a_place_that_is_none_is_refused(text):
    with pytest.raises(Malformed):
        read_place(text)


def pictures(cars, count: int) -> list[list[bytes]]:
    """The packets of each of the first pictures of a loop."""
    sequence, made = 65_500, []
    for number, unit in enumerate(cars.units[:count]):
        payloads = packetise(unit.nals, most=300)
        made.append([])
        for at, payload in enumerate(payloads):
            packet = RtpPacket(96, at == len(payloads) - 1, sequence, 3_600 * number, payload)
            made[-1].append(write_rtp(packet, SSRC))
            sequence = (sequence + 1) & 0xFFFF
    return made


def test_packets_out_of_order_are_put_in_order_and_lost_ones_asked_for(cars):
    said, got = [], []
    receiver = Receiver(96, Outlet(got.append, lambda _: None), said.append)
    flat = [packet for picture in pictures(cars, 20) for packet in picture]
    for at in range(0, len(flat) - 1, 2):
        flat[at + 1 : at + 3] = flat[at + 1 : at + 3][::-1]
    lost = flat.pop(40)
    for number, packet in enumerate(flat):
        receiver.take_rtp(packet, number / 1_000, 1_700_000_000_000_000)
    asked = [report for report in said if report[1] == 205]
    assert asked
    assert asked[0][12:14] == lost[2:4]
    before = len(got)
    receiver.take_rtp(lost, 0.11, 1_700_000_000_000_000)
    assert len(got) >= 19 > before


def test_a_packet_that_never_comes_costs_a_key_frame_and_no_more(cars):
    said, got = [], []
    receiver = Receiver(96, Outlet(got.append, lambda _: None), said.append)
    made = pictures(cars, len(cars.units))
    del made[2][0]
    for number, picture in enumerate(made):
        for packet in picture:
            receiver.take_rtp(packet, number / 12, 1_700_000_000_000_000)
        receiver.tick(number / 12, 1_700_000_000_000_000)
    assert any(report[1] == 206 and report[0] & 31 == 1 for report in said)  # a key frame was asked for
    assert receiver.lost == 1
    assert got[2].key  # after the gap only what can be decoded
    assert len(got) > len(made) // 2


PAGE = """<script>
window.push = async (url, key) => {
  const stream = await navigator.mediaDevices.getUserMedia({video: {width: 640, height: 480}});
  const peer = window.peer = new RTCPeerConnection();
  const sender = peer.addTransceiver(stream.getVideoTracks()[0], {direction: 'sendonly'});
  peer.createDataChannel('consentry.push.1', {negotiated: true, id: 0});
  await peer.setLocalDescription();
  const headers = {Authorization: 'Bearer ' + key, 'Content-Type': 'application/sdp'};
  const answer = await fetch(url, {method: 'POST', headers, body: peer.localDescription.sdp});
  await peer.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  return answer.status;
};
</script>"""


@pytest.mark.journey
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium")
async def test_chromiums_camera_is_pushed_and_seen(tmp_path, cars):
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "localhost", 0).start()
    origin = f"http://localhost:{runner.addresses[0][1]}"
    city, camera = City(tmp_path, cars), CameraId(new_id("camera"))
    try:
        await city.start(origin=origin)
        city.web.pushed[camera] = hashlib.sha256(KEY.encode()).hexdigest()
        city.web.tell_state()
        await until(lambda: camera in city.gateway.sessions.hubs)
        async with async_playwright() as driver:
            fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
            browser = await driver.chromium.launch(executable_path=shutil.which("chromium"), args=[*ARGS, *fake])
            tab = await browser.new_page()
            await tab.goto(origin + "/")
            url = f"http://127.0.0.1:{city.gateway.port}/whip"
            assert await tab.evaluate(f"push('{url}', '{KEY}')") == 201
            await until(lambda: city.gateway.pushes.states()[camera] == "online")
            viewer = city.viewer(camera)
            await (await viewer.dial(origin)).present()
            await viewer.pictures(20)
            assert len(decode(viewer)) >= 19
            hub = city.gateway.sessions.hubs[camera]
            first = hub.main.group[0]
            await until(lambda: hub.main.group[0] is not first)  # key frames come without anybody asking for one
            await browser.close()
    finally:
        await city.stop()
        await runner.cleanup()
