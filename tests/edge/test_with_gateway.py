"""A real edge behind a real gateway, seen by a real viewer: frames only under a look that the edge checked itself."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from tests.edge.running_home import RunningHome
from tests.gateway.world import ORIGIN, Authority, Holder, Viewer, Web, until

from consentry.edge.key_files import load_keys
from consentry.gateway.clocks import Clocks
from consentry.gateway.keys import load_identity
from consentry.gateway.main import Gateway
from consentry.gateway.settings import Settings
from consentry.kernel.canonical import to_b64
from consentry.kernel.opening import Opening
from consentry.media.rtsp_server import RtspServer


class Street:
    """One home, one gateway, one viewer at a time."""

    def __init__(self, folder: Path, *, gateway_off_ms: int = 0) -> None:
        self.clocks = Clocks(now_ms=lambda: time.time_ns() // 1_000_000 + gateway_off_ms)
        self.home = RunningHome(folder)
        self.identity = load_identity(folder / "gateway")
        self.home.world.gateway = self.identity.gateway
        self.web = Web(Authority(self.home.world.log.signer, self.home.world.ticket_key))
        self.folder = folder
        self.record_to: Path | None = None
        self.gateway: Gateway
        self.viewers: list[Viewer] = []

    async def start(self, camera_url: str, through: Callable[[int], Awaitable[int]] | None = None) -> None:
        """`through`: lays a line to the gateway's port and says which port the edge dials instead."""
        home, world = self.home, self.home.world
        await home.gateway.start()  # the stand-in serves the log's files; the edge dials the real gateway
        self.web.gateway_key = self.identity.key.public_key()
        self.web.edges[world.edge] = (load_keys(home.folder).identity, [world.camera])
        await self.web.start()
        settings = Settings(data=self.folder, origin=ORIGIN, web_url=self.web.url, port=0, lease_s=1.0,
                            record_to=self.record_to)  # fmt: skip
        self.gateway = Gateway(settings, self.identity, self.clocks)
        await self.gateway.start()
        port = self.gateway.port if through is None else await through(self.gateway.port)
        home.prepare(camera_url, gateway_port=port)
        home.publish()
        await home.start_edge()
        await until(lambda: self.gateway.control.is_alive and world.edge in self.gateway.edges.online())
        assert home.process is not None
        box = home.process.box
        await until(lambda: box is not None and world.camera in box.camera_states())
        await until(lambda: box is not None and box.camera_states()[world.camera] == "online")

    async def look(self) -> Viewer:
        """A viewer presents a look that was logged for it."""
        holder = Holder()
        digest = hashlib.sha256(holder.point).digest()
        opening, _ = self.home.look(holder_key=to_b64(digest))
        viewer = Viewer(self.web.authority, self.identity.gateway, self.gateway.port, self.home.world.camera)
        viewer.holder, viewer.opening, viewer.session = holder, opening, opening.text("session")
        viewer.ticket = self.ticket(opening, digest, serial=1)
        self.web.leased.add(viewer.session)
        self.viewers.append(viewer)
        return await (await viewer.dial()).present()

    def ticket(self, opening: Opening, digest: bytes, *, serial: int) -> bytes:
        return self.home.world.ticket(opening, holder_sha256=digest, serial=serial)

    async def stop(self) -> None:
        for viewer in self.viewers:
            await viewer.close()
        await self.home.stop_edge()
        await self.gateway.stop()
        await self.home.gateway.stop()
        await self.web.stop()


@pytest_asyncio.fixture
async def street(tmp_path: Path, camera_url: str) -> AsyncIterator[Street]:
    made = Street(tmp_path)
    try:
        await made.start(camera_url)
        yield made
    finally:
        await made.stop()


async def test_a_viewer_sees_the_camera_and_the_owners_stop_ends_it(street: Street) -> None:
    viewer = await street.look()
    await viewer.pictures(10)
    init = next(text for text in viewer.texts if text["type"] == "init")
    assert init["height"] == 216
    assert street.home.process is not None
    street.home.process.stop()
    assert await viewer.ended() == "stopped"
    count = len(viewer.media)
    await asyncio.sleep(0.3)
    assert len(viewer.media) == count


async def test_a_look_that_the_edge_refuses_shows_nothing_though_the_gateway_agreed(street: Street) -> None:
    assert street.home.process is not None
    street.home.process.store.put_pause(street.home.world.camera, 1)
    viewer = await street.look()
    await asyncio.wait_for(viewer.reading, 5)
    assert viewer.media == []


async def test_a_camera_that_dies_under_a_look_is_told_shows_nothing_old_and_comes_back(
    street: Street, camera_server: RtspServer
) -> None:
    viewer = await street.look()
    await viewer.pictures(5)
    await camera_server.stop()
    await until(lambda: any(text["type"] == "camera" for text in viewer.texts))
    assert next(text["state"] for text in viewer.texts if text["type"] == "camera") in ("silent", "unreachable")
    late = await street.look()
    await asyncio.wait_for(late.reading, 5)
    assert (late.texts[-1], late.media) == ({"type": "error", "kind": "edge:camera-offline"}, [])
    assert viewer.closed is None
    await camera_server.start()
    await until(lambda: viewer.texts[-1] == {"type": "camera", "state": "online"}, timeout_s=20)
    count = len(viewer.media)
    await viewer.pictures(count + 5)


async def test_two_viewers_share_one_camera_and_the_second_goes_on_alone(street: Street) -> None:
    first = await street.look()
    await first.pictures(5)
    second = await street.look()
    await second.pictures(5)
    street.web.tell("end", {"session": first.session, "reason": "closed"})
    await first.ended()
    count = len(second.media)
    await second.pictures(count + 10)


async def test_a_letter_of_the_web_reaches_the_edge_and_its_answer_comes_back(street: Street) -> None:
    body = {"type": "pause", "camera": street.home.world.camera}
    street.web.tell("letter", {"edge": street.home.world.edge, "id": "12", "body": body})
    await until(lambda: any(event["type"] == "letter" for event in street.web.reports))
    letter = next(event for event in street.web.reports if event["type"] == "letter")["body"]["letter"]
    assert (letter["type"], letter["state"], letter["id"]) == ("camera_state", "paused", "12")


@pytest.mark.parametrize("act", ["pause", "withdraw"])
async def test_pausing_or_withdrawing_ends_a_running_view(street: Street, act: str) -> None:
    viewer = await street.look()
    await viewer.pictures(5)
    body = {"type": act, "camera": street.home.world.camera}
    street.web.tell("letter", {"edge": street.home.world.edge, "id": "13", "body": body})
    assert await viewer.ended() == {"pause": "paused", "withdraw": "withdrawn"}[act]


@pytest.mark.parametrize(("off_ms", "is_seen"), [(20_000, True), (-20_000, False)])
async def test_with_clocks_of_edge_and_gateway_apart_a_look_is_short_or_none_and_never_too_long(
    tmp_path: Path, camera_url: str, off_ms: int, is_seen: bool
) -> None:
    """A gateway that is ahead takes a part of each ticket away; one that is behind believes that none begins yet."""
    street = Street(tmp_path, gateway_off_ms=off_ms)
    try:
        await street.start(camera_url)
        viewer = await street.look()
        if is_seen:
            await viewer.pictures(5)
            (session,) = street.gateway.sessions._sessions.values()
            left_s = session.ticket_until_s - street.clocks.steady_s()
            assert 0 < left_s <= 60 - off_ms / 1_000
        else:
            await until(lambda: viewer.texts)
            assert viewer.texts[-1]["kind"] == "ticket-expired"  # not valid now
            assert viewer.media == []
    finally:
        await street.stop()
