"""Looking by WebRTC at a real gateway, with aiortc's full stack as the viewer."""

import asyncio
import time

import aiohttp
import pytest
from tests.gateway.rtc_world import RtcViewer
from tests.gateway.world import ORIGIN, until

from consentry.gateway.challenge import Challenges
from consentry.kernel.canonical import to_b64
from consentry.kernel.errors import Untrusted
from consentry.kernel.limits import CHALLENGE_LIFE_MS


@pytest.fixture
def viewer_at(city):
    def make(camera=None) -> RtcViewer:
        viewer = RtcViewer(city.authority, city.identity.gateway, city.gateway.port, camera or city.public)
        city.web.leased.add(viewer.session)
        city.open.append(viewer)
        return viewer

    return make


@pytest.fixture
def looking(viewer_at):
    async def look(camera=None, count: int = 3) -> RtcViewer:
        viewer = await viewer_at(camera).look()
        await until(lambda: len(viewer.frames) > count)
        return viewer

    return look


async def test_a_city_camera_plays_by_webrtc_and_is_reported_like_any_look(city, looking):
    viewer = await looking(count=10)
    assert (viewer.frames[-1].width, viewer.frames[-1].height) == (384, 216)
    assert [text["type"] for text in viewer.texts[:2]] == ["stage", "init"]
    assert viewer.texts[1]["height"] == 216
    city.web.tell("end", {"session": viewer.session, "reason": "withdrawn"})
    assert await viewer.ended() == "withdrawn"
    await until(lambda: any(event["type"] == "ended" for event in city.web.reports))
    mine = [event for event in city.web.reports if event.get("session") == viewer.session]
    assert [event["type"] for event in mine] == ["started", "first_frame", "ended"]
    assert mine[-1]["pictures"] >= 10
    assert mine[-1]["bytes"] > 10_000


async def test_a_private_camera_plays_by_webrtc_only_after_its_edge_agreed(city, viewer_at):
    edge = await city.sending()
    edge.agrees = False
    viewer = await viewer_at(city.private).look()
    await until(lambda: "open" in edge.kinds() and viewer.texts)
    assert viewer.texts == [{"type": "stage", "stage": "edge"}]
    assert not viewer.frames
    await edge.socket.send_json({"type": "opened", "session": viewer.session})
    await until(lambda: len(viewer.frames) > 5)


async def test_after_an_end_no_picture_leaves_by_webrtc(city, looking):
    viewers = [await looking() for _ in range(3)]
    inside = [city.gateway.sessions.find(viewer.session).viewer for viewer in viewers]
    sent = []
    for viewer in viewers:
        city.web.tell("end", {"session": viewer.session, "reason": "stopped"})
    await until(lambda: all(each.over for each in inside))
    sent = [each.sender.packets for each in inside]
    assert all(each.link.srtp is None for each in inside)
    for viewer in viewers:
        assert await viewer.ended() == "stopped"
    await until(lambda: len(city.gateway.ground.endpoint) == 0)
    assert [each.sender.packets for each in inside] == sent


async def test_a_viewer_by_webrtc_renews_and_ends_when_it_does_not(city, viewer_at):
    viewer = viewer_at()
    viewer.ticket = city.authority.ticket(viewer.opening, life_ms=1_600)
    await viewer.look()
    await until(lambda: viewer.frames)
    viewer.channel.send('{"type":"ping","t":7}')
    renewed = to_b64(city.authority.ticket(viewer.opening, life_ms=2_200))
    viewer.channel.send(f'{{"type":"renew","ticket":"{renewed}"}}')
    await until(lambda: {"renewed", "pong"} <= {text["type"] for text in viewer.texts})
    assert await viewer.ended() == "expired"


async def test_a_look_changes_its_transport_both_ways(city, looking, viewer_at):
    by_socket = await city.looking()
    by_webrtc = viewer_at()
    by_webrtc.holder, by_webrtc.opening, by_webrtc.ticket = by_socket.holder, by_socket.opening, by_socket.ticket
    by_webrtc.session = by_socket.session
    await by_webrtc.look()
    await until(lambda: by_webrtc.frames)
    assert await by_socket.ended() in ("superseded", None)
    again = city.viewer()
    again.holder, again.opening, again.ticket = by_socket.holder, by_socket.opening, by_socket.ticket
    await (await again.dial()).present()
    await again.pictures(3)
    assert await by_webrtc.ended() == "superseded"
    told = [event["type"] for event in city.web.reports if event.get("session") == by_socket.session]
    assert "ended" not in told


async def test_who_holds_the_answer_may_end_the_look_and_nobody_else(city, looking):
    viewer = await looking()
    url = f"http://127.0.0.1:{city.gateway.port}{viewer.location}"
    async with viewer.http.delete(url, headers={"Authorization": "Bearer wrong"}) as answer:
        assert answer.status == 404
    async with viewer.http.patch(url) as answer:
        assert answer.status == 405
    password = viewer.answer.split("a=ice-pwd:")[1].split("\r\n")[0]
    async with viewer.http.delete(url, headers={"Authorization": f"Bearer {password}"}) as answer:
        assert answer.status == 200
    assert city.gateway.sessions.find(viewer.session) is None
    assert await viewer.ended() == "closed"


