"""Watching the log from home, over HTTP: quorum, one history, age; whatever is wrong, the last good one only ages."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from tests.edge.world import NOW_MS, POLICY, Log, World

from consentry.edge.clock import EdgeClock
from consentry.edge.guard import Denied, check_opening
from consentry.edge.looks import Ended, Look, Looks, Request
from consentry.edge.store import Store
from consentry.edge.watch import LogWatch
from consentry.kernel.errors import ConsentryError


class Watched:
    """A log served as files, and an edge's watch over it."""

    def __init__(self, folder: Path, port: int, http: aiohttp.ClientSession) -> None:
        self.world, self.files = World(), folder / "ledger"
        self.store = Store(folder / "edge")
        self.store.pin(self.world.pins(), (POLICY,))
        clock = EdgeClock(lambda: self.world.now_ms, lambda: 0)
        self.ended: list[Ended] = []
        self.looks = Looks(self.store, self.world.trusted(), clock, self.ended.append)
        url = f"http://127.0.0.1:{port}/ledger"
        self.watch = LogWatch(url, self.world.trusted(), self.store, self.looks, clock)
        self.watch.files.use(http)

    async def refresh(self, *, witnesses: int = 2, shift_ms: int = 0) -> str:
        """Publish the log as it is, let the edge look, and return what it did not like."""
        self.world.serve_files(self.files, witnesses=witnesses, time_ms=self.world.now_ms + shift_ms)
        await self.watch.refresh()
        return self.watch.last_error

    def size(self) -> int:
        found = self.watch.witnessed()
        return 0 if found is None else found.size


@pytest_asyncio.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    (tmp_path / "ledger").mkdir()
    app = web.Application()
    app.router.add_static("/ledger", tmp_path / "ledger")
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as http:
        yield Watched(tmp_path, runner.addresses[0][1], http)
    await runner.cleanup()


async def test_a_checkpoint_with_its_quorum_is_taken_and_kept_across_restarts(watched: Watched, tmp_path: Path) -> None:
    assert await watched.refresh() == ""
    watched.world.log.append(b"more")
    assert await watched.refresh() == ""
    assert watched.size() == 6
    assert Store(tmp_path / "edge").fact("witnessed") == watched.store.fact("witnessed")


@pytest.mark.parametrize("witnesses", [0, 1])
async def test_without_a_quorum_nothing_is_taken(watched: Watched, witnesses: int) -> None:
    assert await watched.refresh(witnesses=witnesses) in {"witness-quorum", "note-signature"}
    assert watched.size() == 0


async def test_one_witness_signing_twice_is_one_witness(watched: Watched) -> None:
    log = watched.world.log
    log.witnesses = (log.witnesses[0], log.witnesses[0], log.witnesses[0])
    assert await watched.refresh(witnesses=3) == "witness-quorum"


async def test_witnesses_of_somebody_else_do_not_count(watched: Watched) -> None:
    watched.world.log.witnesses = Log().witnesses
    assert await watched.refresh(witnesses=3) == "witness-quorum"


async def test_another_log_is_not_taken(watched: Watched) -> None:
    assert await watched.refresh() == ""
    watched.world.log.signer = Log().signer
    assert await watched.refresh() == "note-signature"


async def test_a_log_that_shrinks_or_rewrites_its_past_is_not_followed(watched: Watched) -> None:
    assert await watched.refresh() == ""
    removed = watched.world.log.entries.pop()
    assert await watched.refresh() == "log-proof"
    watched.world.log.entries += [b"instead of it", removed]
    assert await watched.refresh() == "log-proof"
    assert watched.size() == 5
    assert watched.store.fact("forked") is None


async def test_two_trees_of_one_size_with_a_quorum_close_the_edge_for_good(watched: Watched) -> None:
    assert await watched.refresh() == ""
    watched.world.log.entries[-1] = b"another past"
    assert await watched.refresh() == "log-forked"
    watched.world.log.entries[-1] = b"before 4"
    await watched.refresh()
    assert watched.store.fact("forked") is not None


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"no checkpoint", b"x" * 70_000])
async def test_what_is_no_checkpoint_is_not_taken(watched: Watched, content: bytes) -> None:
    assert await watched.refresh() == ""
    (watched.files / "checkpoint").write_bytes(content)
    await watched.watch.refresh()
    assert watched.watch.last_error in {"malformed", "unavailable"}
    assert watched.size() == 5


