"""Two gateways on one database: one is killed or frozen while somebody looks, the other shows the camera.

Looks into homes are sealed here, so that the browser opens and muxes their pictures by itself.
"""

import asyncio
import contextlib
import json
import os
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
from playwright.sync_api import expect, sync_playwright
from tests.faults.running import Running, free_port, launch, own_folder, wait_until
from tests.faults.test_processes import Stage, sender_of
from tests.journeys.conftest import CHROMIUM, QUIET
from tests.journeys.people import Analyst

from consentry.demo.calls import DemoCall
from consentry.demo.city import build_city
from consentry.demo.ground import to_place
from consentry.kernel.canonical import to_b64
from consentry.kernel.errors import ConsentryError
from consentry.project.story.viewer import HolderKey, Viewer
from consentry.project.story.visitor import Visitor, enter

pytestmark = pytest.mark.slow

# Promised are 10 s; a machine that does much else beside takes its time, and nothing here is a measurement.
GOES_ON_WITHIN_S = 60.0
TEXT, PLAIN_INIT, PLAIN, SEALED = 0, 1, 2, 3
CAN_FAIL = (ConsentryError, aiohttp.ClientError, TimeoutError, OSError)


@pytest.fixture(scope="module")
def platform() -> Iterator[Running]:
    """One running demo with two gateways that cannot read homes; each test leaves both alive."""
    with own_folder() as data:
        running = launch(data, free_port(), "--gateways", "2", CONSENTRY_SEALED="1")
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
            said = Path(f"/proc/{pid}/environ").read_text().split("\0")
            number = next(part.partition("=")[2] for part in said if part.startswith("CONSENTRY_GATEWAY_NUMBER="))
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


async def moved_to(analyst: Visitor, at: str) -> str | None:
    """Where the look goes on, or None while nobody can show it."""
    with contextlib.suppress(*CAN_FAIL):
        return str((await analyst.post(at))["session"])
    return None


@asynccontextmanager
async def watching(platform: Running) -> AsyncIterator[Watcher]:
    """An analyst looks at a city camera."""
    async with enter(platform.origin, "analyst") as analyst:
        key = HolderKey()
        camera = (await analyst.get("/api/public-cameras"))[0]["id"]
        body = {"incident": None, "purpose": "find_vehicle", "views": 0, "public_cameras": [camera]}
        ask = await analyst.post("/api/asks", {**body, "holder_key": to_b64(key.point)})
        assert ask["sessions"], ask
        async with going_on(Watcher(analyst, key, ask["sessions"][0]["id"])) as watcher:
            yield watcher


@asynccontextmanager
async def going_on(watcher: Watcher) -> AsyncIterator[Watcher]:
    """It sees pictures when the block begins, and is stopped at its end."""
    task = asyncio.create_task(watcher.watch())
    try:
        await watcher.sees()
        yield watcher
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextmanager
def kept_dead(platform: Running, gateway: str) -> Iterator[None]:
    """Kill a gateway whenever it is there, for the time of this block: its machine is gone."""
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.05):
            pid = pid_of(platform, gateway)
            if pid is not None:
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


async def test_a_viewer_of_a_killed_gateways_camera_goes_on_at_the_other(platform: Running) -> None:
    async with watching(platform) as watcher:
        first, count = gateway_of(platform, watcher.session), len(watcher.viewers)
        with kept_dead(platform, first):
            await watcher.sees(after=count)
            assert gateway_of(platform, watcher.session) != first
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
            at = f"/api/live/sessions/{watcher.session}/move"
            async with asyncio.timeout(GOES_ON_WITHIN_S):
                while (await moved_to(watcher.analyst, at)) in (None, watcher.session):  # noqa: ASYNC110
                    await asyncio.sleep(0.3)
            shown = old.watched.frames
        finally:
            os.kill(pid, signal.SIGCONT)
        await watcher.sees(after=count)
        assert old.watched.frames == shown, "the woken gateway showed pictures"
        assert gateway_of(platform, watcher.session) != first


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)")
def test_tiles_of_a_city_camera_and_of_a_home_play_on_without_a_click_when_their_gateway_is_killed(
    platform: Running,
) -> None:
    stage, spot = Stage(platform, sender_of(platform)), build_city().burglary
    call = DemoCall(f"PM-{uuid4().hex[:10]}", "BURGLARY", "BURGLARY IN PROGRESS", to_place(spot.door), spot.address)
    asyncio.run(stage.push(call, is_open=True))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = browser.new_page(base_url=platform.origin, viewport={"width": 1440, "height": 900})
        page.set_default_timeout(GOES_ON_WITHIN_S * 1_000)
        kinds: set[int] = set()
        page.on("websocket", lambda line: line.on("framereceived", lambda data: kinds.add(kind_of(data))))
        desk = Analyst.enter(page)
        desk.ask(call.number)
        desk.see(desk.tiles.first)
        assert kinds == {TEXT, SEALED}, "nothing that a gateway could read"
        for gateway in gateways_in_use(platform):
            with kept_dead(platform, gateway):
                wait_until(lambda dead=gateway: dead not in gateways_in_use(platform), "the look moved")
                desk.see(desk.tiles.first)
                assert desk.tiles.count() == 1
        assert kinds == {TEXT, SEALED}
        page.get_by_label("City camera 1").check()
        page.get_by_role("button", name="Ask to look").click()
        expect(page.locator("article.tile.live")).to_have_count(2)
        assert kinds == {TEXT, PLAIN_INIT, PLAIN, SEALED}, "a city camera stays plain"
        page.screenshot(path=os.environ.get("CONSENTRY_PICTURES", str(platform.data)) + "/moved.png")
        browser.close()
    asyncio.run(stage.push(call, is_open=False))


def gateways_in_use(platform: Running) -> list[str]:
    """Where looks run now."""
    rows = platform.query("select distinct gateway from access_session where ended_at is null and max_until > now()")
    return [str(gateway) for (gateway,) in rows]


def kind_of(data: str | bytes) -> int:
    """The kind of a message to a viewer: its first byte, or that it is text."""
    return TEXT if isinstance(data, str) else data[0]
