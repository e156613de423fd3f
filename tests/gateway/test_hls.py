"""Looking by low-latency HLS at a real gateway: a strict reader of playlists, other bearers, the end."""

import asyncio
import io
import json
import re
import time

import aiohttp
import av
import pytest
from tests.gateway.world import ORIGIN, Viewer, until

from consentry.gateway.hls_stream import HlsStream
from consentry.gateway.posted import PostedViewer
from consentry.gateway.viewer import Beginning, Shot
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.limits import HLS_PART_US, HLS_TARGET_US
from consentry.media.fmp4 import Fragment
from consentry.media.units import AccessUnit


class HlsLook(Viewer):
    async def look(self) -> "HlsLook":
        self.http = await self._stack.enter_async_context(aiohttp.ClientSession(headers={"Origin": ORIGIN}))
        self.root = f"http://127.0.0.1:{self.port}"
        async with self.http.post(self.root + "/hls/challenge") as answer:
            self.nonce = from_b64((await answer.json())["nonce"], length=32)
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("present", json.dumps(self.message(nonce=to_b64(self.nonce))))
        async with self.http.post(self.root + "/hls", data=form) as answer:
            assert answer.status == 201, await answer.text()
            told = await answer.json()
        self.bearer, self.url = told["bearer"], f"{self.root}/hls/{told['session']}/"
        assert self.root + told["playlist"] == self.url + "live.m3u8"
        return self

    async def get(self, name: str, bearer: str | None = None, method: str = "GET", **words) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {bearer or self.bearer}"}
        async with self.http.request(method, self.url + name, headers=headers, **words) as answer:
            return answer.status, await answer.read()

    async def playlist(self, query: str = "") -> dict:
        status, text = await self.get("live.m3u8" + query)
        assert status == 200, text
        return read_playlist(text.decode())


@pytest.fixture
def looking(city):
    async def look(camera=None) -> HlsLook:
        viewer = HlsLook(city.authority, city.identity.gateway, city.gateway.port, camera or city.public)
        city.web.leased.add(viewer.session)
        city.open.append(viewer)
        return await viewer.look()

    return look


