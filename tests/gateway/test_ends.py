"""Every way in which a look ends, and that nothing follows."""

import asyncio
import time

import pytest
from tests.gateway.stalled import Stalled, read_all
from tests.gateway.world import until

from consentry.gateway.frames import FRAGMENT
from consentry.kernel.canonical import to_b64
from consentry.kernel.limits import MAX_VIEWER_QUEUE_BYTES
from consentry.media.units import AccessUnit


async def test_after_an_end_no_picture_follows(city):
    viewers = [await city.looking() for _ in range(5)]
    told_s = time.monotonic()
    for viewer in viewers:
        city.web.tell("end", {"session": viewer.session, "reason": "stopped"})
    for viewer in viewers:
        assert await viewer.ended() in ("stopped", None)
        assert viewer.closed in (4000, 1006)
        assert viewer.arrived_s[-1] - told_s < 1  # the promise of invariant 5, wide enough for a busy machine
    assert len(city.gateway.sessions) == 0


async def test_a_healthy_viewer_is_told_why(city):
    viewer = await city.looking()
    city.web.tell("end", {"session": viewer.session, "reason": "call_closed"})
    assert await viewer.ended() == "call_closed"
    assert viewer.closed == 4000


async def test_silence_of_the_control_channel_ends_every_look(city):
    viewer = await city.looking()
    await city.web.stop()
    assert await viewer.ended(timeout_s=8) in ("lapsed", None)
    late = city.viewer()
    assert await (await late.dial()).refused() == "unavailable"


async def test_a_web_that_talks_but_does_not_lease_ends_the_look(city):
    viewer = await city.looking()
    city.web.beats = False
    keep_talking = asyncio.create_task(_repeat(city.web.tell_state))
    assert await viewer.ended() in ("lapsed", None)
    keep_talking.cancel()


async def _repeat(action) -> None:
    while True:
        action()
        await asyncio.sleep(0.1)


async def test_a_session_that_the_web_no_longer_names_ends_at_once(tmp_path, cars):
    from tests.gateway.conftest import City

    city = City(tmp_path, cars)
    await city.start(lease_s=60.0)
    try:
        viewer = await city.looking()
        await asyncio.sleep(1.1)  # past the grace for a lease that was written before the ticket
        city.web.leased.discard(viewer.session)
        assert await viewer.ended() in ("closed", None)
    finally:
        await city.stop()


async def test_a_private_cameras_cache_dies_with_its_last_session(city):
    edge = await city.sending()
    viewer, other = await city.looking(city.private), await city.looking(city.private)
    city.web.tell("end", {"session": viewer.session, "reason": "closed"})
    await viewer.ended()
    assert city.private in city.gateway.sessions.hubs
    await other.pictures(len(other.media) + 2)
    city.web.tell("end", {"session": other.session, "reason": "closed"})
    await other.ended()
    assert city.private not in city.gateway.sessions.hubs
    await until(lambda: edge.kinds().count("close") == 2)


async def test_the_edge_ends_a_look_and_the_viewer_learns_why(city):
    edge = await city.sending()
    viewer = await city.looking(city.private)
    await edge.socket.send_json({"type": "closed", "session": viewer.session, "reason": "stopped"})
    assert await viewer.ended() in ("stopped", None)
    assert "close" not in edge.kinds()


async def test_an_edge_that_refuses_is_named_and_nothing_was_shown(city):
    edge = await city.edge()
    edge.agrees = False
    viewer = await (await city.viewer(city.private).dial()).present()
    await until(lambda: "open" in edge.kinds())
    await edge.socket.send_json({"type": "refused", "session": viewer.session, "kind": "terms-hours"})
    await viewer.reading
    assert viewer.texts[-1] == {"type": "error", "kind": "edge:terms-hours"}
    assert not viewer.media


async def test_an_edge_that_goes_ends_its_looks(city):
    edge = await city.sending()
    viewer = await city.looking(city.private)
    await edge.close()
    assert await viewer.ended() in ("edge_gone", None)


