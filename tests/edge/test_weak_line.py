"""A home with a weak line: its smaller streams leave instead of the large ones, and never both queue up."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.edge.test_low_stream import Camera, keep_low
from tests.edge.test_with_gateway import Street
from tests.gateway.slow_path import SlowPath
from tests.gateway.test_keeping import mark
from tests.gateway.world import Viewer, until

from consentry.edge.uplink import Uplink
from consentry.edge.weak_line import LOW_SILENT_S
from consentry.gateway.frames import FRAGMENT
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.ids import CameraId, new_id
from consentry.kernel.wire import WireUnit, parse_unit
from consentry.media import line
from consentry.media.file_source import Loop, load_loop
from consentry.media.units import LOW, AccessUnit

RENEW_MS = 20_000
# A second in the edge's queue, a large key frame and what the line holds, at 300 kbit/s: 1.9 s; once it was 5.5 s.
MOST_LATE_S = 3.5
VIDEO = Path(__file__).resolve().parents[3] / "shared/data/video/car-detection.mp4"


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.0
        for module in ("uplink", "weak_line"):
            monkeypatch.setattr(f"consentry.edge.{module}.time.monotonic", lambda: self.now_s)


class Out:
    """An uplink and what leaves it."""

    def __init__(self, *, offers: bool = True) -> None:
        self.offers = offers
        self.uplink = Uplink(lambda _: True, offers=lambda _: self.offers)
        self.camera = CameraId(new_id("camera"))

    def put(self, unit: AccessUnit, *, low: bool = False) -> None:
        self.uplink.put(self.camera, unit._replace(track=LOW) if low else unit)

    async def all(self) -> tuple[list[str], list[WireUnit]]:
        """Everything that may leave now: words, units."""
        words, units = [], []
        while True:
            coming = asyncio.ensure_future(self.uplink.next())
            for _ in range(3):  # no time-out: the clock stands still here, and the loop's with it
                await asyncio.sleep(0)
            if not coming.done():
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
                return words, units
            item = coming.result()
            words.append(item) if isinstance(item, str) else units.append(parse_unit(item))

    def choke(self, clock: Clock, cars: Loop, times: int = 3) -> None:
        """The line takes nothing for some seconds."""
        for unit in [*cars.units[:2], *cars.units[1:2] * (2 * times)]:
            self.put(unit)
            clock.now_s += 0.6
            if self.uplink.dropped:
                self.put(cars.units[0])


async def test_a_weak_line_is_told_and_the_smaller_stream_takes_the_place_of_the_large_one(
    cars: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, out = Clock(monkeypatch), Out()
    key, delta = cars.units[:2]
    out.choke(clock, cars)
    words, _ = await out.all()
    assert words == [f'{{"type":"uplink","camera":"{out.camera}","weak":true}}']
    out.put(key)
    out.put(delta)
    _, units = await out.all()
    assert [unit.low for unit in units] == [False, False], "until the smaller one comes the large one goes on"
    out.put(key)
    out.put(key, low=True)
    out.put(delta)
    out.put(delta, low=True)
    _, units = await out.all()
    assert [(unit.low, unit.key) for unit in units] == [(True, True), (True, False)], "nothing large waits before it"


async def test_the_large_stream_goes_on_with_a_key_unit_when_the_smaller_one_stands_still_or_the_line_is_good(
    cars: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, out = Clock(monkeypatch), Out()
    key, delta = cars.units[:2]
    out.choke(clock, cars)
    out.put(key, low=True)
    out.put(key)
    await out.all()
    clock.now_s += LOW_SILENT_S + 0.1
    for unit in (delta, key, delta):
        out.put(unit)
    _, units = await out.all()
    assert [(unit.low, unit.key) for unit in units] == [(False, True), (False, False)]
    for _ in range(int(line.FIRST_STEADY_S) + 2):
        clock.now_s += 1
        out.put(key, low=True)
        out.put(key)
        words, _ = await out.all()
        if words:
            break
    assert words[-1].endswith('"weak":false}')
    out.put(delta)
    out.put(key)
    assert [(unit.low, unit.key) for unit in (await out.all())[1]][-1] == (False, True)


async def test_without_a_smaller_stream_nothing_is_said_and_key_units_leave_as_before(
    cars: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, out = Clock(monkeypatch), Out(offers=False)
    out.choke(clock, cars)
    out.put(cars.units[0])
    words, units = await out.all()
    assert not words
    assert units[-1].key


async def test_the_next_look_begins_with_all_of_it_and_a_second_viewer_is_told_what_the_first_was(
    cars: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, out = Clock(monkeypatch), Out()
    out.choke(clock, cars)
    await out.all()
    out.uplink.weak.tell(out.camera)
    assert len((await out.all())[0]) == 1
    out.uplink.forget(out.camera)
    out.uplink.weak.tell(out.camera)
    out.put(cars.units[0])
    words, units = await out.all()
    assert not words
    assert [unit.low for unit in units] == [False]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 15)), max_size=120))
def test_whatever_comes_each_stream_leaves_from_a_key_unit_on_and_nothing_waits_long(
    steps: list[tuple[bool, bool, int]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        asyncio.run(_check(steps, patch))


async def _check(steps: list[tuple[bool, bool, int]], patch: pytest.MonkeyPatch) -> None:
    clock, out = Clock(patch), Out()
    put: dict[bool, int] = {False: 0, True: 0}
    left: dict[bool, int] = {False: 0, True: 0}

    def take(*, low: bool, key: bool) -> None:
        put[low] += 1
        out.put(AccessUnit(0, put[low], (b"\x65abc" if key else b"\x41abc",), key, 0), low=low)

    async def let_go() -> None:
        for unit in (await out.all())[1]:
            assert unit.key or unit.ts_us == left[unit.low] + 1, "a picture leaves whose predecessor did not"
            left[unit.low] = unit.ts_us

    take(low=False, key=True)
    take(low=True, key=True)
    for low, is_key, wait in steps:
        clock.now_s += wait / 5
        take(low=low, key=is_key)
        units = out.uplink._units
        if units and units[-1][-1] == clock.now_s:
            assert clock.now_s - units[0][-1] <= 1.0, "what is put behind waits for a second and more"
        if wait % 3 == 0:
            await let_go()
    await let_go()


@pytest_asyncio.fixture
async def slow_home(tmp_path: Path) -> AsyncIterator[tuple[Street, Camera, SlowPath]]:
    if not VIDEO.exists():
        pytest.skip("needs ../shared/data/video/car-detection.mp4")
    large = load_loop(VIDEO, key_every_s=0.4, most_s=2, height_px=540)  # 650 kbit/s
    camera = Camera(load_loop(VIDEO, key_every_s=1.0, most_s=2, height_px=216), large)  # 110 kbit/s
    await camera.start()
    street = Street(tmp_path)
    street.record_to = tmp_path / "recordings"
    keep_low(street.home, camera)
    path: list[SlowPath] = []

    async def lay(port: int) -> int:
        path.append(await SlowPath(port, 4_000_000, up=True).open())
        return path[0].port

    going: list[asyncio.Task[None]] = []
    try:
        await street.start(camera.server.url_of("main"), through=lay)
        going.append(asyncio.create_task(_keep_going(street)))
        yield street, camera, path[0]
    finally:
        for task in going:
            task.cancel()
        await street.stop()
        await camera.stop()
        for one in path:
            await one.close()


async def _keep_going(street: Street) -> None:
    """Witnesses cosign each second, viewers renew their tickets, as web and log do for a look that lasts."""
    serial, world = 1, street.home.world
    while True:
        street.home.publish()
        await asyncio.sleep(1)
        if to_ms(utc_now()) - world.now_ms < RENEW_MS:
            continue
        serial, world.now_ms = serial + 1, to_ms(utc_now())
        for viewer in street.viewers:
            digest = hashlib.sha256(viewer.holder.point).digest()
            ticket = street.ticket(viewer.opening, digest, serial=serial)
            await viewer.socket.send_json({"type": "renew", "ticket": to_b64(ticket)})


@pytest.mark.slow
async def test_a_home_behind_a_slow_line_shows_its_smaller_stream_and_later_all_of_it_again(
    slow_home: tuple[Street, Camera, SlowPath], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long enough that whoever comes second comes before the line is tried again.
    monkeypatch.setattr(line, "MOST_STEADY_S", line.FIRST_STEADY_S)
    monkeypatch.setattr("consentry.gateway.switching.LINGER_S", 0.5)
    street, camera, path = slow_home
    viewer = await street.look()
    await viewer.pictures(10)
    assert camera.low_readers == 0
    path.rate_bps = 300_000
    await until(lambda: _told(viewer, "quality"), 40)
    assert _told(viewer, "quality")[0] == {"type": "quality", "level": "small", "why": "home"}
    assert _told(viewer, "init")[-1]["height"] == 216
    await until(lambda: _delay_s(viewer) < 1.0, 40)
    second = await street.look()
    await second.pictures(3)
    assert _told(second, "init")[-1]["height"] == 216, "who comes later gets what comes now, not what was cached before"
    path.rate_bps = 4_000_000
    await until(lambda: _told(viewer, "quality")[-1]["level"] == "full", 60)
    assert _told(viewer, "init")[-1]["height"] == 540
    assert {"type": "quality", "level": "small", "why": "line"} not in viewer.texts, "it never was the viewer's line"
    late_s = max(at_s - wall_us / 1e6 for at_s, wall_us in _pictures(viewer))
    assert late_s < MOST_LATE_S, "what was handed to the line before could not be dropped"
    await until(lambda: camera.low_readers == 0, 40)


@pytest.mark.slow
async def test_what_is_kept_of_a_look_goes_over_to_the_smaller_stream_and_back_in_segments_of_their_own(
    slow_home: tuple[Street, Camera, SlowPath], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recorder hears nothing of lines: another picture size ends its segment, and every picture stays decodable."""
    monkeypatch.setattr(line, "FIRST_STEADY_S", 6.0)
    monkeypatch.setattr(line, "MOST_STEADY_S", 6.0)
    street, _, path = slow_home
    viewer = await street.look()
    await viewer.pictures(10)
    marked = mark(viewer, street.home.world.camera)
    _keep(street, [marked])
    await until(lambda: _states(street, marked) == ["recording"])
    path.rate_bps = 300_000
    await until(lambda: _told(viewer, "init")[-1]["height"] == 216, 40)
    await viewer.pictures(len(viewer.media) + 30)
    path.rate_bps = 4_000_000
    await until(lambda: _told(viewer, "init")[-1]["height"] == 540, 60)
    await viewer.pictures(len(viewer.media) + 15)
    _keep(street, [], over=[{"recording": marked["recording"], "camera": marked["camera"]}])
    await until(lambda: _states(street, marked)[-1] == "delivered", 20)
    kept = [_recorded(street.web.brought[name]) for name in sorted(street.web.brought, key=_place_of)]
    heights = [height for height, _, _ in kept]
    turns = [height for at, height in enumerate(heights) if heights[at - 1 : at] != [height]]
    assert turns[:3] == [540, 216, 540], "over and back; perhaps once more, where the line was tried too soon"
    for height, pictures, starts_with_key in kept:
        assert starts_with_key
        assert pictures, f"a segment of {height} lines holds none that plays"
    assert _states(street, marked)[:2] == ["recording", "stopped"], "it is one recording all the while"


