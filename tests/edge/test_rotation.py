"""New keys reach an edge by letter: the next rotation in the witnessed log, signed by old key and recovery key."""

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.edge.world import NOW_MS, POLICY, Log, World

from consentry.edge.clock import EdgeClock
from consentry.edge.guard import Allowed, Denied, check_opening
from consentry.edge.key_files import load_keys
from consentry.edge.key_letter import rotation_notes
from consentry.edge.letters import Desk, answer_letter
from consentry.edge.store import Store
from consentry.edge.whom import TrustNow
from consentry.kernel.canonical import to_b64
from consentry.kernel.checkpoint import open_checkpoint
from consentry.kernel.errors import Untrusted
from consentry.kernel.ids import CameraId
from consentry.kernel.note import Signer
from consentry.kernel.rotation import KeyRole, Rotation, dump_rotation, sign_by_old, sign_by_recovery

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Home:
    """An edge with its desk, and a city that rotates its keys."""

    def __init__(self, folder: Path) -> None:
        self.world, self.store, self.folder = World(), Store(folder), folder
        self.pins = self.world.pins()
        self.store.pin(self.pins, (POLICY,))
        self.new_ticket_key = Ed25519PrivateKey.generate()
        self.clock = EdgeClock(lambda: self.world.now_ms, lambda: 0)
        self.trusted = TrustNow(self.pins, self.store, self.clock)

    def post(self, body: object) -> dict[str, Any]:
        async def no_picture(_camera: CameraId, _point: bytes) -> bytes:
            return b""

        desk = Desk(self.world.edge, self.store, load_keys(self.folder), self.trusted, self.clock, no_picture)
        letter: dict[str, Any] = asyncio.run(answer_letter(desk, "7", body))["letter"]
        return letter

    def rotation(self, **changes: object) -> Rotation:
        """A signed rotation of the ticket key, overlapping by a day."""
        draft = Rotation(
            role=KeyRole.TICKET, origin=self.world.log.signer.name, number=1, old_key=public(self.world.ticket_key),
            new_key=public(self.new_ticket_key), t_ms=NOW_MS, starts_ms=NOW_MS + HOUR_MS, ends_ms=NOW_MS + DAY_MS,
        )  # fmt: skip
        draft = dataclasses.replace(draft, **changes)
        return sign_by_recovery(sign_by_old(draft, self.world.ticket_key), self.world.recovery)

    def letter(self, rotation: Rotation, *, witnesses: int = 2, log: Log | None = None) -> dict[str, Any]:
        """The letter that brings it: in the log, proven, cosigned."""
        log = log or self.world.log
        index = log.append(dump_rotation(rotation))
        size = len(log.entries)
        return {
            "type": "keys", "entry": to_b64(log.entries[index]), "index": index,
            "proof": [to_b64(step) for step in log.prove(index, size)],
            "checkpoint": log.note(size, witnesses=witnesses, time_ms=self.world.now_ms),
        }  # fmt: skip

    def look(self, key: Ed25519PrivateKey) -> Allowed | Denied:
        """Does the edge open under a ticket signed by `key` now?"""
        self.world.ticket_key, before = key, self.world.ticket_key
        opening, ticket = self.world.look()
        witnessed = self.world.log.witnessed(opening.index, at_ms=self.world.now_ms)
        facts = self.world.facts(opening, trust=self.trusted(), witnessed=witnessed)
        decision = check_opening(opening, ticket, facts)
        self.world.ticket_key = before
        return decision


def public(key: Ed25519PrivateKey) -> str:
    return to_b64(key.public_key().public_bytes_raw())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_rotated_ticket_key_counts_beside_the_old_one_until_the_overlap_ends(home: Home) -> None:
    assert home.look(home.new_ticket_key) == Denied("ticket-signature")
    assert home.post(home.letter(home.rotation()))["type"] == "keys_taken"
    assert isinstance(home.look(home.new_ticket_key), Allowed)
    assert isinstance(home.look(home.world.ticket_key), Allowed)
    home.world.now_ms += DAY_MS
    assert home.look(home.world.ticket_key) == Denied("ticket-signature")
    assert isinstance(home.look(home.new_ticket_key), Allowed)


