"""The public record through the API, over a real log."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from tests.agencies.make import make_agency, make_programme
from tests.ledger.conftest import NOW, PRIVATE, PUBLIC

from consentry.agencies.types import State
from consentry.incidents.services import FeedPlan, add_feed
from consentry.kernel.note import COSIGNATURE_V1, Signer
from consentry.ledger import services
from consentry.ledger.sequencer.durable import replace_file
from consentry.ledger.sequencer.loop import Sequencer
from consentry.ledger.trust import Witness, WitnessPolicy, write_policy
from consentry.ledger.types import LookEnd

pytestmark = pytest.mark.django_db(transaction=True)


def _look(key: str, sequencer: Sequencer, data: Path) -> None:
    services.commit_look(PUBLIC, PRIVATE, key=key, now=NOW)
    sequencer.integrate()
    replace_file(data / "ledger" / "checkpoint", (data / "ledger" / "checkpoint.latest").read_bytes())


def test_unrevealed_look_is_a_bare_count(client: Client, sequencer: Sequencer, data: Path) -> None:
    _look("look:1", sequencer, data)
    said = client.get("/api/public/overview").json()
    assert (said["looks_waiting"], said["looks_revealed"]) == (1, 0)
    assert client.get("/api/public/looks").json()["looks"] == []


def test_witnesses_are_named_by_who_runs_them_and_marked_on_this_machine(
    client: Client, sequencer: Sequencer, data: Path
) -> None:
    _look("look:1", sequencer, data)
    keys = [Signer.generate(f"witness.test/{name}", COSIGNATURE_V1).verifier for name in "ab"]
    addresses = ("http://127.0.0.1:1", "https://witness.example.org")
    found = map(Witness, keys, addresses, ("this-machine-1", "city-clerk"))
    (data / "keys" / "witnesses.policy").write_text(write_policy(WitnessPolicy(tuple(found), 1)))
    assert client.get("/api/public/overview").json()["witnesses"] == [
        {"name": "witness.test/a", "operator": "this-machine-1", "same_machine": True},
        {"name": "witness.test/b", "operator": "city-clerk", "same_machine": False},
    ]


def test_feeds_of_a_published_programme_are_public_and_those_of_a_draft_are_not(client: Client) -> None:
    agency = make_agency()
    add_feed(FeedPlan(agency=agency.id, name="Dispatch", kind="webhook"))
    published, draft = make_programme(agency, State.PUBLISHED), make_programme(agency, State.DRAFT)
    assert client.get(f"/api/public/programmes/{published.id}/feeds").json() == [
        {"name": "Dispatch", "kind": "webhook", "origin": "cad"}
    ]
    for missing in (draft.id, "prg_none"):
        assert client.get(f"/api/public/programmes/{missing}/feeds").status_code == 404


def test_revealed_look_shows_purpose_and_end_but_no_private_field(
    client: Client, sequencer: Sequencer, data: Path
) -> None:
    _look("look:1", sequencer, data)
    services.end_look("look:1", LookEnd(reason="stopped", watched_s=61, sent_bytes=9), now=NOW + timedelta(minutes=1))
    services.reveal_look("look:1", now=NOW + timedelta(minutes=2))
    sequencer.integrate()
    answer = client.get("/api/public/looks")
    (look,) = answer.json()["looks"]
    assert (look["purpose"], look["cell"], look["end_reason"]) == (PUBLIC["purpose"], PUBLIC["cell"], "stopped")
    secrets = {str(value) for field, value in PRIVATE.items() if field not in PUBLIC and len(str(value)) > 3}
    assert not [value for value in secrets if value in json.dumps(answer.json())]
