"""Append, commit, end, seal and reveal on a real PostgreSQL with a real log."""

import json
from datetime import timedelta

import pytest
from django.db import transaction
from tests.ledger.conftest import NOW, PRIVATE, PUBLIC

from consentry.kernel import merkle
from consentry.kernel.canonical import from_b64
from consentry.kernel.checkpoint import open_checkpoint
from consentry.kernel.errors import Conflict, Malformed, NotFound, Unavailable
from consentry.kernel.note import Verifier
from consentry.kernel.opening import PRIVATE_FIELDS, commit_of, dump_opening, leaf_of, parse_opening
from consentry.ledger import queries, services
from consentry.ledger.models import LookRecord
from consentry.ledger.sequencer.loop import Sequencer
from consentry.ledger.types import LookEnd

pytestmark = pytest.mark.django_db(transaction=True)


def newest(kind: str) -> dict[str, object]:
    return dict(json.loads(queries.entries_of(kind, limit=1)[0][1]))


def test_an_entry_has_a_place_only_once_it_is_durable_and_then_its_proof_holds(sequencer: Sequencer) -> None:
    services.append("call.receive", {"commit": "c", "feed": "f"}, key="call:1")
    assert queries.find_place("call:1") is None
    assert sequencer.integrate() == 1
    place = queries.find_place("call:1")
    assert place is not None
    proof = queries.prove(place.index)
    head = open_checkpoint(proof.checkpoint, Verifier.parse(queries.log_vkey()))
    merkle.verify_inclusion(place.leaf, place.index, head.size, proof.hashes, head.root)
    assert merkle.leaf_hash(queries.read_entry(place.index)) == place.leaf


def test_a_rolled_back_transaction_leaves_nothing_for_the_log(sequencer: Sequencer) -> None:
    with transaction.atomic():
        services.append("call.receive", {"commit": "c", "feed": "f"}, key="call:1")
        transaction.set_rollback(True)
    assert sequencer.integrate() == 0


def test_a_key_is_integrated_once(sequencer: Sequencer) -> None:
    assert services.append("call.receive", {"commit": "c", "feed": "f"}, key="call:1").is_new
    sequencer.integrate()
    assert not services.append("call.receive", {"commit": "other", "feed": "f"}, key="call:1").is_new
    assert sequencer.integrate() == 0
    with pytest.raises(Conflict):
        services.commit_look(PUBLIC, PRIVATE, key="call:1", now=NOW)


def test_unknown_kinds_and_fields_are_refused(sequencer: Sequencer) -> None:
    with pytest.raises(Malformed):
        services.append("look.glance", {}, key="a")
    with pytest.raises(Malformed):
        services.append_raw(b"{}", kind="look.glance", key="a")
    with pytest.raises(Malformed):
        services.commit_look({**PUBLIC, "camera": "cam_1"}, PRIVATE, key="a", now=NOW)


def test_the_commit_says_nothing_and_the_opening_recomputes_its_leaf(sequencer: Sequencer) -> None:
    private = dict.fromkeys(PRIVATE_FIELDS, "x") | {
        "distance_m": 300, "max_until": 5, "reported_at": 4, "policy_sha256": "p" * 43,
    }  # fmt: skip
    services.commit_look(PUBLIC, private, key="look:1", now=NOW)
    with pytest.raises(Unavailable):
        queries.make_opening("look:1")
    sequencer.integrate()
    assert set(newest("look.commit")) == {"v", "kind", "t", "commit", "policy_sha256"}
    opening = parse_opening(dump_opening(queries.make_opening("look:1")))
    place = queries.find_place("look:1")
    assert place is not None
    assert (leaf_of(opening), opening.index) == (place.leaf, place.index)
    head = open_checkpoint(opening.checkpoint, Verifier.parse(queries.log_vkey()))
    merkle.verify_inclusion(leaf_of(opening), opening.index, head.size, opening.proof, head.root)


