"""Two gateways on one database: one is killed or frozen while somebody looks, the other shows the camera."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from playwright.sync_api import sync_playwright
from tests.faults.running import Running, free_port, launch, own_folder, wait_until
from tests.journeys.conftest import CHROMIUM, QUIET

from consentry.demo.city import build_city
from consentry.kernel.canonical import to_b64
from consentry.kernel.errors import ConsentryError
from consentry.project.story import steps
from consentry.project.story.viewer import HolderKey, Viewer
from consentry.project.story.visitor import Visitor, enter

pytestmark = pytest.mark.slow

# Promised are 10 s; a machine that does much else beside takes its time, and nothing here is a measurement.
GOES_ON_WITHIN_S = 60.0
CAN_FAIL = (ConsentryError, aiohttp.ClientError, TimeoutError, OSError)


@pytest.fixture(scope="module")
def platform() -> Iterator[Running]:
    """One running demo with two gateways; each test leaves both alive."""
    with own_folder() as data:
        running = launch(data, free_port(), "--gateways", "2")
        try:
            yield running
        finally:
            for pid in running.pids("gateway"):
                os.kill(pid, signal.SIGCONT)
            running.interrupt()


@pytest.fixture(autouse=True)
def both_alive(platform: Running) -> None:
    """Both gateways hold cameras before a test begins."""
    alive = "select count(*) from access_gateway where alive_until > clock_timestamp()"
    wait_until(lambda: platform.query(alive) == [(2,)], "both gateways live")
    held = "select count(distinct gateway_id) from access_camera_lease"
    wait_until(lambda: platform.query(held) == [(2,)], "both gateways hold cameras")


def pid_of(platform: Running, gateway: str) -> int | None:
    """The process of a gateway by its id."""
    for pid in platform.pids("gateway"):
        with contextlib.suppress(OSError):
            said = dict(part.split(b"=", 1) for part in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") if b"=" in part)
            number = said[b"CONSENTRY_GATEWAY_NUMBER"].decode()
            folder = platform.data / ("gateway" if number == "1" else f"gateway-{number}")
            if json.loads((folder / "registration.json").read_text())["gateway"] == gateway:
                return pid
    return None


def gateway_of(platform: Running, session: str) -> str:
    """Where a session is served."""
    ((gateway,),) = platform.query(f"select gateway from access_session where id = '{session}'")
    return str(gateway)


@dataclass
class Watcher:
    """A viewer that goes on by itself as the console does: asks where to go, opens, dials."""

    analyst: Visitor
    key: HolderKey
    session: str
    seen: list[float] = field(default_factory=list)
    viewers: list[Viewer] = field(default_factory=list)

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(*CAN_FAIL):
                opened = await self.analyst.post(f"/api/live/sessions/{self.session}/opening")
                viewer = Viewer(self.key, opened, self.analyst.origin)
                self.viewers.append(viewer)
                await viewer.watch()
            await asyncio.sleep(0.5)
            with contextlib.suppress(*CAN_FAIL):
                self.session = (await self.analyst.post(f"/api/live/sessions/{self.session}/move"))["session"]

    async def sees(self, *, after: int = 0, frames: int = 10) -> None:
        """Wait until a connection later than number `after` shows pictures."""
        async with asyncio.timeout(GOES_ON_WITHIN_S):
            while not any(viewer.watched.frames >= frames for viewer in self.viewers[after:]):  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@asynccontextmanager
async def watching(platform: Running) -> AsyncIterator[Watcher]:
    """An analyst looks at a city camera."""
    async with enter(platform.origin, "analyst") as analyst:
        key = HolderKey()
        camera = (await analyst.get("/api/public-cameras"))[0]["id"]
        body = {"incident": None, "purpose": "find_vehicle", "views": 0, "public_cameras": [camera], "holder_key": to_b64(key.point)}
        ask = await analyst.post("/api/asks", body)
        assert ask["sessions"], ask
        watcher = Watcher(analyst, key, ask["sessions"][0]["id"])
        task = asyncio.create_task(watcher.watch())
        try:
            await watcher.sees()
            yield watcher
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def kept_dead(platform: Running, gateway: str, over: asyncio.Event) -> None:
    """Kill a gateway whenever it is there: its machine is gone."""
    while not over.is_set():
        pid = pid_of(platform, gateway)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.05)


async def test_a_viewer_of_a_killed_gateways_camera_goes_on_at_the_other(platform: Running) -> None:
    async with watching(platform) as watcher:
        first, count = gateway_of(platform, watcher.session), len(watcher.viewers)
        over, began_s = asyncio.Event(), time.monotonic()
        killer = asyncio.create_task(kept_dead(platform, first, over))
        try:
            await watcher.sees(after=count)
            took_s = time.monotonic() - began_s
            assert gateway_of(platform, watcher.session) != first
            print(f"went on after {took_s:.1f} s")  # noqa: T201
        finally:
            over.set()
            await killer
        commits = "select count(*) from access_session s join ledger_entry e on e.key = s.id and e.kind = 'look.commit'"
        assert platform.query(f"{commits} where s.id = '{watcher.session}'") == [(1,)]


async def test_a_frozen_gateway_that_wakes_shows_nothing_under_its_old_lease(platform: Running) -> None:
    async with watching(platform) as watcher:
        first, count = gateway_of(platform, watcher.session), len(watcher.viewers)
        pid, old = pid_of(platform, first), watcher.viewers[-1]
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(5)  # nothing is read or closed meanwhile: the old connection stays open, silent
            async with enter(platform.origin, "analyst") as again:
                other = Watcher(again, watcher.key, watcher.session)
                async with asyncio.timeout(GOES_ON_WITHIN_S):
                    while other.session == watcher.session:
                        with contextlib.suppress(*CAN_FAIL):
                            moved = await watcher.analyst.post(f"/api/live/sessions/{watcher.session}/move")
                            other.session = moved["session"]
                        await asyncio.sleep(0.3)
            shown = old.watched.frames
        finally:
            os.kill(pid, signal.SIGCONT)
        await watcher.sees(after=count)
        assert old.watched.frames == shown, "the woken gateway showed pictures"
        assert gateway_of(platform, watcher.session) != first
        leased = f"select count(*) from access_camera_lease l join access_session s on s.id = '{watcher.session}'"
        assert platform.query(f"{leased} join access_grant g on g.id = s.grant_id and g.camera = l.camera where l.gateway_id = s.gateway") == [(1,)]