def test_a_stolen_key_is_out_at_once_when_the_overlap_is_nothing(home: Home) -> None:
    home.post(home.letter(home.rotation(starts_ms=NOW_MS, ends_ms=NOW_MS)))
    assert home.look(home.world.ticket_key) == Denied("ticket-signature")


def test_the_same_letter_twice_gets_the_same_answer_and_a_restart_forgets_nothing(home: Home) -> None:
    letter = home.letter(home.rotation())
    assert home.post(letter) == home.post(letter)
    again = TrustNow(home.pins, Store(home.folder), home.clock)
    assert len(again().ticket_keys) == 2
    assert len(home.store.rotations()) == 1


@pytest.mark.parametrize(("signature", "kind"), [
    ("old_signature", "rotation-old-signature"), ("recovery_signature", "rotation-recovery-signature"),
])  # fmt: skip
@pytest.mark.parametrize("forged", [b"", b"\x01" * 64])
def test_with_one_signature_missing_or_forged_no_key_changes(
    home: Home, signature: str, kind: str, forged: bytes
) -> None:
    spoilt = dataclasses.replace(home.rotation(), **{signature: forged})
    assert home.post(home.letter(spoilt))["kind"] == kind
    assert home.store.rotations() == ()


def test_a_thief_of_one_of_the_two_keys_rotates_nothing(home: Home) -> None:
    real, thief = home.rotation(), Ed25519PrivateKey.generate()
    assert home.post(home.letter(sign_by_recovery(real, thief)))["kind"] == "rotation-recovery-signature"
    with pytest.raises(Untrusted):
        sign_by_old(real, thief)
    other_key = dataclasses.replace(real, old_key=public(thief))
    assert home.post(home.letter(sign_by_old(other_key, thief)))["kind"] == "rotation-recovery-signature"
    own = sign_by_recovery(sign_by_old(other_key, thief), home.world.recovery)
    assert home.post(home.letter(own))["kind"] == "rotation-old-key"


@pytest.mark.parametrize("change", [
    {"new_key": public(Ed25519PrivateKey.generate())}, {"ends_ms": NOW_MS + 2 * DAY_MS}, {"number": 2},
    {"starts_ms": NOW_MS}, {"t_ms": NOW_MS - 1}, {"origin": "other.example/log"},
])  # fmt: skip
def test_one_changed_field_breaks_a_signed_rotation(home: Home, change: dict[str, object]) -> None:
    assert home.post(home.letter(dataclasses.replace(home.rotation(), **change)))["type"] == "letter_refused"
    assert home.store.rotations() == ()


def test_a_rotation_of_another_deployment_is_refused(home: Home) -> None:
    assert home.post(home.letter(home.rotation(origin="other.example/log")))["kind"] == "rotation-origin"


def test_an_older_or_replayed_rotation_does_not_bring_an_old_key_back(home: Home) -> None:
    first = home.rotation(starts_ms=NOW_MS, ends_ms=NOW_MS)
    home.post(home.letter(first))
    home.world.ticket_key = home.new_ticket_key
    third = public(Ed25519PrivateKey.generate())
    second = home.rotation(number=2, old_key=public(home.new_ticket_key), new_key=third)
    assert home.post(home.letter(second))["number"] == 2
    assert home.post(home.letter(first))["type"] == "keys_taken"
    assert len(home.store.rotations()) == 2
    older = home.rotation(number=1, old_key=public(home.new_ticket_key), new_key=first.old_key)
    assert home.post(home.letter(older))["kind"] == "rotation-older"
    gap = home.rotation(number=4, old_key=public(home.new_ticket_key), new_key=first.old_key)
    assert home.post(home.letter(gap))["kind"] == "rotation-order"
    branch = home.rotation(number=3, old_key=public(home.new_ticket_key), new_key=first.old_key)
    assert home.post(home.letter(branch))["kind"] == "rotation-old-key"