def read_playlist(text: str) -> dict:
    """What a strict client reads (RFC 8216bis); anything else in it, or out of order, fails."""
    lines = text.splitlines()
    assert lines[:2] == ["#EXTM3U", "#EXT-X-VERSION:9"]
    target = int(re.fullmatch(r"#EXT-X-TARGETDURATION:(\d+)", lines[2])[1])
    hold = float(re.fullmatch(r"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=([\d.]+)", lines[3])[1])
    part_target = float(re.fullmatch(r"#EXT-X-PART-INF:PART-TARGET=([\d.]+)", lines[4])[1])
    assert hold >= 2 * part_target
    number = int(re.fullmatch(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", lines[5])[1])
    assert re.fullmatch(r"#EXT-X-DISCONTINUITY-SEQUENCE:\d+", lines[6])
    found = {"first": number, "parts": [], "segments": [], "inits": [], "breaks": 0, "hint": None}
    run: list[tuple] = []
    duration = None
    for line in lines[7:]:
        assert found["hint"] is None
        if part := re.fullmatch(r'#EXT-X-PART:DURATION=([\d.]+),URI="([\d.]+m4s)"(,INDEPENDENT=YES)?', line):
            assert 0 < float(part[1]) <= part_target
            assert part[2] == f"{number}.{len(run)}.m4s"
            run.append((part[2], float(part[1]), bool(part[3])))
        elif said := re.fullmatch(r"#EXTINF:([\d.]+),", line):
            duration = float(said[1])
            assert round(duration) <= target
            assert abs(duration - sum(one[1] for one in run)) < 0.01
            assert all(one[1] >= 0.85 * part_target for one in run[:-1])
        elif line == f"{number}.m4s":
            assert duration is not None
            found["segments"].append((line, duration))
            found["parts"] += run
            run, duration, number = [], None, number + 1
        elif said := re.fullmatch(r'#EXT-X-MAP:URI="(init-\d+\.mp4)"', line):
            found["inits"].append(said[1])
        elif said := re.fullmatch(r'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([\d.]+m4s)"', line):
            assert said[1] == f"{number}.{len(run)}.m4s"
            found["hint"] = said[1]
        elif line == "#EXT-X-DISCONTINUITY":
            assert not run
            found["breaks"] += 1
        else:
            assert re.fullmatch(r"#EXT-X-PROGRAM-DATE-TIME:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line), line
            assert not run
    assert found["hint"]
    found["parts"] += run
    found["next"] = (number, len(run))
    return found


async def test_a_city_camera_plays_part_by_part_and_every_picture_comes(city, looking):
    viewer = await looking()
    listed = await viewer.playlist()
    assert listed["parts"][0][2]  # begins with a key frame
    (init,) = listed["inits"]
    data = (await viewer.get(init))[1]
    names = [name for name, _, _ in listed["parts"]]
    for name in names:
        data += (await viewer.get(name))[1]
    while len(names) < 8:
        number, part = listed["next"]
        began_s = time.monotonic()
        listed = await viewer.playlist(f"?_HLS_msn={number}&_HLS_part={part}")
        assert time.monotonic() - began_s < 3
        fresh = [name for name, _, _ in listed["parts"] if name not in names]
        assert fresh  # the answer waited for something new
        for name in fresh:
            data += (await viewer.get(name))[1]
        names += fresh
    with av.open(io.BytesIO(data)) as container:
        shown = [frame.pts for frame in container.decode(video=0)]
        assert (container.streams.video[0].width, container.streams.video[0].height) == (384, 216)
    assert len(shown) >= 8 * 5
    assert shown == sorted(shown)
    segment, _ = listed["segments"][0]
    whole = b"".join([(await viewer.get(name))[1] for name in names if name.startswith(segment.split(".")[0] + ".")])
    assert (await viewer.get(segment))[1] == whole
    hinted = await viewer.get(listed["hint"])  # asked for before it is there
    assert hinted[0] == 404 or hinted[1][4:8] == b"moof"
    assert (await viewer.get("words", method="POST"))[0] == 200
    mine = [event["type"] for event in city.web.reports if event.get("session") == viewer.session]
    assert mine == ["started", "first_frame"]


async def test_another_looks_bearer_opens_nothing_and_no_secret_is_in_an_address(city, looking):
    viewer, other = await looking(), await looking()
    listed = await viewer.playlist()
    for name in ("live.m3u8", listed["inits"][0], listed["parts"][0][0]):
        for bearer in (other.bearer, "x", viewer.session):
            assert await viewer.get(name, bearer) == (404, b'{"kind": "not-found"}')
        async with viewer.http.get(f"{viewer.url}{name}?bearer={viewer.bearer}") as answer:
            assert answer.status == 404
        async with (
            aiohttp.ClientSession() as http,
            http.get(viewer.url + name, headers={"Authorization": f"Bearer {viewer.bearer}"}) as answer,
        ):
            assert answer.status == 403  # no page of the platform
    for name, status in (("../whep", 405), ("999.0.m4s", 404), ("0.99999.m4s", 404), ("init-7.mp4", 404), ("x", 404)):
        assert (await viewer.get(name))[0] == status, name
    for query in ("?_HLS_part=1", "?_HLS_msn=-1", "?_HLS_msn=x", "?_HLS_msn=99999", "?_HLS_msn=1&_HLS_part=a"):
        assert (await viewer.get("live.m3u8" + query))[0] == 400


async def test_an_end_answers_who_waits_at_once_and_nothing_more_comes(city, looking):
    viewer = await looking()
    other = await looking()
    listed = await viewer.playlist()
    number, part = listed["next"]
    await other.playlist()
    waits = asyncio.create_task(viewer.get(f"live.m3u8?_HLS_msn={number + 1}"))
    await asyncio.sleep(0.05)
    began_s = time.monotonic()
    city.web.tell("end", {"session": viewer.session, "reason": "withdrawn"})
    gone = (410, b'{"kind": "ended", "reason": "withdrawn"}')
    assert await waits == gone
    assert time.monotonic() - began_s < 1
    for name in ("live.m3u8", listed["inits"][0], listed["parts"][0][0], f"{number}.{part}.m4s"):
        assert await viewer.get(name) == gone
    assert await viewer.get("words", method="POST") == gone
    assert (await other.playlist())["parts"]  # others lose nothing
    assert (await other.get("", method="DELETE", bearer="wrong"))[0] in (404, 405)
    async with other.http.delete(other.url.rstrip("/"), headers={"Authorization": f"Bearer {other.bearer}"}) as answer:
        assert answer.status == 200
    await until(lambda: not city.gateway._hls._streams)  # nobody looks: nothing is kept


async def test_a_private_camera_waits_for_its_edge_and_who_comes_later_sees_nothing_of_before(city, looking):
    edge = await city.sending()
    edge.agrees = False
    viewer = await looking(city.private)
    first = asyncio.create_task(viewer.get("live.m3u8"))
    await until(lambda: "open" in edge.kinds())
    await asyncio.sleep(0.3)
    assert not first.done()
    await edge.socket.send_json({"type": "opened", "session": viewer.session})
    assert read_playlist((await first)[1].decode())["parts"]
    for number in (1, 2):
        listed = await viewer.playlist(f"?_HLS_msn={number}&_HLS_part=0")
    edge.agrees = True
    late = await looking(city.private)
    shown = await late.playlist()
    assert shown["first"] >= 2
    for name, _, _ in listed["parts"]:
        if int(name.split(".")[0]) < shown["first"]:
            assert (await late.get(name))[0] == 404
    lost = city.gateway.sessions
    await edge.close()
    await until(lambda: len(lost) == 0)
    assert (await viewer.get("live.m3u8"))[0] == 410


async def test_who_asks_nothing_any_more_has_gone(city, looking, monkeypatch):
    monkeypatch.setattr("consentry.gateway.posted_door.POSTED_SILENT_S", 0.4)
    viewer = await looking()
    await until(lambda: city.gateway.sessions.find(viewer.session) is None)
    assert (await viewer.get("live.m3u8"))[0] == 410


@pytest.mark.parametrize("gap_us", [33_333, 40_000, 66_667, 100_000, 142_857, 200_000, 333_333])
async def test_playlists_keep_the_rules_at_every_rate_and_memory_stays_bounded(gap_us, monkeypatch):
    monkeypatch.setattr("consentry.gateway.hls_stream.MAX_HLS_BYTES", 400_000)
    stream, viewer = HlsStream(), PostedViewer()
    beginning = Beginning({}, b"", b"init")
    for number in range(int(60_000_000 / gap_us)):
        key, wall_us = number % 20 == 0, 1_700_000_000_000_000 + number * gap_us
        shot = Shot(
            Fragment(number, number * gap_us, gap_us, 0, key, (bytes(3_000),)),
            AccessUnit(0, number * gap_us, (b"\x65" if key else b"\x41",), key, wall_us),
        )
        if number == 0:
            stream.join(viewer, beginning, (shot,))
        elif number == 301:
            stream.join(viewer, Beginning({}, b"", b"other"), ())
        stream.take(shot)
        if number % 7 == 0 and stream.segments:
            read_playlist(stream.playlist(0))
    assert sum(len(one.data) for one in stream.segments) <= 400_000 + 4 * HLS_TARGET_US // gap_us * 3_200
    assert len(stream.inits) <= 2
    assert HLS_PART_US * 2 <= HLS_TARGET_US
