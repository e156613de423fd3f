"""Looking through Debian's real Janus, with aiortc's full stack as the viewer and every packet counted there."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import time
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from tests.gateway.conftest import City
from tests.gateway.world import ORIGIN, Viewer, until

from consentry.gateway.bench.janus import bare_janus
from consentry.gateway.janus_line import JanusLine, JanusSecrets, read_secrets
from consentry.gateway.settings import read_settings
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import Malformed

API, ADMIN = "api-secret-of-the-test", "admin-key-of-the-test"

pytestmark = pytest.mark.skipif(shutil.which("janus") is None, reason="needs Debian's janus (apt-get install janus)")


class JanusLook(Viewer):
    """`frames`: pictures as decoded; `packets`: when each RTP packet came; `said`: words fetched so far."""

    async def prepare(self) -> "JanusLook":
        self.frames, self.packets, self.said = [], [], []
        self.http = await self._stack.enter_async_context(aiohttp.ClientSession(headers={"Origin": ORIGIN}))
        self.base = f"http://127.0.0.1:{self.port}/janus"
        async with self.http.post(self.base + "/challenge") as answer:
            self.nonce = from_b64((await answer.json())["nonce"], length=32)
        return self

    async def post(self, **other) -> tuple[int, dict]:
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("present", json.dumps(self.message(nonce=to_b64(self.nonce)) | other))
        async with self.http.post(self.base, data=form) as answer:
            return answer.status, await answer.json()

    async def look(self) -> "JanusLook":
        await self.prepare()
        status, told = await self.post()
        assert status == 201, told
        self.bearer, self.url = told["bearer"], f"{self.base}/{told['session']}"
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.peer.on("track", lambda track: setattr(self, "watching", asyncio.ensure_future(self._watch(track))))
        await self.peer.setRemoteDescription(RTCSessionDescription(told["offer"], "offer"))
        await self.peer.setLocalDescription(await self.peer.createAnswer())
        (receiver,) = self.peer.getReceivers()
        line, took = receiver.transport, receiver.transport._handle_rtp_data

        async def count(data: bytes, arrival_time_ms: int) -> None:
            self.packets.append(time.monotonic())
            await took(data, arrival_time_ms=arrival_time_ms)

        line._handle_rtp_data = count
        assert await self.ask("POST", "/answer", data=self.peer.localDescription.sdp) == (204, {})
        return self

    async def ask(self, method: str, path: str, bearer: str | None = None, **words) -> tuple[int, dict]:
        headers = {"Authorization": f"Bearer {bearer or self.bearer}"}
        async with self.http.request(method, self.url + path, headers=headers, **words) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else {}

    async def _watch(self, track) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                self.frames.append(await track.recv())

    async def close(self) -> None:
        if hasattr(self, "peer"):
            await self.peer.close()
        await super().close()


@pytest_asyncio.fixture
async def stage(tmp_path, cars):
    """A city whose gateway knows a Janus: the city, Janus' process id, its port."""
    secret = tmp_path / "janus.secret"
    secret.write_text(f"{API}\n{ADMIN}\n")
    with bare_janus(f'general: {{ admin_key = "{ADMIN}" }}\n', sockets=True, secret=API) as (pid, port):
        made = City(tmp_path, cars)
        try:
            await made.start(janus_url=f"ws://127.0.0.1:{port}", janus_secret_file=secret)
            yield made, pid, port
        finally:
            await made.stop()


def look_at(city: City, camera=None) -> JanusLook:
    viewer = JanusLook(city.authority, city.identity.gateway, city.gateway.port, camera or city.public)
    city.web.leased.add(viewer.session)
    city.open.append(viewer)
    return viewer


async def looking(city: City, camera=None) -> JanusLook:
    viewer = await look_at(city, camera).look()
    await until(lambda: len(viewer.frames) > 3, 15)
    return viewer


async def mountpoints(port: int) -> list:
    line = JanusLine(f"ws://127.0.0.1:{port}", JanusSecrets(API, ADMIN), lambda: None)
    try:
        at = await line.attach(lambda _: None)
        return (await line.message(at, {"request": "list", "admin_key": ADMIN}))["data"]["list"]
    finally:
        await line.close()


async def test_a_viewer_sees_pictures_through_janus_and_a_revoked_one_gets_no_packet_more(stage):
    city, _, port = stage
    first, second = await looking(city), await looking(city)
    assert (first.frames[-1].width, first.frames[-1].height) == (384, 216)
    status, words = await first.ask("POST", "/words")
    assert status == 200
    assert [word["type"] for word in words["said"][:2]] == ["stage", "init"]
    ticket = to_b64(city.authority.ticket(first.opening))
    assert (await first.ask("POST", "/words", json={"type": "renew", "ticket": ticket}))[1]["said"][0]["type"] == (
        "renewed"
    )
    city.web.tell("end", {"session": first.session, "reason": "withdrawn"})
    await until(lambda: city.gateway.sessions.find(first.session) is None)
    ended_s = time.monotonic()
    before = len(second.frames)
    await until(lambda: len(second.frames) > before + 12)  # a second of the other's pictures
    late_ms = 1_000 * (max(first.packets) - ended_s)
    assert late_ms < 500, late_ms
    assert await first.ask("POST", "/words") == (410, {"kind": "ended", "reason": "withdrawn"})
    assert await second.ask("DELETE", "") == (200, {})
    feeds = city.gateway.janus.stage._mounts
    await until(lambda: not feeds)
    assert await mountpoints(port) == []
    mine = [event for event in city.web.reports if event.get("session") == first.session]
    await until(lambda: [event for event in city.web.reports if event.get("session") == second.session][-1:])
    assert [event["type"] for event in mine] == ["started", "first_frame", "ended"]
    assert mine[-1]["pictures"] > 3


