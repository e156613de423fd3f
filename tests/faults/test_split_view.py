"""A log with two faces: homes hand to the witnesses what they were shown, and a fork is proven, kept and said aloud."""

import base64
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from tests.edge.world import NOW_MS, POLICY, World

from consentry.edge.clock import EdgeClock
from consentry.edge.hand_over import HandOver
from consentry.edge.looks import Looks
from consentry.edge.store import Store
from consentry.edge.watch import LogWatch
from consentry.kernel.checkpoint import open_checkpoint
from consentry.kernel.merkle import root_of
from consentry.witness.memory import Memory
from consentry.witness.server import build_app
from consentry.witness.settings import settings_for


class Town:
    """A log, a witness that saw it up to some size, and a home; both over HTTP, each may be shown another tree."""

    def __init__(self, folder: Path, http: aiohttp.ClientSession) -> None:
        self.world, self.files, self.http = World(), folder / "ledger", http
        self.files.mkdir()
        self.witness_folder, self.store = folder / "w", Store(folder / "edge")
        self.store.pin(self.world.pins(), (POLICY,))
        log = self.world.log.signer
        self.app = build_app(settings_for(self.witness_folder, [log.verifier.vkey], port=0, name="w.example"))
        self.app.router.add_static("/ledger", self.files)

    def listen(self, port: int) -> None:
        """The home's parts, against the witness and the log's files at `port`."""
        clock, trusted = EdgeClock(lambda: NOW_MS, lambda: 0), self.world.trusted()
        looks = Looks(self.store, trusted, clock, lambda _: None)
        self.watch = LogWatch(f"http://127.0.0.1:{port}/ledger", trusted, self.store, looks, clock)
        self.watch.files.use(self.http)
        self.hand_over = HandOver([f"http://127.0.0.1:{port}"], trusted, self.watch)
        self.url = f"http://127.0.0.1:{port}/add-checkpoint"

    def grow(self, *names: str) -> None:
        for name in names:
            self.world.log.append(name.encode())

    async def cosign(self, old: int) -> int:
        """The log asks the witness to cosign what it is now."""
        log, size = self.world.log, len(self.world.log.entries)
        proof = log.bridge(old, size) if old else ()
        lines = "".join(f"{base64.b64encode(step).decode()}\n" for step in proof)
        async with self.http.post(self.url, data=f"old {old}\n{lines}\n{log.note(size)}".encode()) as reply:
            return reply.status

    def evidence(self) -> str:
        return Memory(self.witness_folder).fork(self.world.log.signer.name)


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with aiohttp.ClientSession() as http:
        made = Town(tmp_path, http)
        runner = web.AppRunner(made.app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.listen(runner.addresses[0][1])
        yield made
        await runner.cleanup()


@pytest.mark.parametrize("shown", [3, 5, 6, 8])
async def test_what_an_honest_log_showed_is_of_one_tree_in_both_directions(town: Town, shown: int) -> None:
    town.grow("one", "two", "three")
    log = town.world.log
    town.world.serve_files(town.files)
    everything, log.entries = log.entries, log.entries[:6]
    assert await town.cosign(0) == 200
    log.entries = everything
    town.hand_over.add(log.note(shown))
    assert await town.hand_over.round(town.http) == [200]
    assert town.evidence() == ""
    assert town.store.fact("forked") is None
    assert await town.hand_over.round(town.http) == []


@pytest.mark.parametrize(("home", "public"), [(1, 1), (2, 1), (4, 2), (1, 2), (1, 5)])
async def test_a_fork_is_proven_kept_and_closes_witness_and_home(
    town: Town, caplog: pytest.LogCaptureFixture, home: int, public: int
) -> None:
    """The home was shown `home` entries of its own after 5, the public `public`; the files are those of the larger."""
    log, before = town.world.log, list(town.world.log.entries)
    town.grow(*(f"public {at}" for at in range(public)))
    assert await town.cosign(0) == 200
    others = log.entries
    log.entries = list(before)
    town.grow(*(f"only here {at}" for at in range(home)))
    shown = log.note(5 + home)
    if public > home:
        log.entries = others
    town.world.serve_files(town.files)
    town.hand_over.add(shown)
    with caplog.at_level(logging.ERROR):
        assert await town.hand_over.round(town.http) == [410]
    assert "FORK" in caplog.text
    assert shown in town.evidence()
    assert town.store.fact("forked") is not None
    log.entries = [*others, b"more"]
    assert await town.cosign(5 + public) == 410


async def test_where_the_files_prove_nothing_the_witness_hears_of_it_and_goes_on(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    log, before = town.world.log, list(town.world.log.entries)
    town.grow("public 1", "public 2", "public 3")
    assert await town.cosign(0) == 200
    others, log.entries = log.entries, list(before)
    town.grow("only here")
    town.hand_over.add(log.note(6))
    town.grow("more only here", "and more")
    town.world.serve_files(town.files)
    with caplog.at_level(logging.ERROR):
        assert await town.hand_over.round(town.http) == [422]
    assert "cannot join it" in caplog.text
    assert town.evidence() == ""
    log.entries = [*others, b"more"]
    assert await town.cosign(8) == 200


async def test_nobody_can_make_a_fork_up_without_the_logs_key(town: Town) -> None:
    assert await town.cosign(0) == 200
    thief = World(camera=town.world.camera)
    thief.log.entries[2] = b"never happened"
    note = thief.log.note(5).replace(thief.log.signer.name, town.world.log.signer.name)
    url = town.url.replace("add-checkpoint", "seen-checkpoint")
    for body, status in (
        (f"size 5\nroot {'A' * 43}=\n\n{note}", 403), ("size 5\n\nx", 400), (f"size 5\nroot AA==\n\n{note}", 400),
        ("size 5\nroot " + "A" * 43 + "=\n\n" + "x" * 70_000, 400),
    ):  # fmt: skip
        async with town.http.post(url, data=body.encode()) as reply:
            assert reply.status in (status, 413)
    assert town.evidence() == ""
    assert await town.cosign(5) == 200


async def test_the_newest_witnessed_checkpoint_is_handed_over_and_what_a_witness_missed_waits(town: Town) -> None:
    assert await town.cosign(0) == 200
    town.world.serve_files(town.files)
    await town.watch.refresh()
    assert await town.hand_over.round(town.http) == [200]
    away = HandOver(["http://127.0.0.1:9"], town.world.trusted(), town.watch)
    away.add(town.world.log.note(4))
    assert await away.round(town.http) == [0, 0]
    assert await away.round(town.http) == [0, 0]


def test_a_witness_remembers_the_signed_head_and_reads_an_older_memory(tmp_path: Path) -> None:
    world = World()
    note = world.log.note(5)
    head = open_checkpoint(note, world.log.signer.verifier)
    memory = Memory(tmp_path)
    memory.keep(head)
    assert memory.latest(head.origin).note == ""
    memory.keep(head, note)
    seen = memory.latest(head.origin)
    assert (seen.size, seen.root, seen.note) == (5, root_of(world.log.leaves(5)), note)
