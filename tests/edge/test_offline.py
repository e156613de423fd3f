"""A home without network for an hour, letters that come late, and an edge that is killed at any instant."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from tests.edge.running_home import RunningHome, StandInGateway
from tests.edge.test_ring_running import box_of, eventually

from consentry.edge.key_files import load_keys
from consentry.edge.ring_files import read_segment, ring_key
from consentry.edge.store import Store
from consentry.kernel.owner_record import owner_record, sign_as_device
from consentry.kernel.terms import Terms, terms_record, terms_sha256

HOUR_MS = 3_600_000


async def cut(home: RunningHome) -> int:
    """The network is gone; the port at which the gateway will be again."""
    port = home.gateway.port
    await home.gateway.stop()
    return port


async def reconnect(home: RunningHome, port: int) -> None:
    again = StandInGateway(home.world, home.files)
    again.edge_key, home.gateway = home.gateway.edge_key, again
    await again.start(port)
    async with asyncio.timeout(45):
        while not box_of(home).links[0].connected:  # noqa: ASYNC110 - another process's line has no event here
            await asyncio.sleep(0.05)


def terms_letter(home: RunningHome, terms: Terms) -> dict[str, object]:
    digest, now_ms = terms_sha256(terms), home.clock.now_ms()
    said = owner_record("terms.loosen", t_ms=now_ms, camera=terms.camera_id, terms_sha256=digest)
    signature = sign_as_device(said, home.world.owner)
    return {"type": "terms", "camera": terms.camera_id, "terms": terms_record(terms), "owner_signature": signature}


async def test_an_hour_without_network_records_on_forgets_no_rule_and_opens_nothing_old(running: RunningHome) -> None:
    camera = running.world.camera
    await running.present(*running.look())
    await running.gateway.see(5)
    unused = running.look()  # allowed before the cut, kept by somebody for later
    store = Store(running.folder)
    soon_over = running.world.terms(expires_at_ms=running.clock.now_ms() + HOUR_MS // 2)
    store.put_terms(camera, soon_over, version=1)
    port = await cut(running)
    await eventually(lambda: box_of(running).looks.running() == ())
    ring, cut_us = box_of(running).ring, running.clock.now_ms() * 1_000
    running.shift_ms = HOUR_MS
    await eventually(lambda: any(end > cut_us + 2_000_000 for _, end in ring.spans(camera, 0, 1 << 60)))
    assert "No gateway is connected." in box_of(running).notes()

    await reconnect(running, port)
    await running.present(*unused)
    assert (await running.gateway.hear("refused"))["kind"] in {"ticket-expired", "witness-stale"}
    running.publish()
    await box_of(running).watch.refresh()
    running.gateway.messages.clear()
    await running.present(*running.look())
    assert (await running.gateway.hear("refused"))["kind"] == "terms-expired"
    store.put_terms(camera, running.world.terms(expires_at_ms=running.clock.now_ms() + HOUR_MS), version=2)
    await running.present(*running.look())
    await running.gateway.hear("opened")
    await running.gateway.see(5)
    store.close()


async def test_letters_that_come_late_or_out_of_order_never_loosen(running: RunningHome) -> None:
    """The owner narrows twice while the home is offline; the network then delivers the newest first."""
    wide = running.world.terms(expires_at_ms=running.clock.now_ms() + HOUR_MS, version=2)
    narrow = running.world.terms(expires_at_ms=running.clock.now_ms() + HOUR_MS, version=3, max_distance_m=100)
    port = await cut(running)
    await reconnect(running, port)
    assert (await running.post(terms_letter(running, narrow)))["type"] == "terms_taken"
    late = await running.post(terms_letter(running, wide))
    assert (late["type"], late["kind"]) == ("letter_refused", "terms-version")
    assert (await running.post(terms_letter(running, narrow)))["type"] == "terms_taken", "the same letter once more"
    await running.present(*running.look())
    assert (await running.gateway.hear("refused"))["kind"] == "terms-distance"

    assert (await running.post({"type": "pause", "camera": running.world.camera}))["state"] == "paused"
    wider = running.world.terms(expires_at_ms=running.clock.now_ms() + HOUR_MS, version=4)
    assert (await running.post(terms_letter(running, wider)))["type"] == "terms_taken"
    running.gateway.messages.clear()
    await running.present(*running.look())
    assert (await running.gateway.hear("refused"))["kind"] == "paused", "new terms do not undo a pause"


async def test_a_clock_that_is_set_under_a_running_look_ends_it_and_opens_nothing(running: RunningHome) -> None:
    await running.present(*running.look())
    await running.gateway.see(1)
    running.shift_ms = 10 * 60_000
    assert (await running.gateway.hear("closed"))["reason"] == "expired"
    opening, ticket = running.look()
    running.shift_ms = -10 * 60_000
    running.gateway.messages.clear()
    await running.present(opening, ticket)
    assert (await running.gateway.hear("refused"))["kind"] in {"clock", "ticket-early", "ticket-not-yet"}


@pytest_asyncio.fixture
async def paired(tmp_path: Path, camera_url: str) -> AsyncIterator[RunningHome]:
    home = RunningHome(tmp_path)
    await home.gateway.start()
    home.prepare(camera_url)
    home.publish()
    yield home
    await home.gateway.stop()


async def test_an_edge_killed_at_any_instant_comes_back_with_its_recording_and_its_memory(paired: RunningHome) -> None:
    luck, used, camera = random.Random(11), [], paired.world.camera
    environment = {**os.environ, "CONSENTRY_EDGE_PAGE": "off", "CONSENTRY_EDGE_DATA": str(paired.folder)}
    for _ in range(3):
        command = [sys.executable, "-m", "consentry.edge", "run"]
        child = await asyncio.create_subprocess_exec(*command, env=environment, stderr=subprocess.DEVNULL)
        try:
            await paired.gateway.hear("health", lambda message: message["cameras"].get(camera) == "online")
            for opening, ticket in used:
                await paired.present(opening, ticket)
                assert (await paired.gateway.hear("refused"))["kind"] == "opening-used"
            paired.gateway.messages.clear()
            paired.world.now_ms = paired.clock.now_ms()
            store = Store(paired.folder)
            state = store.camera(camera)
            store.close()
            assert state is not None
            used = [paired.world.look(state.terms)]
            paired.publish(witnesses=0)
            await paired.present(*used[0])
            await paired.gateway.hear("opened")
            await asyncio.sleep(1.2 + luck.random())
        finally:
            os.kill(child.pid, signal.SIGKILL)
            await child.wait()
        paired.gateway.messages.clear()
    await paired.start_edge()
    await eventually(lambda: len(segments := list(paired.folder.glob("ring/*/*.seg"))) >= 3 and segments)
    await paired.stop_edge()
    key = ring_key(load_keys(paired.folder).at_rest)
    for path in paired.folder.glob("ring/*/*"):
        assert path.suffix == ".seg"
        assert read_segment(path, key, paired.world.camera).chunks[0].key
