"""Parts of the platform that freeze, die or refuse to write while somebody looks: doors close, nothing is lost."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp
import psycopg
import pytest
from tests.faults.running import Running, clean_env, free_port, launch, own_folder, wait_until

from consentry.demo.calls import DemoCall, eido_of
from consentry.demo.city import build_city
from consentry.demo.dispatch import Sender
from consentry.demo.ground import to_place
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import ConsentryError
from consentry.kernel.ids import FeedId
from consentry.project.postgres import Cluster
from consentry.project.story import steps
from consentry.project.story.visitor import Unexpected, Visitor, enter

pytestmark = pytest.mark.slow

# Bounds of liveness on a machine that does much else; what is promised is 1 to 10 s (docs/design/media.md).
ENDS_WITHIN_S = 30.0
BACK_WITHIN_S = 180.0
# A transaction that wrote a grant and waits for the table that the look's commitment goes to.
IN_THE_MIDDLE = """
select wrote.pid from pg_locks wrote join pg_locks waits using (pid)
where wrote.granted and wrote.relation = 'access_grant'::regclass and wrote.mode = 'RowExclusiveLock'
and not waits.granted and waits.relation = 'ledger_look'::regclass"""
CAN_FAIL = (ConsentryError, aiohttp.ClientError, TimeoutError, OSError)
FEED_OF = """
import json, sys
from consentry.project.cli import prepare_django
prepare_django()
from consentry.demo.seed import find_seeding
from consentry.incidents.queries import get_feed
from consentry.incidents.services import feed_secret
feed = get_feed(find_seeding().feed)
json.dump({"id": feed.id, "secret": feed_secret(feed).hex()}, sys.stdout)
"""


@dataclass
class Stage:
    """The platform under test and who reports calls to it."""

    platform: Running
    sender: Sender

    async def push(self, call: DemoCall, *, is_open: bool) -> None:
        """Report a call, as dispatch does, until it is taken."""
        deadline = time.monotonic() + BACK_WITHIN_S
        reported = utc_now()
        while True:
            document = eido_of(call, reported_at=reported, updated_at=utc_now(), is_open=is_open)
            try:
                await asyncio.to_thread(self.sender.push, document)
            except ConsentryError:
                assert time.monotonic() < deadline, "no call is taken"
                await asyncio.sleep(0.5)
            else:
                return


@dataclass
class Scene:
    """An analyst at an open burglary."""

    stage: Stage
    analyst: Visitor
    incident: str

    async def ask(self, views: int = 5) -> tuple[dict[str, Any], list[steps.Look]]:
        """Ask and open what may be opened."""
        return await steps.look(self.analyst, self.incident, views=views, purpose="crime_in_progress")

    async def look(self) -> list[steps.Look]:
        """Looks that show pictures; asked again until the platform can."""
        deadline = time.monotonic() + BACK_WITHIN_S
        while True:
            try:
                ask, looks = await self.ask()
                assert looks, ask["refusals"]
                for look in looks:
                    await steps.see_pictures(look)
            except (*CAN_FAIL, AssertionError) as error:
                if time.monotonic() > deadline:
                    raise AssertionError(f"no look opens: {error}; {self.stage.platform.said[-600:]}") from error
                await asyncio.sleep(1)
            else:
                return looks


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One running demo for all tests of this file; each leaves it whole."""
    with own_folder() as data:
        platform = launch(data, free_port())
        try:
            yield Stage(platform, sender_of(platform))
        finally:
            for name in ("postgres", "web", "signer", "sequencer", "witness", "gateway"):
                for pid in platform.pids(name):
                    os.kill(pid, signal.SIGCONT)
            platform.interrupt()


def sender_of(platform: Running) -> Sender:
    """The demo's dispatch, with its secret out of the platform's own database."""
    env = {**clean_env(), "CONSENTRY_DATA": str(platform.data)}
    done = subprocess.run([sys.executable, "-c", FEED_OF], env=env, capture_output=True, text=True, check=True)
    feed = json.loads(done.stdout)
    return Sender(platform.origin, FeedId(feed["id"]), bytes.fromhex(feed["secret"]))


@asynccontextmanager
async def burglary(stage: Stage) -> AsyncIterator[Scene]:
    """An analyst who sees a new burglary that is in the log; it is closed at the end."""
    spot = build_city().burglary
    call = DemoCall(f"PM-{uuid4().hex[:10]}", "BURGLARY", "BURGLARY IN PROGRESS", to_place(spot.door), spot.address)
    await stage.push(call, is_open=True)
    async with enter(stage.platform.origin, "analyst") as analyst:
        incidents = await analyst.get("/api/incidents?open=true")
        incident = next(found["id"] for found in incidents if found["number"] == call.number)
        await steps.wait_for_log(analyst, incident)
        yield Scene(stage, analyst, incident)
    await stage.push(call, is_open=False)


@contextmanager
def frozen(platform: Running, name: str) -> Iterator[float]:
    """Freeze every process of a child for the time of this block; yields when (monotonic s)."""
    pids = platform.signal(name, signal.SIGSTOP)
    try:
        yield time.monotonic()
    finally:
        for pid in pids:
            wake(pid)


def wake(pid: int) -> None:
    """Wake a process that may have ended."""
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return


async def see_all_end(looks: list[steps.Look], since_s: float, *, within_s: float = ENDS_WITHIN_S) -> list[str]:
    """Wait until every look ended; no byte came later than `within_s` after `since_s`. Returns the reasons."""
    reasons = []
    for look in looks:
        watched = await asyncio.wait_for(look.watching, within_s + ENDS_WITHIN_S)
        assert (watched.last_byte_at_s or since_s) - since_s < within_s
        reasons.append(watched.end_reason)
    return reasons


