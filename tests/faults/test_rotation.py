"""Keys rotated from the command to the edge: log, witnesses, letter, edge are real, the line between is short."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings
from tests.cameras.stage import make_owner
from tests.ledger.test_cosigning import serving
from tests.sign_in import client_for

from consentry.cameras import queries, services
from consentry.cameras.models import Edge as EdgeRow
from consentry.cameras.trust import GatewayAddress, Providers, wire_trust
from consentry.edge.clock import EdgeClock
from consentry.edge.key_files import load_keys
from consentry.edge.letters import Desk, answer_letter
from consentry.edge.pair import fingerprint_of, read_answer
from consentry.edge.store import Store
from consentry.edge.whom import TrustNow
from consentry.kernel.canonical import to_b64
from consentry.kernel.checkpoint import open_checkpoint
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Untrusted
from consentry.kernel.ids import CameraId, PersonId, new_id
from consentry.kernel.owner_record import public_point
from consentry.ledger.queries import connection_string, log_verifiers
from consentry.ledger.sequencer.loop import Sequencer
from consentry.ledger.sequencer.settings import SequencerSettings
from consentry.ledger.trust import WitnessPolicy
from consentry.project.cli import main
from consentry.project.up.keys import make_keys
from consentry.signer.keys import prepare_keys
from consentry.signer.settings import settings_from
from consentry.witness.settings import settings_for

pytestmark = pytest.mark.django_db(transaction=True)


class City:
    """One installation's keys, its sequencer with three witnesses, and a home that pairs with it."""

    def __init__(self, data: Path, sequencer: Sequencer) -> None:
        self.data, self.sequencer, self.later = data, sequencer, timedelta()
        self.keys, self.store = load_keys(data / "home"), Store(data / "home")
        self.clock = EdgeClock(lambda: to_ms(self.now), lambda: 0)

    @property
    def now(self) -> datetime:
        """The home's clock."""
        return utc_now() + self.later

    def run(self, *words: str) -> int:
        """One `consentry keys …` command."""
        return main(["keys", *words, "--data", str(self.data)])

    def rotate(self, name: str, *more: str) -> None:
        """Rotate at once, and let the log and the witnesses work."""
        assert self.run("rotate", name, "--recovery", str(self.data / "keys" / "recovery.key"), *more) == 0
        self.work()

    def work(self) -> None:
        """What the sequencer does by itself."""
        self.sequencer.follow_keys()
        self.sequencer.integrate()
        self.sequencer.cosigning.round()

    def pair(self) -> None:
        """Pair the home over the API, and keep what its own code reads from the answer."""
        owner = make_owner()
        code = services.prepare_pairing(owner.principal, owner_key=owner.key_id, edge_name="attic", now=utc_now()).code
        body = {"code": code, "public_key": to_b64(self.keys.public_key()), "box_key": to_b64(self.keys.box_point())}
        answer = client_for(PersonId(owner.id)).post("/api/edges/pair", body, content_type="application/json")
        assert answer.status_code == 200, answer.content
        fingerprint = fingerprint_of(public_point(owner.key))
        self.pins, policies = read_answer(answer.content, server="http://localhost", fingerprint=fingerprint)
        self.store.pin(self.pins, policies)
        self.trusted = TrustNow(self.pins, self.store, self.clock)

    def desk(self) -> Desk:
        async def no_picture(_camera: CameraId, _point: bytes) -> bytes:
            return b""

        return Desk(self.pins.edge, self.store, self.keys, self.trusted, self.clock, no_picture)

    def deliver(self) -> list[dict[str, Any]]:
        """What a gateway does: each waiting letter to the home, its answer back to the web; the answers."""
        services.send_rotations(utc_now())
        answers = []
        for letter in queries.waiting_letters([self.pins.edge], utc_now()):
            answer = asyncio.run(answer_letter(self.desk(), letter.id, json.loads(letter.body)))
            services.take_letters(self.pins.edge, answer, now=utc_now())
            answers.append(answer["letter"])
        return answers

    def head_is_believed(self) -> bool:
        """Does the home take the log's published checkpoint, witnesses and all?"""
        trust = self.trusted()
        text = (self.data / "ledger" / "checkpoint").read_text()
        return open_checkpoint(text, trust.logs, trust.witnesses, trust.quorum).size > 0

    def ticket_key_is_believed(self) -> bool:
        """Does the home believe the key that the signer signs with now?"""
        signing = prepare_keys(settings_from(self.data)).signing(to_ms(self.now)).public_key().public_bytes_raw()
        return signing in [key.public_bytes_raw() for key in self.trusted().ticket_keys]


@pytest.fixture
def city(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker
) -> Iterator[City]:
    settings.DATA = tmp_path
    monkeypatch.setattr("consentry.project.django_ready.prepare_django", lambda _data: None)  # it is ready here
    make_keys(tmp_path, log_name="city.example/ledger")
    gateway = GatewayAddress(new_id("gateway"), "ws://localhost:8481/edge")
    wire_trust(Providers(policies=lambda: ("ab" * 32,), gateways=lambda: (gateway,)))
    log = [str(tmp_path / "keys" / "log.pub")]
    own = [settings_for(tmp_path / f"witness-{number}", log, port=0) for number in (1, 2, 3)]
    with serving(own[0]) as one, serving(own[1]) as two, serving(own[2]) as three:
        said = SequencerSettings(
            connection_string(), tmp_path / "ledger", tmp_path / "keys" / "log.key", WitnessPolicy((one, two, three), 2)
        )
        with Sequencer(said) as sequencer:
            sequencer.cosigning.round()
            yield City(tmp_path, sequencer)