def test_an_edge_paired_after_a_rotation_refuses_it_and_takes_the_next(home: Home) -> None:
    home.pins = dataclasses.replace(home.pins, rotation=3)
    home.store.pin(home.pins, (POLICY,))
    home.trusted = TrustNow(home.pins, home.store, home.clock)
    assert home.post(home.letter(home.rotation(number=3)))["kind"] == "rotation-older"
    assert home.post(home.letter(home.rotation(number=4)))["type"] == "keys_taken"


def test_a_rotation_that_is_not_in_the_witnessed_log_is_refused(home: Home) -> None:
    assert home.post(home.letter(home.rotation(), witnesses=1))["kind"] == "witness-quorum"
    assert home.post(home.letter(home.rotation(), log=Log(home.world.log.signer.name)))["kind"] == "note-signature"
    letter = home.letter(home.rotation())
    assert home.post({**letter, "index": letter["index"] - 1})["kind"] == "log-proof"
    assert home.store.rotations() == ()


def test_a_rotation_from_the_future_is_refused(home: Home) -> None:
    later = home.rotation(t_ms=NOW_MS + 61_000)
    assert home.post(home.letter(later))["kind"] == "rotation-in-future"


def test_without_a_pinned_recovery_key_every_rotation_is_refused(home: Home) -> None:
    home.store.pin(dataclasses.replace(home.pins, recovery_key=b""), (POLICY,))
    assert home.post(home.letter(home.rotation()))["kind"] == "rotation-no-recovery"


def test_a_rotated_log_key_is_followed_and_the_old_one_ends(home: Home) -> None:
    log, new = home.world.log, Signer.generate(home.world.log.signer.name)
    draft = dataclasses.replace(
        home.rotation(), role=KeyRole.LOG, old_key=log.signer.verifier.vkey, new_key=new.verifier.vkey, starts_ms=NOW_MS
    )
    rotation = sign_by_recovery(sign_by_old(draft, log.signer.private), home.world.recovery)
    assert home.post(home.letter(rotation))["role"] == "log"
    old, log.signer = log.signer, new
    assert isinstance(home.look(home.world.ticket_key), Allowed)
    home.world.now_ms += DAY_MS
    assert isinstance(home.look(home.world.ticket_key), Allowed)
    log.signer = old
    assert home.look(home.world.ticket_key) == Denied("note-signature")


def test_two_keys_of_one_witness_stay_one_witness(home: Home) -> None:
    log, first = home.world.log, home.world.log.witnesses[0]
    new = Signer.generate(first.name, first.algorithm)
    draft = dataclasses.replace(
        home.rotation(), role=KeyRole.WITNESS, old_key=first.verifier.vkey, new_key=new.verifier.vkey, starts_ms=NOW_MS
    )
    rotation = sign_by_recovery(sign_by_old(draft, first.private), home.world.recovery)
    assert home.post(home.letter(rotation))["role"] == "witness"
    trust, others = home.trusted(), log.witnesses[1:]
    log.witnesses = (first, new)
    with pytest.raises(Untrusted) as caught:
        open_checkpoint(log.note(5, witnesses=2), trust.logs, trust.witnesses, trust.quorum)
    assert caught.value.kind == "witness-quorum"
    log.witnesses = (new, others[0])
    assert len(open_checkpoint(log.note(5, witnesses=2), trust.logs, trust.witnesses, trust.quorum).cosigned) == 2


def test_every_rotation_is_shown_to_the_owner(home: Home) -> None:
    home.post(home.letter(home.rotation()))
    (note,) = rotation_notes(home.store.rotations())
    assert note.startswith("The ticket key was changed on ")
    assert "(rotation 1)" in note