async def test_a_partial_tile_that_is_gone_is_read_from_the_full_one(watched: Watched) -> None:
    assert await watched.refresh() == ""
    watched.world.log.append(b"more")
    (watched.files / "checkpoint").write_text(watched.world.log.note(6, witnesses=2))
    full = watched.files / "tile" / "0" / "000"
    full.parent.mkdir(parents=True, exist_ok=True)
    full.write_bytes(watched.world.log.files(6)["tile/0/000.p/6"])
    await watched.watch.refresh()
    assert (watched.watch.last_error, watched.size()) == ("", 6)


async def test_the_bridge_to_an_opening_proves_one_log_both_ways(watched: Watched) -> None:
    await watched.refresh()
    opening, ticket = watched.world.look()
    watched.world.serve_files(watched.files, witnesses=0)
    for later in range(2):
        bridge = await watched.watch.bridge_to(opening.checkpoint)
        facts = watched.world.facts(opening, witnessed=bridge.witnessed, bridge=bridge.hashes)
        assert not isinstance(check_opening(opening, ticket, facts), Denied), later
        watched.world.log.append(b"more")
        assert await watched.refresh() == ""


async def test_a_checkpoint_that_the_log_did_not_sign_fetches_nothing(watched: Watched) -> None:
    with pytest.raises(ConsentryError):
        await watched.watch.bridge_to(Log("example.org/log").note(3))


async def test_an_old_checkpoint_is_asked_for_again_before_a_look(watched: Watched) -> None:
    await watched.refresh(shift_ms=-120_000)
    opening, ticket = watched.world.look()
    watched.world.serve_files(watched.files, witnesses=2, time_ms=NOW_MS - 120_000)
    stale = await watched.watch.bridge_to(opening.checkpoint)
    facts = watched.world.facts(opening, witnessed=stale.witnessed, bridge=stale.hashes)
    assert check_opening(opening, ticket, facts) == Denied("witness-stale")
    watched.world.serve_files(watched.files, witnesses=2, time_ms=NOW_MS)
    fresh = await watched.watch.bridge_to(opening.checkpoint)
    facts = watched.world.facts(opening, witnessed=fresh.witnessed, bridge=fresh.hashes)
    assert not isinstance(check_opening(opening, ticket, facts), Denied)


class Split:
    """A thief of ticket and log key shows this home a tree of its own; the public and the witnesses see another."""

    def __init__(self, watched: Watched) -> None:
        self.watched, self.ended = watched, watched.ended
        world = watched.world
        watched.store.put_address(world.camera, b"sealed")
        watched.store.put_terms(world.camera, world.terms(), version=1)
        self.public = list(world.log.entries)

    async def open(self, *, more: int = 0) -> None:
        """The look that only this edge is shown, after `more` entries that only it is shown."""
        world = self.watched.world
        for at in range(more):
            world.log.append(b"private %d" % at)
        opening, ticket = world.look()
        world.serve_files(self.watched.files, witnesses=0)
        bridge = await self.watched.watch.bridge_to(opening.checkpoint)
        request = Request(
            str(opening.private["session"]), world.gateway, opening, ticket, bridge.witnessed, bridge.hashes
        )
        assert isinstance(self.watched.looks.open(request), Look)

    async def publish(self, entries: int) -> None:
        """What everybody else sees grows by `entries`, with all witnesses."""
        world = self.watched.world
        world.log.entries = [*self.public, *(b"public %d" % at for at in range(entries))]
        await self.watched.refresh(witnesses=3)


@pytest_asyncio.fixture
async def split(watched: Watched) -> Split:
    await watched.refresh()
    return Split(watched)


@pytest.mark.parametrize(("more", "public"), [(0, 1), (0, 4), (1, 3), (3, 7)])
async def test_a_longer_public_log_does_not_cover_a_look_of_another_tree(split: Split, more: int, public: int) -> None:
    await split.open(more=more)
    await split.publish(public)
    assert [ended.reason for ended in split.ended] == ["unwitnessed"]
    assert split.watched.store.fact("forked") is not None


async def test_where_the_files_prove_nothing_the_look_ends_and_no_fork_is_claimed(split: Split) -> None:
    await split.open()
    world, shown = split.watched.world, list(split.watched.world.log.entries)
    world.log.entries = [*split.public, *(b"public %d" % at for at in range(4))]
    note = world.log.note(9, witnesses=3)
    world.log.entries = [*shown, b"a", b"b", b"c"]
    world.serve_files(split.watched.files)
    (split.watched.files / "checkpoint").write_text(note)
    await split.watched.watch.refresh()
    assert split.watched.watch.last_error == "log-proof"
    assert split.watched.looks.waits_for_witnesses()


async def test_the_public_log_that_holds_the_look_covers_it(split: Split) -> None:
    await split.open()
    split.public = list(split.watched.world.log.entries)
    await split.publish(2)
    assert (split.ended, split.watched.looks.waits_for_witnesses()) == ([], False)