async def test_frozen_web_ends_every_look_and_serves_again_when_it_wakes(stage: Stage) -> None:
    async with burglary(stage) as scene:
        looks = await scene.look()
        with frozen(stage.platform, "web") as since_s:
            assert set(await see_all_end(looks, since_s)) == {"lapsed"}
        again = await scene.look()
        assert all(look.viewer.watched.frames for look in again)


async def test_frozen_then_killed_database_ends_every_look_opens_nothing_and_loses_nothing(stage: Stage) -> None:
    async with burglary(stage) as scene:
        looks = await scene.look()
        placed = "select key, index from ledger_entry where index is not null"
        before = set(stage.platform.query(placed))
        with frozen(stage.platform, "postgres") as since_s:
            assert set(await see_all_end(looks, since_s)) == {"lapsed"}
            with pytest.raises(CAN_FAIL):
                await asyncio.wait_for(scene.ask(), 8)
            for pid in stage.platform.pids("postgres"):
                os.kill(pid, signal.SIGKILL)
        said = "database ended; started again"
        wait_until(lambda: said in stage.platform.said, said, within_s=BACK_WITHIN_S)
        await scene.look()
        assert before <= set(stage.platform.query(placed))


async def test_database_killed_in_the_middle_of_a_grant_leaves_nothing_half_done(stage: Stage) -> None:
    """The grant and its session are written, their commitment waits for a lock, and then the server dies."""
    async with burglary(stage) as earlier:
        await earlier.look()  # from here on every camera works
    async with burglary(stage) as scene:
        url = Cluster(stage.platform.data).url
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=5) as holder:
            holder.execute("lock table ledger_look in exclusive mode")
            asking = asyncio.create_task(scene.ask())
            await asyncio.to_thread(wait_until, lambda: stage.platform.query(IN_THE_MIDDLE) != [], "the ask waited")
            for pid in stage.platform.pids("postgres"):
                os.kill(pid, signal.SIGKILL)
        with pytest.raises(CAN_FAIL):
            await asking
        again = await scene.look()
        found = stage.platform.query(f"""
            select session.id, entry.index from access_grant g
            left join access_session session on session.grant_id = g.id
            left join ledger_entry entry on entry.key = session.id where g.incident = '{scene.incident}'""")
        assert {session for session, _ in found} >= {look.session for look in again}
        assert [(session, index) for session, index in found if session is None or index is None] == []


async def test_killed_gateway_ends_the_look_and_the_next_ask_opens_at_the_new_one(stage: Stage) -> None:
    async with burglary(stage) as scene:
        looks = await scene.look()
        stage.platform.signal("gateway", signal.SIGKILL)
        since_s = time.monotonic()
        await see_all_end(looks, since_s)
        await scene.look()


async def test_frozen_signer_gives_no_ticket_and_no_video(stage: Stage) -> None:
    async with burglary(stage) as scene:
        with frozen(stage.platform, "signer"):
            with pytest.raises(Unexpected, match="answers 503") as refused:
                await scene.ask()
            assert "signer" in str(refused.value)
        await scene.look()


async def test_frozen_sequencer_means_no_log_and_no_video(stage: Stage) -> None:
    async with burglary(stage) as scene:
        with frozen(stage.platform, "sequencer"):
            await see_no_log_no_video(scene)
        await scene.look()


async def test_disk_that_refuses_the_ledger_means_no_log_and_no_video(stage: Stage) -> None:
    """A folder where the sequencer must write a file refuses it as a full or read-only disk does, also for root."""
    async with burglary(stage) as scene:
        ledger = stage.platform.data / "ledger"
        probe, head = ledger / ".probe", ledger / ".checkpoint.latest.new"
        probe.unlink(missing_ok=True)
        probe.mkdir()
        head.mkdir(exist_ok=True)
        try:
            await see_no_log_no_video(scene)
        finally:
            probe.rmdir()
            head.rmdir()
        await scene.look()


async def see_no_log_no_video(scene: Scene) -> None:
    """Sessions that open now stay at `logging` without a ticket; soon the ask itself is refused by the log's rule."""
    key = steps.HolderKey()
    body = {
        "incident": scene.incident, "purpose": "crime_in_progress", "views": 1, "holder_key": steps.to_b64(key.point),
    }  # fmt: skip
    deadline = time.monotonic() + BACK_WITHIN_S
    while True:
        ask = await scene.analyst.post("/api/asks", body)
        for session in ask["sessions"]:
            found = await scene.analyst.get(f"/api/live/sessions/{session['id']}")
            assert found["stage"] == "logging"
            with pytest.raises(Unexpected, match="answers 503"):
                await scene.analyst.post(f"/api/live/sessions/{session['id']}/opening")
        if "system.log" in [refusal["rule"] for refusal in ask["refusals"]]:
            assert ask["sessions"] == []
            return
        assert time.monotonic() < deadline, ask
        await asyncio.sleep(1)


async def test_frozen_witnesses_end_every_look_at_home(stage: Stage) -> None:
    async with burglary(stage) as scene:
        with frozen(stage.platform, "witness") as since_s:
            try:
                _, looks = await scene.ask()
            except Unexpected:
                looks = []
            await see_all_end(looks, since_s, within_s=2 * ENDS_WITHIN_S)
        await scene.look()