async def test_a_viewer_that_hangs_up_or_never_connects_is_ended(city, looking, viewer_at, monkeypatch):
    viewer = await looking()
    await viewer.peer.close()
    await until(lambda: city.gateway.sessions.find(viewer.session) is None)
    monkeypatch.setattr("consentry.gateway.rtc.link.RTC_CONNECT_S", 0.5)
    silent = await viewer_at().prepare()
    await silent.challenge()
    assert await silent.post() == 201
    await until(lambda: city.gateway.sessions.find(silent.session) is None)
    assert len(city.gateway.ground.endpoint) == 0


async def test_a_proof_by_http_is_checked_like_one_by_socket(city, viewer_at):
    viewer = await viewer_at().prepare()
    await viewer.challenge()
    assert (await viewer.post(signature=to_b64(bytes(64))), viewer.answer) == (403, '{"kind": "holder-signature"}')
    other = await viewer_at().prepare()
    other.nonce = bytes(32)
    assert (await other.post(), other.answer) == (403, '{"kind": "challenge-other"}')
    await viewer.challenge()
    assert await viewer.post() == 201
    assert (await viewer.post(), viewer.answer) == (403, '{"kind": "challenge-over"}')
    assert len(city.gateway.sessions) == 1


async def test_the_doors_of_webrtc_open_to_the_platforms_page_alone(city):
    base = f"http://127.0.0.1:{city.gateway.port}/whep"
    async with aiohttp.ClientSession() as http:
        for origin in (None, "http://evil.test", "null"):
            headers = {"Origin": origin} if origin else {}
            for method, url in (("POST", base), ("POST", base + "/challenge"), ("OPTIONS", base)):
                async with http.request(method, url, headers=headers) as answer:
                    assert answer.status == 403
                    assert "Access-Control-Allow-Origin" not in answer.headers
        async with http.options(base, headers={"Origin": ORIGIN}) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize("what", ["nothing", "not sdp", "huge", "no h264", "no video"])
async def test_an_offer_that_cannot_be_served_is_refused_by_name(city, viewer_at, what):
    viewer = await viewer_at().prepare()
    await viewer.challenge()
    sdp = viewer.peer.localDescription.sdp
    bad = {
        "nothing": "", "not sdp": "hello", "huge": sdp + "a=x\r\n" * 9_000,
        "no h264": sdp.replace("H264", "H263"), "no video": sdp.replace("m=video", "m=audio"),
    }[what]  # fmt: skip
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("present", __import__("json").dumps(viewer.message(nonce=to_b64(viewer.nonce))))
    form.add_field("offer", bad)
    async with viewer.http.post(viewer.url, data=form) as answer:
        assert (answer.status, (await answer.json())["kind"] if answer.status != 413 else "") in (
            (400, "offer"), (406, "no-h264"), (413, ""),
        )  # fmt: skip
        assert (answer.status == 406) == (what == "no h264")
    assert len(city.gateway.sessions) == 0


def test_a_challenge_answers_once_and_not_for_long():
    now = [1_000_000]
    challenges = Challenges(lambda: now[0])
    nonce = challenges.make()
    challenges.check(nonce)
    challenges.use(nonce)
    with pytest.raises(Untrusted):
        challenges.check(nonce)
    late = challenges.make()
    now[0] += CHALLENGE_LIFE_MS + 1
    for bad in (late, bytes(32), b"", Challenges(lambda: now[0]).make()):
        with pytest.raises(Untrusted):
            challenges.check(bad)
    challenges.use(challenges.make())
    assert len(challenges._used) == 1  # the old one is forgotten


async def test_a_camera_with_pictures_out_of_order_goes_by_the_socket(city, viewer_at, monkeypatch):
    monkeypatch.setattr("consentry.media.fmp4.Muxer.reorders", property(lambda _: True))
    viewer = await viewer_at().prepare()
    await viewer.challenge()
    assert (await viewer.post(), viewer.answer) == (406, '{"kind": "reordered"}')
    other = city.viewer()
    other.holder, other.opening, other.ticket = viewer.holder, viewer.opening, viewer.ticket
    await (await other.dial()).present()
    await other.pictures(2)  # the session waited for the other way
    assert len(city.gateway.ground.endpoint) == 0


async def test_a_browser_that_lost_its_picture_gets_the_cached_group_again_but_not_in_a_storm(city, looking):
    viewer = await looking()
    inside = city.gateway.sessions.find(viewer.session).viewer
    inside._key_sent_s -= 10
    (receiver,) = viewer.peer.getReceivers()
    for _ in range(20):
        await receiver._send_rtcp_pli(inside.form.ssrc)
    await until(lambda: sum(text["type"] == "init" for text in viewer.texts) == 2)
    before = len(viewer.frames)
    await until(lambda: len(viewer.frames) > before + 5)
    assert sum(text["type"] == "init" for text in viewer.texts) == 2


async def test_hostile_datagrams_change_nothing(city, looking):
    viewer = await looking()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=("127.0.0.1", city.gateway.ground.endpoint.port)
    )
    name = next(iter(city.gateway.ground.endpoint._parties))
    stun = b"\x00\x01\x00\x10\x21\x12\xa4\x42" + bytes(12) + b"\x00\x06\x00\x0c" + (name + ":").encode()[:12]
    for data in (b"\x00", b"\xff" * 2_000, stun, b"\x16\xfe\xff" + bytes(60), b"\x80" + bytes(40), b"\x81\xc9" * 9):
        transport.sendto(data)
    before, began_s = len(viewer.frames), time.monotonic()
    await until(lambda: len(viewer.frames) > before + 5)
    transport.close()
    assert time.monotonic() - began_s < 8