def test_a_rotated_ticket_key_reaches_a_paired_home_through_the_public_log(city: City) -> None:
    city.pair()
    city.rotate("ticket")
    assert [answer["type"] for answer in city.deliver()] == ["keys_taken"]
    assert city.deliver() == []
    assert EdgeRow.objects.get(id=city.pins.edge).rotation == 1
    assert city.ticket_key_is_believed()
    city.later += timedelta(hours=25)
    assert city.ticket_key_is_believed()
    assert len(city.trusted().ticket_keys) == 2
    city.later += timedelta(hours=48)
    assert len(city.trusted().ticket_keys) == 1


def test_witnesses_follow_their_own_rotations_without_a_restart_and_homes_believe_them(city: City) -> None:
    city.pair()
    before = city.trusted().witnesses
    for name in ("witness-1", "witness-2"):
        city.rotate(name, "--now")
        assert [answer["type"] for answer in city.deliver()] == ["keys_taken"]
    (city.data / "witness-3" / "witness.key").unlink()
    city.rotate("ticket")
    assert city.head_is_believed()
    assert len({*before} & {*city.trusted().witnesses}) == 1
    assert [answer["type"] for answer in city.deliver()] == ["keys_taken"]


def test_a_rotated_log_key_is_believed_by_homes_that_know_of_it_and_by_those_that_do_not_yet(city: City) -> None:
    city.pair()
    city.rotate("log")
    assert city.head_is_believed()
    assert [answer["type"] for answer in city.deliver()] == ["keys_taken"]
    assert city.head_is_believed()
    city.later += timedelta(hours=73)
    assert len(city.trusted().logs) == 1
    assert city.head_is_believed()


def test_a_stolen_log_key_ends_at_once_and_homes_still_hear_of_the_new_one(city: City) -> None:
    city.pair()
    city.rotate("log", "--now")
    (city.data / "keys" / "log.key").unlink()
    city.work()
    with pytest.raises(Untrusted):
        city.head_is_believed()
    assert [answer["type"] for answer in city.deliver()] == ["keys_taken"]
    assert [log.vkey for log in city.trusted().logs] == [log.vkey for log in log_verifiers()]
    assert city.head_is_believed()


def test_an_outsider_follows_the_log_over_rotated_keys_with_the_recovery_key_alone(
    city: City, capsys: pytest.CaptureFixture[str]
) -> None:
    first = (city.data / "keys" / "log.pub").read_text().strip()
    place = ["verify", "log", str(city.data / "ledger"), "--log-vkey", first]
    assert main(place) == 0
    for _ in range(2):
        city.rotate("log", "--now")
    assert main(place) == 1
    recovery = ["--recovery-key", (city.data / "keys" / "recovery.pub").read_text().strip()]
    assert main([*place, *recovery]) == 0
    assert "rotation 2 of city.example/ledger" in capsys.readouterr().out
    thief = to_b64(Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    assert main([*place, "--recovery-key", thief]) == 1
    assert main(place[:3]) == 0, "what the log publishes follows its keys"


def test_a_home_that_pairs_after_a_rotation_gets_the_new_key_and_no_letter(city: City) -> None:
    city.rotate("ticket", "--now")
    city.pair()
    assert city.pins.rotation == 1
    assert city.deliver() == []
    assert city.ticket_key_is_believed()


def test_a_home_that_pairs_while_a_key_rotates_hears_of_the_end_of_the_old_one(city: City) -> None:
    city.rotate("ticket")
    city.pair()
    assert city.pins.rotation == 0
    assert [answer["type"] for answer in city.deliver()] == ["keys_taken"]
    assert len(city.trusted().ticket_keys) == 2


def test_a_rotation_without_the_right_recovery_key_is_not_published(city: City, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.key"
    wrong.write_text(to_b64(Ed25519PrivateKey.generate().private_bytes_raw()))
    assert city.run("rotate", "ticket", "--recovery", str(wrong)) == 1
    city.pair()
    assert city.deliver() == []
    assert not (city.data / "keys" / "rotations").exists()


def test_a_rotation_is_prepared_here_approved_elsewhere_and_applied_here(
    city: City, capsys: pytest.CaptureFixture[str]
) -> None:
    offline = city.data.parent / f"{city.data.name}-offline"
    offline.mkdir()
    (city.data / "keys" / "recovery.key").rename(offline / "recovery.key")
    assert city.run("prepare", "ticket") == 0
    (offline / "prepared").write_text(capsys.readouterr().out)
    assert main(["keys", "approve", str(offline / "prepared"), "--recovery", str(offline / "recovery.key")]) == 0
    (offline / "approved").write_text(capsys.readouterr().out)
    assert city.run("apply", str(offline / "prepared")) == 1
    assert city.run("apply", str(offline / "approved")) == 0
    assert city.run("apply", str(offline / "approved")) == 0
    city.work()
    city.pair()
    assert [answer["type"] for answer in city.deliver()] == ["keys_taken"]
    make_keys(city.data, log_name="city.example/ledger")
    assert not (city.data / "keys" / "recovery.key").exists()