def _keep(street: Street, marks: list[dict[str, Any]], over: list[dict[str, Any]] | None = None) -> None:
    street.web.keeps = street.web.keeps | {"recordings": marks, "over": over or []}
    street.web.tell_keeps()


def _states(street: Street, marked: dict[str, Any]) -> list[str]:
    told = [event for event in street.web.reports if event["type"] == "recorder"]
    return [event["state"] for event in told if event["recording"] == marked["recording"]]


def _place_of(path: str) -> tuple[str, int]:
    """Run and number of a segment, out of the path by which it was brought."""
    *_, run, number = path.split("/")
    return run, int(number)


def _recorded(segment: bytes) -> tuple[int, int, bool]:
    """Of a segment: the height of its pictures, how many can be decoded, does it begin with a key frame?"""
    with av.open(io.BytesIO(segment)) as container:
        first = next(packet for packet in container.demux(video=0) if packet.size)
    with av.open(io.BytesIO(segment)) as container:
        shown = list(container.decode(video=0))
    assert len({frame.height for frame in shown}) == 1
    return shown[0].height, len(shown), first.is_keyframe


def _told(viewer: Viewer, kind: str) -> list[dict[str, Any]]:
    return [text for text in viewer.texts if text["type"] == kind]


def _pictures(viewer: Viewer) -> list[tuple[float, int]]:
    """When each came (UTC seconds) and was taken (µs)."""
    came = zip(viewer.arrived_wall_s, viewer.media, strict=True)
    return [(at_s, wall_us) for at_s, (kind, wall_us, _) in came if kind == FRAGMENT]


def _delay_s(viewer: Viewer) -> float:
    at_s, (_, wall_us, _) = list(zip(viewer.arrived_wall_s, viewer.media, strict=True))[-1]
    return at_s - wall_us / 1_000_000