def test_reveal_opens_its_commit_and_tells_the_end_only_in_bands(sequencer: Sequencer) -> None:
    services.commit_look(PUBLIC, PRIVATE, key="look:1", now=NOW)
    assert not services.reveal_look("look:1", now=NOW)
    sequencer.integrate()
    services.end_look("look:1", LookEnd("withdrawn", 77, 1_000), now=NOW)
    services.end_look("look:1", LookEnd("expired", 900), now=NOW)
    assert services.reveal_incident("inc_1", now=NOW) == 1
    assert services.reveal_incident("inc_1", now=NOW) == 0
    assert sequencer.integrate() == 2
    reveal, commit, end = newest("look.reveal"), newest("look.commit"), newest("look.end")
    public = reveal["public"]
    assert isinstance(public, dict)
    salt, inner = from_b64(str(reveal["salt_pub"])), from_b64(str(reveal["inner"]))
    assert commit_of(public, salt, inner) == from_b64(str(commit["commit"]))
    assert (end["reason"], end["duration_bucket"], end["index"]) == ("withdrawn", "1_to_5_min", reveal["index"])


def test_an_end_after_the_reveal_still_reaches_the_log(sequencer: Sequencer) -> None:
    services.commit_look(PUBLIC, PRIVATE, key="look:1", now=NOW)
    sequencer.integrate()
    services.reveal_look("look:1", now=NOW)
    services.end_look("look:1", LookEnd("expired", 900), now=NOW)
    assert sequencer.integrate() == 2


def test_a_look_is_due_after_29_days_whatever_the_incident_does(sequencer: Sequencer) -> None:
    services.commit_look(PUBLIC, PRIVATE, key="look:1", now=NOW)
    sequencer.integrate()
    assert services.reveal_due(NOW + timedelta(days=28, hours=23)) == 0
    assert services.reveal_due(NOW + timedelta(days=29)) == 1
    assert services.reveal_due(NOW + timedelta(days=29)) == 0


def test_a_look_that_was_not_integrated_when_its_incident_closed_is_revealed_by_the_job(sequencer: Sequencer) -> None:
    services.commit_look(PUBLIC, PRIVATE, key="look:1", now=NOW)
    assert services.reveal_incident("inc_1", now=NOW) == 0
    sequencer.integrate()
    assert services.reveal_due(NOW + timedelta(minutes=1)) == 1


def test_a_seal_holds_the_reveal_back_until_its_date_and_lifts_by_itself(sequencer: Sequencer) -> None:
    services.commit_look(PUBLIC, PRIVATE, key="look:1", now=NOW)
    sequencer.integrate()
    services.seal_look("look:1", agency="agy_1", commit="c", until=NOW + timedelta(days=60))
    assert services.reveal_incident("inc_1", now=NOW) == 0
    assert services.reveal_due(NOW + timedelta(days=59)) == 0
    assert services.reveal_due(NOW + timedelta(days=60)) == 1
    sequencer.integrate()
    assert newest("order.execute")["index"] == newest("look.reveal")["index"]
    with pytest.raises(Conflict):
        services.seal_look("look:1", agency="agy_1", commit="c", until=NOW + timedelta(days=90))


def test_the_private_half_is_kept_five_years_and_then_erased_without_breaking_the_log(sequencer: Sequencer) -> None:
    services.commit_look(PUBLIC, PRIVATE, key="look:1", now=NOW)
    sequencer.integrate()
    services.reveal_look("look:1", now=NOW)
    with pytest.raises(Conflict):
        services.erase_look("look:1", now=NOW + timedelta(days=400), kept=timedelta(days=1))
    services.erase_look("look:1", now=NOW + timedelta(days=6 * 366), kept=timedelta(days=1))
    record = LookRecord.objects.get()
    assert (record.salt_priv, record.private) == (None, {})
    with pytest.raises(Conflict):
        queries.make_opening("look:1")


def test_what_is_not_there_is_not_found(sequencer: Sequencer) -> None:
    for call in (
        lambda: services.reveal_look("no", now=NOW),
        lambda: queries.prove(99),
        lambda: queries.read_entry(99),
        lambda: queries.make_opening("no"),
    ):
        with pytest.raises(NotFound):
            call()
