"""A home's smaller stream: dialled for a look that needs it and for nothing else, and never beside a mask."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.edge.running_home import RunningHome
from tests.edge.test_mask import MASK
from tests.edge.test_masked_home import put_on
from tests.edge.test_with_gateway import Street
from tests.gateway.world import until
from tests.media.hevc import hevc_loop
from tests.media.sinks import needs_ffmpeg

from consentry.edge.key_files import load_keys
from consentry.edge.low_streams import LowStreams, keep_low_address
from consentry.edge.store import Store
from consentry.edge.uplink import Uplink
from consentry.kernel.ids import CameraId, new_id
from consentry.kernel.wire import parse_unit
from consentry.media.file_source import Loop, play
from consentry.media.rtsp_server import RtspServer
from consentry.media.units import LOW

pytestmark = needs_ffmpeg


class Camera:
    """Gives H.265 as its main stream, unless it is told another, and H.264 as the smaller one."""

    def __init__(self, small: Loop, main: Loop | None = None) -> None:
        self.server, self._small, self._main = RtspServer(), small, main
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self.server.start()
        for path, loop in (("main", self._main or hevc_loop()), ("low", self._small)):
            playing = play(loop, lambda unit, at=path: self.server.publish(at, unit))
            self._tasks.append(asyncio.create_task(playing))
        await asyncio.sleep(0.1)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks)
        await self.server.stop()

    @property
    def low_readers(self) -> int:
        stream = self.server.find_stream("low")
        return len(stream.players) if stream else 0


@pytest_asyncio.fixture
async def camera(cars: Loop) -> AsyncIterator[Camera]:
    made = Camera(cars)
    await made.start()
    yield made
    await made.stop()


def keep_low(home: RunningHome, camera: Camera) -> None:
    store = Store(home.folder)
    keep_low_address(store, load_keys(home.folder), home.world.camera, camera.server.url_of("low"))
    store.close()


def low_of(home: RunningHome) -> LowStreams:
    assert home.process is not None
    assert home.process.box is not None
    return home.process.box.low


@pytest_asyncio.fixture
async def home(tmp_path: Path, camera: Camera) -> AsyncIterator[RunningHome]:
    made = RunningHome(tmp_path)
    await made.gateway.start()
    made.prepare(camera.server.url_of("main"))
    keep_low(made, camera)
    made.publish()
    await made.start_edge()
    await made.gateway.hear("health", lambda message: message["cameras"].get(made.world.camera) == "online")
    yield made
    await made.close()


async def test_a_viewer_without_h265_sees_the_home_by_its_smaller_stream(tmp_path: Path, camera: Camera) -> None:
    street = Street(tmp_path)
    keep_low(street.home, camera)
    try:
        await street.start(camera.server.url_of("main"))
        assert camera.low_readers == 0
        viewer = await street.look()
        await viewer.pictures(8)
        told = {text["type"]: text for text in viewer.texts}
        assert told["init"]["codec"].startswith("avc1.")
        await until(lambda: any(text["type"] == "quality" for text in viewer.texts))
        assert camera.low_readers == 1
        await viewer.socket.close()
        await until(lambda: camera.low_readers == 0)
    finally:
        await street.stop()


async def test_it_leaves_only_under_a_look_that_runs_and_when_asked(home: RunningHome, camera: Camera) -> None:
    wanted = {"type": "low", "camera": home.world.camera, "on": True}
    await home.gateway.say(wanted)  # nobody looks
    session = await home.present(*home.look())
    opened = await home.gateway.hear("opened")
    assert opened["codec"].startswith("hvc1.")
    assert opened["low"] is True
    await home.gateway.see(3)
    assert camera.low_readers == 0
    assert not any(unit.low for unit in home.gateway.units)
    await home.gateway.say(wanted)
    await until(lambda: sum(unit.low for unit in home.gateway.units) > 5)
    small = next(unit for unit in home.gateway.units if unit.low)
    assert small.key, "it begins with a key unit"
    assert not small.h265
    assert any(unit.h265 and not unit.low for unit in home.gateway.units)
    await home.gateway.say({"type": "close", "session": session, "reason": "closed"})
    await until(lambda: camera.low_readers == 0)
    assert not low_of(home).is_read(home.world.camera)


async def test_a_masked_camera_has_no_smaller_stream_whoever_asks(home: RunningHome, camera: Camera) -> None:
    wanted = {"type": "low", "camera": home.world.camera, "on": True}
    session = await home.present(*home.look())
    await home.gateway.hear("opened")
    await home.gateway.say(wanted)
    await until(lambda: any(unit.low for unit in home.gateway.units))
    await put_on(home, MASK)  # the owner hides something: the running look ends, and its smaller stream with it
    await home.gateway.hear("closed", lambda message: message["session"] == session)
    await until(lambda: camera.low_readers == 0)
    home.gateway.units.clear()
    again = await home.present(*home.look())
    opened = await home.gateway.hear("opened", lambda message: message["session"] == again)
    assert opened["low"] is False
    assert opened["codec"].startswith("avc1."), "what is masked is coded anew, as H.264"
    await home.gateway.say(wanted)
    await home.gateway.see(10)
    assert not any(unit.low for unit in home.gateway.units)
    assert camera.low_readers == 0


async def test_what_waits_on_a_homes_slow_line_is_dropped_to_a_key_unit_and_each_stream_waits_for_its_own(
    cars: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_s = 100.0
    monkeypatch.setattr("consentry.edge.uplink.time.monotonic", lambda: clock_s)
    uplink, camera = Uplink(lambda _: True), CameraId(new_id("camera"))
    first, *deltas = cars.units[:8]
    assert first.key
    for unit in (first, *deltas[:3]):
        uplink.put(camera, unit)
    clock_s += 1.1
    uplink.put(camera, deltas[3])
    uplink.put(camera, deltas[4])
    assert uplink.dropped == 6, "the line took none of them for a second"
    small = first._replace(track=LOW)
    uplink.put(camera, small)
    uplink.put(camera, deltas[5])
    last = []
    for unit in (None, first):
        if unit is not None:
            uplink.put(camera, unit)
        item = await uplink.next()
        assert isinstance(item, bytes)
        last.append(parse_unit(item))
    assert [(unit.low, unit.key) for unit in last] == [(True, True), (False, True)]