async def test_a_renewal_reaches_the_edge(city):
    edge = await city.sending()
    viewer = await city.looking(city.private)
    ticket = to_b64(city.authority.ticket(viewer.opening))
    await viewer.socket.send_json({"type": "renew", "ticket": ticket})
    await until(lambda: {"type": "renew", "session": viewer.session, "ticket": ticket} in edge.heard)


async def test_a_city_camera_that_dies_is_shown_as_a_fault_and_comes_back(city):
    viewer = await city.looking()
    for player in list(city.rtsp.connections):
        player.abort()
    await until(lambda: {"type": "camera", "state": "silent"} in viewer.texts)
    await until(lambda: {"type": "camera", "state": "online"} in viewer.texts)
    count = len(viewer.media)
    await viewer.pictures(count + 2)
    await until(lambda: [event["cameras"] for event in city.web.reports if event["type"] == "camera_health"]
                == [{city.public: "online"}, {city.public: "silent"}, {city.public: "online"}])  # fmt: skip


async def test_who_joins_a_dead_city_camera_sees_its_fault_and_no_old_picture(city):
    await city.looking()
    for task in city.tasks:
        task.cancel()
    city.rtsp.withdraw("cars")
    await until(lambda: city.gateway.sources.states()[city.public] not in ("online", "connecting"))
    late = await (await city.viewer().dial()).present()
    await until(lambda: any(text["type"] == "camera" for text in late.texts))
    assert [kind for kind, _, _ in late.media if kind == FRAGMENT] == []
    city.feed(lambda unit: city.rtsp.publish("cars", unit))
    await late.pictures(3)


async def test_a_city_camera_that_is_removed_ends_its_looks(city):
    viewer = await city.looking()
    city.web.public.clear()
    city.web.tell_state()
    assert await viewer.ended() in ("camera_gone", None)
    assert city.public not in city.gateway.sessions.hubs


async def test_an_edge_that_is_removed_or_loses_a_camera_ends_its_looks(city):
    edge = await city.sending()
    viewer = await city.looking(city.private)
    city.web.edges[city.edge_id] = (city.edge_key, [])
    city.web.tell_state()
    assert await viewer.ended() in ("camera_gone", None)
    del city.web.edges[city.edge_id]
    city.web.tell_state()
    await asyncio.wait_for(edge.reading, 5)


async def test_a_stalled_viewer_is_bounded_counted_and_slows_nobody(city):
    stalled = Stalled(city.authority, city.identity.gateway, city.gateway.port, city.public)
    city.web.leased.add(stalled.session)
    line = await stalled.stall()
    await until(lambda: city.gateway.sessions.find(stalled.session) is not None)
    healthy = await city.looking()
    hub = city.gateway.sessions.hubs[city.public]
    key = next(unit for unit in city.cars.units if unit.key)
    behind = city.gateway.sessions.find(stalled.session).viewer
    start_us = time.time_ns() // 1_000 + 1_000_000
    for number in range(300):  # 30 MB, more than all buffers on the way
        big = AccessUnit(0, start_us + number * 1_000, (*key.nals, b"\x06" + bytes(100_000)), True, start_us)
        hub.take(big)
        await asyncio.sleep(0.002)
    assert behind.dropped_shots > 100
    assert behind._transport.get_write_buffer_size() <= MAX_VIEWER_QUEUE_BYTES + 200_000
    assert behind._queue_bytes <= MAX_VIEWER_QUEUE_BYTES + 200_000
    await until(lambda: len(healthy.media) > 250)
    count = len(healthy.media)
    await healthy.pictures(count + 3)
    city.web.tell("end", {"session": stalled.session, "reason": "stopped"})
    await until(lambda: city.gateway.sessions.find(stalled.session) is None)
    await asyncio.sleep(0.1)
    left = await read_all(line)
    assert left < 2_000_000  # what its own kernel already had; the rest was thrown away with the reset
    line.close()


@pytest.mark.parametrize("reason", ["closed"])
async def test_stopping_the_gateway_ends_its_viewers(tmp_path, cars, reason):
    from tests.gateway.conftest import City

    city = City(tmp_path, cars)
    await city.start()
    viewer = await city.looking()
    await city.gateway.stop()
    assert await viewer.ended() in (reason, None)
    await city.stop()
