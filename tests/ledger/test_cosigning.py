"""The sequencer and real witnesses over HTTP: quorum, outage, a witness that was shown another tree."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from aiohttp import web

from consentry.kernel.checkpoint import open_checkpoint
from consentry.kernel.errors import Malformed
from consentry.kernel.note import COSIGNATURE_V1, Signer
from consentry.ledger.sequencer.cosigning import Cosigning
from consentry.ledger.sequencer.store import LogStore
from consentry.ledger.trust import Witness, WitnessPolicy, parse_policy, read_policy, write_policy
from consentry.witness.memory import Memory
from consentry.witness.server import build_app
from consentry.witness.settings import WitnessSettings, settings_for

LOG = Signer.generate("log.example/ledger")


@contextmanager
def serving(settings: WitnessSettings) -> Iterator[Witness]:
    """A witness on a free port, in a thread with a loop of its own."""
    loop, ready, port = asyncio.new_event_loop(), Event(), 0

    async def start() -> None:
        nonlocal port
        runner = web.AppRunner(build_app(settings))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        ready.set()

    def run() -> None:
        loop.run_until_complete(start())
        loop.run_forever()

    thread = Thread(target=run, daemon=True)
    thread.start()
    ready.wait()
    try:
        yield Witness(settings.signers()[0].verifier, f"http://127.0.0.1:{port}", f"ours-{port}")
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def witness_at(folder: Path, name: str) -> WitnessSettings:
    return settings_for(folder / name, [LOG.verifier.vkey], port=0, name=name)


@pytest.fixture
def witnesses(tmp_path: Path) -> Iterator[list[Witness]]:
    with (
        serving(witness_at(tmp_path, "w1")) as one,
        serving(witness_at(tmp_path, "w2")) as two,
        serving(witness_at(tmp_path, "w3")) as three,
    ):
        yield [one, two, three]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    opened = LogStore(tmp_path / "log", LOG)
    opened.append([b"one", b"two"])
    yield opened
    opened.close()


def published(tmp_path: Path, witnesses: list[Witness], quorum: int) -> int:
    text = (tmp_path / "log" / "checkpoint").read_text()
    return open_checkpoint(text, LOG.verifier, [witness.verifier for witness in witnesses], quorum).size


def test_the_published_checkpoint_carries_a_quorum_and_grows(
    tmp_path: Path, store: LogStore, witnesses: list[Witness]
) -> None:
    cosigning = Cosigning(tmp_path / "log", LOG.verifier, WitnessPolicy(tuple(witnesses), 2))
    assert cosigning.round() == 3
    assert published(tmp_path, witnesses, 3) == 2
    assert cosigning.round() == 0
    store.append([b"x"] * 300)
    assert cosigning.round() == 3
    assert published(tmp_path, witnesses, 3) == 302


def test_a_restarted_sequencer_learns_what_the_witnesses_know(
    tmp_path: Path, store: LogStore, witnesses: list[Witness]
) -> None:
    policy = WitnessPolicy(tuple(witnesses), 2)
    Cosigning(tmp_path / "log", LOG.verifier, policy).round()
    store.append([b"x"] * 5)
    assert Cosigning(tmp_path / "log", LOG.verifier, policy).round() == 3


def test_one_witness_may_be_away_but_not_two(tmp_path: Path, store: LogStore, witnesses: list[Witness]) -> None:
    away = [replace(witness, url="http://127.0.0.1:9") for witness in witnesses]
    one_away = WitnessPolicy((away[0], *witnesses[1:]), 2)
    assert Cosigning(tmp_path / "log", LOG.verifier, one_away).round() == 2
    assert published(tmp_path, witnesses, 2) == 2
    store.append([b"x"])
    two_away = WitnessPolicy((*away[:2], witnesses[2]), 2)
    assert Cosigning(tmp_path / "log", LOG.verifier, two_away).round() == 1
    assert published(tmp_path, witnesses, 2) == 2


def test_a_witness_that_saw_another_tree_does_not_cosign_ours(
    tmp_path: Path, store: LogStore, witnesses: list[Witness]
) -> None:
    forked = LogStore(tmp_path / "fork", LOG)
    forked.append([b"one", b"another two", b"three"])
    shown = Cosigning(tmp_path / "fork", LOG.verifier, WitnessPolicy((witnesses[0],), 1))
    assert shown.round() == 1
    store.append([b"x"] * 5)
    assert Cosigning(tmp_path / "log", LOG.verifier, WitnessPolicy(tuple(witnesses), 2)).round() == 2
    forked.close()


def test_a_stranger_answering_for_a_witness_is_not_published(tmp_path: Path, store: LogStore) -> None:
    with serving(witness_at(tmp_path, "w1")) as stranger:
        expected = replace(stranger, verifier=Signer.generate("w1", COSIGNATURE_V1).verifier)
        assert Cosigning(tmp_path / "log", LOG.verifier, WitnessPolicy((expected,), 1)).round() == 0


def test_without_witnesses_the_logs_own_checkpoint_is_published(tmp_path: Path, store: LogStore) -> None:
    Cosigning(tmp_path / "log", LOG.verifier, WitnessPolicy()).round()
    assert published(tmp_path, [], 0) == 2


def test_a_witness_remembers_only_what_it_signed(tmp_path: Path, store: LogStore, witnesses: list[Witness]) -> None:
    Cosigning(tmp_path / "log", LOG.verifier, WitnessPolicy(tuple(witnesses), 2)).round()
    assert Memory(tmp_path / "w1").latest(LOG.name).size == 2


def test_a_policy_survives_writing_and_reading(tmp_path: Path) -> None:
    keys = [Signer.generate(f"w{number}", COSIGNATURE_V1).verifier for number in range(3)]
    policy = WitnessPolicy(tuple(Witness(key, f"http://127.0.0.1:{at}", f"w{at}") for at, key in enumerate(keys)), 2)
    assert parse_policy(write_policy(policy)) == policy
    assert read_policy(tmp_path / "none") == WitnessPolicy()
    assert parse_policy(f"witness a {keys[0].vkey} http://x # ours\n\nquorum a\n").quorum == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum all\n",
        "witness a b http://x\nquorum a\n",
        "group g 1\nquorum g\n",
        "group g 2 a\nquorum g\n",
        "hello\n",
    ],
)
def test_a_policy_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_policy(text)
