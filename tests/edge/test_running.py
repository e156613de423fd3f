"""A whole edge with real RTSP and WebSocket: nothing leaves before a valid look, all stops as it should."""

import asyncio
import dataclasses

import aiohttp
import pytest
from tests.edge.running_home import RunningHome

from consentry.media.h264 import from_avcc, nal_kind


async def page_act(home: RunningHome, act: str) -> int:
    """Press a button of the owner's page as a browser does."""
    assert home.process is not None
    url = home.process.page.address
    async with aiohttp.ClientSession() as http:
        page = await (await http.get(url)).text()
        token = page.split('name="token" value="')[1].split('"')[0]
        async with http.post(url + act, data={"token": token}) as reply:
            return reply.status


async def test_nothing_leaves_before_a_look_and_the_cached_picture_comes_at_once(running: RunningHome) -> None:
    await asyncio.sleep(0.7)
    assert running.gateway.units == []
    assert {message["type"] for message in running.gateway.messages} == {"health"}
    session = await running.present(*running.look())
    opened = await running.gateway.hear("opened")
    assert (opened["session"], opened["height"]) == (session, 216)
    assert opened["codec"].startswith("avc1.")
    await running.gateway.see(20)
    first = running.gateway.units[0]
    assert (first.camera, first.key, first.parameter_sets) == (running.world.camera, True, True)
    assert [nal_kind(nal) for nal in from_avcc(first.payload)][:2] == [7, 8]
    times = [unit.ts_us for unit in running.gateway.units]
    assert times == sorted(times)


async def test_a_used_opening_and_a_forged_one_are_refused(running: RunningHome) -> None:
    opening, ticket = running.look()
    session = await running.present(opening, ticket)
    await running.gateway.see(1)
    await running.gateway.say({"type": "close", "session": session, "reason": "closed"})
    await running.gateway.hear("closed")
    await running.present(opening, ticket)
    assert (await running.gateway.hear("refused"))["kind"] == "opening-used"
    forged = dataclasses.replace(opening, private={**opening.private, "session": "ses_x", "viewer": "per_thief"})
    await running.present(forged, ticket)
    refused = await running.gateway.hear("refused", lambda message: message["session"] == "ses_x")
    assert refused["kind"] == "log-proof"


async def test_no_unit_leaves_after_a_look_is_closed(running: RunningHome) -> None:
    session = await running.present(*running.look())
    await running.gateway.see(5)
    await running.gateway.say({"type": "close", "session": session, "reason": "closed"})
    await running.gateway.hear("closed")
    count = len(running.gateway.units)
    await asyncio.sleep(0.5)
    assert len(running.gateway.units) == count


async def test_a_look_goes_on_when_witnesses_cover_it(running: RunningHome) -> None:
    await running.present(*running.look())
    await running.gateway.see(1)
    assert running.process is not None
    assert running.process.box is not None
    assert running.process.box.looks.waits_for_witnesses()
    running.publish(witnesses=1)
    await running.process.box.watch.refresh()
    assert running.process.box.looks.waits_for_witnesses()
    running.publish(witnesses=2)
    await running.process.box.watch.refresh()
    assert not running.process.box.looks.waits_for_witnesses()


async def test_the_owners_stop_ends_a_look_with_the_network_cut_and_refuses_until_resumed(running: RunningHome) -> None:
    await running.present(*running.look())
    await running.gateway.see(1)
    assert await page_act(running, "stop") == 200
    assert (await running.gateway.hear("closed"))["reason"] == "stopped"
    stopped = await running.gateway.hear("letter", lambda message: message["body"]["letter"]["type"] == "stopped")
    assert stopped["body"]["letter"]["cameras"] == [running.world.camera]
    await running.present(*running.look())
    assert (await running.gateway.hear("refused"))["kind"] == "stopped"

    port = running.gateway.port
    await running.gateway.stop()
    assert await page_act(running, "resume") == 200
    assert await page_act(running, "stop") == 200
    running.gateway.messages.clear()
    again = type(running.gateway)(running.world, running.files)
    again.edge_key = running.gateway.edge_key
    running.gateway = again
    await again.start(port)
    told = await again.hear("letter")
    assert told["body"]["letter"]["type"] == "stopped"
    assert await page_act(running, "resume") == 200
    await running.present(*running.look())
    await again.see(1)


async def test_a_page_of_another_site_cannot_press_the_buttons(running: RunningHome) -> None:
    assert running.process is not None
    url = running.process.page.address
    async with aiohttp.ClientSession() as http:
        async with http.post(url + "stop", data={"token": "guess"}) as reply:
            assert reply.status == 403
        async with http.get(url, headers={"Host": "evil.example"}) as reply:
            assert reply.status == 403
    assert running.process.store.fact("stopped") is None


async def test_a_broken_line_ends_its_looks_and_the_edge_dials_again(running: RunningHome) -> None:
    opening, ticket = running.look()
    await running.present(opening, ticket)
    await running.gateway.see(1)
    assert running.gateway.socket is not None
    await running.gateway.socket.close()
    running.gateway.messages.clear()
    await running.gateway.hear("health")
    assert running.process is not None
    assert running.process.box is not None
    assert running.process.box.looks.running() == ()
    await running.present(*running.look())
    await running.gateway.hear("opened")


async def test_an_edge_without_witnessed_log_refuses(running: RunningHome) -> None:
    assert running.process is not None
    running.process.store.put_fact("witnessed", None)
    (running.files / "checkpoint").unlink()
    opening, ticket = running.look()
    await running.present(opening, ticket)
    assert (await running.gateway.hear("refused"))["kind"] == "never-witnessed"


@pytest.mark.parametrize("message", [
    {"type": "open", "session": "ses_x"},
    {"type": "open", "session": 7, "opening": [], "ticket": {}},
    {"type": "open", "session": "ses_x", "opening": {"v": 1.5}, "ticket": "AA"},
])  # fmt: skip
async def test_malformed_openings_are_refused_and_the_line_stays(
    running: RunningHome, message: dict[str, object]
) -> None:
    await running.gateway.say(message)
    assert (await running.gateway.hear("refused"))["kind"] == "malformed"
    await running.gateway.say({"type": "ping"})
    await running.gateway.hear("pong")


async def test_a_stuck_line_is_cut_when_nobody_may_look_any_more(running: RunningHome) -> None:
    """What waits in a blocked connection must not trickle out after the owner's stop."""
    assert running.process is not None
    box = running.process.box
    assert box is not None
    await running.present(*running.look())
    await running.gateway.see(1)
    running.gateway.reads.clear()
    feed = box.feeds[running.world.camera]
    newest = feed.cached()[0]
    link, at, clock = box.links[0], 0, asyncio.get_running_loop().time
    large = (*newest.nals, b"\x65" + bytes(4_000_000))
    async with asyncio.timeout(20):  # the sockets' buffers take some of it first: until one write stands still
        while link._writing_since is None or clock() - link._writing_since < 0.3:
            at += 1
            feed._take(newest._replace(nals=large, ts_us=newest.ts_us + at))
            await asyncio.sleep(0.02)
    assert link.connected
    running.process.stop()
    async with asyncio.timeout(5):
        while link.connected:  # noqa: ASYNC110 - the cut has no event of its own
            await asyncio.sleep(0.05)
    running.gateway.reads.set()
    assert box.looks.running() == ()
