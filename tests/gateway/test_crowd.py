"""Many at once: a hundred viewers, cameras that share an address, clocks that jump, a while under load."""

import asyncio
import itertools
import random
import tracemalloc

import pytest
from tests.gateway.stalled import Stalled, read_all
from tests.gateway.world import until

from consentry.kernel.ids import CameraId, new_id
from consentry.kernel.limits import LEASE_MS, MAX_VIEWER_QUEUE_BYTES

CROWD = 100


@pytest.fixture
def lease_s() -> float:
    """The lease of production: a hundred who dial in one loop keep it from hearing the web for a while."""
    return LEASE_MS / 1_000


async def test_a_hundred_viewers_are_revoked_at_once_with_one_of_them_stalled(city):
    stalled = Stalled(city.authority, city.identity.gateway, city.gateway.port, city.public)
    city.web.leased.add(stalled.session)
    line = await stalled.stall()
    crowd = [await (await city.viewer().dial()).present() for _ in range(CROWD - 1)]
    for viewer in crowd:
        await viewer.pictures(1)
    running = [city.gateway.sessions.find(viewer.session).viewer for viewer in (*crowd, stalled)]
    sent_before_end: list[int] = []

    def revoke() -> None:  # in one turn of the loop, as one event of the web would
        for viewer in (*crowd, stalled):
            city.gateway.sessions.end(viewer.session, "withdrawn")
        sent_before_end.extend(viewer.sent_shots for viewer in running)

    revoke()
    reasons = [await viewer.ended() for viewer in crowd]
    # "withdrawn", or cut without a word: a busy machine may not have sent the last picture within 40 ms
    assert set(reasons) <= {"withdrawn", None}
    assert [viewer.sent_shots for viewer in running] == sent_before_end
    assert await read_all(line) < 2_000_000  # what its own kernel already had
    line.close()
    assert len(city.gateway.sessions) == 0
    assert city.gateway.sessions.hubs[city.public].viewers == set()


async def test_two_cameras_with_one_address_are_two_cameras(city):
    twin = CameraId(new_id("camera"))
    city.web.public[twin] = city.web.public[city.public]
    city.web.tell_state()
    await until(lambda: city.gateway.sources.states().get(twin) == "online")
    first, second = await city.looking(), await city.looking(twin)
    city.gateway.sessions.end(second.session, "withdrawn")
    assert await second.ended() in ("withdrawn", None)
    await first.pictures(len(first.media) + 3)
    del city.web.public[twin]
    city.web.tell_state()
    await until(lambda: twin not in city.gateway.sources.states())
    await first.pictures(len(first.media) + 3)


async def test_a_camera_whose_clock_jumps_keeps_playing_in_order(city):
    looker = await city.looking()
    hub, chance = city.gateway.sessions.hubs[city.public], random.Random(7)
    units = itertools.islice(itertools.cycle(city.cars.units), 300)
    ts_us = wall_us = 1_700_000_000_000_000
    for number, unit in enumerate(units):
        if number % 40 == 39:
            ts_us = chance.randrange(1 << 44)  # years ahead or back
        ts_us, wall_us = ts_us + 40_000, wall_us + 40_000
        hub.take(unit._replace(ts_us=ts_us, wallclock_us=wall_us))
        await asyncio.sleep(0)
    await until(lambda: len(looker.media) > 250)
    decoding_us = [int.from_bytes(data[60:68], "big") for kind, _, data in looker.media if kind == 2]
    assert all(sooner < later for sooner, later in itertools.pairwise(decoding_us))


async def test_a_while_under_load_loses_nothing_and_holds_its_memory(city):
    """The short form of `media.soak`, which takes an hour."""
    lookers = [await city.looking() for _ in range(10)]
    hub = city.gateway.sessions.hubs[city.public]
    tracemalloc.start()
    try:
        for looker in lookers:
            looker.media.clear()
        await _pass_pictures(lookers, 15)
        before, _ = tracemalloc.get_traced_memory()
        await _pass_pictures(lookers, 40)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert all(viewer.dropped_shots == 0 for viewer in hub.viewers)
    # What may wait for the viewers, and one group of pictures.
    assert after - before < len(lookers) * MAX_VIEWER_QUEUE_BYTES // 4


async def _pass_pictures(lookers, count) -> None:
    """Until every looker has had `count` pictures more; they are thrown away as they come."""
    had = [0] * len(lookers)
    while min(had) < count:
        await asyncio.sleep(0.05)
        for index, looker in enumerate(lookers):
            had[index] += len(looker.media)
            looker.media.clear()
            looker.arrived_s.clear()