async def test_who_proves_nothing_gets_nothing_and_no_bearer_opens_anothers_look(stage):
    city, _, port = stage
    stranger = await look_at(city).prepare()
    assert await stranger.post(signature=to_b64(bytes(64))) == (403, {"kind": "holder-signature"})
    assert len(city.gateway.sessions) == 0
    assert await mountpoints(port) == []
    viewer, other = await looking(city), await looking(city)
    for bearer in ("wrong", other.bearer, API):
        for method, path in (("POST", "/words"), ("POST", "/answer"), ("DELETE", "")):
            assert await viewer.ask(method, path, bearer) == (404, {"kind": "not-found"})
    async with aiohttp.ClientSession() as http, http.post(viewer.base + "/challenge") as answer:
        assert answer.status == 403
    # Janus itself: whoever reaches it, and even knows its secret, lacks the mountpoint's pin.
    line = JanusLine(f"ws://127.0.0.1:{port}", JanusSecrets("guess", ADMIN), lambda: None)
    with pytest.raises(Exception, match="Unauthorized"):
        await line.attach(lambda _: None)
    line.keys = JanusSecrets(API, ADMIN)
    at = await line.attach(lambda _: None)
    with pytest.raises(Exception, match="pin"):
        await line.message(at, {"request": "watch", "id": (await mountpoints(port))[0]["id"]})
    await line.close()


async def test_a_private_camera_goes_to_janus_only_while_its_edge_agrees(stage):
    city, _, _ = stage
    edge = await city.sending()
    edge.agrees = False
    viewer = await look_at(city, city.private).look()
    await until(lambda: "open" in edge.kinds())
    feed = next(iter(city.gateway.janus.stage._mounts.values())).feed
    await asyncio.sleep(0.5)
    assert feed.sent_packets == 0
    await edge.socket.send_json({"type": "opened", "session": viewer.session})
    await until(lambda: len(viewer.frames) > 3, 15)
    await edge.socket.send_json({"type": "closed", "session": viewer.session, "reason": "withdrawn"})
    await until(lambda: city.gateway.sessions.find(viewer.session) is None)
    sent = feed.sent_packets
    await until(lambda: feed.is_closed)
    assert feed.sent_packets == sent
    assert (await viewer.ask("POST", "/words"))[0] == 410


def states(pid: int) -> str:
    """The state of each thread of a process, once each."""
    found = {(task / "stat").read_text().rpartition(")")[2].split()[0] for task in Path(f"/proc/{pid}/task").iterdir()}
    return "".join(sorted(found))


async def test_a_janus_that_stands_still_or_dies_ends_looks_and_nothing_hangs(stage):
    city, pid, _ = stage
    first, second = await looking(city), await looking(city)
    feed = next(iter(city.gateway.janus.stage._mounts.values())).feed
    os.kill(pid, signal.SIGSTOP)
    try:
        await until(lambda: states(pid) == "T")  # a stop is not instant everywhere
        city.web.tell("end", {"session": first.session, "reason": "withdrawn"})
        await until(lambda: feed.is_closed)  # Janus confirmed nothing: nobody gets anything there
        await until(lambda: city.gateway.sessions.find(second.session) is None)
    finally:
        os.kill(pid, signal.SIGCONT)
    third = await looking(city)
    os.kill(pid, signal.SIGKILL)
    await until(lambda: city.gateway.sessions.find(third.session) is None)
    assert (await third.ask("POST", "/words"))[0] == 410
    late = await look_at(city).prepare()
    assert await late.post() == (503, {"kind": "janus"})
    assert await city.looking()  # by the socket as ever


async def test_a_gateway_that_dies_takes_its_viewers_at_janus_along(stage):
    city, _, port = stage
    viewer = await looking(city)
    stage_ = city.gateway.janus.stage
    stage_.line._socket._response.connection.transport.abort()  # as when the process is killed
    await until(lambda: city.gateway.sessions.find(viewer.session) is None)
    before = len(viewer.packets)
    await asyncio.sleep(0.5)
    assert len(viewer.packets) == before
    await until(lambda: viewer.peer.connectionState == "closed")  # Janus said goodbye by itself
    assert len(await mountpoints(port)) == 1  # Janus keeps what was made; nothing feeds it
    await looking(city)
    assert len(await mountpoints(port)) == 1  # the old one is gone


def test_settings_of_janus_are_whole_or_refused(tmp_path):
    one = tmp_path / "s"
    one.write_text("a\nb\n")
    assert read_secrets(one) == JanusSecrets("a", "b")
    assert "'a'" not in repr(read_secrets(one))
    one.write_text("a\n")
    with pytest.raises(Malformed):
        read_secrets(one)
    assert read_settings({}).janus_url == ""
    for url in ("http://x", "ws://u:p@x", "ws://x"):
        with pytest.raises(Malformed):
            read_settings({"CONSENTRY_GATEWAY_JANUS_URL": url})
