"""The public record through the API, over a real log."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from tests.ledger.conftest import NOW, PRIVATE, PUBLIC

from consentry.ledger import services
from consentry.ledger.sequencer.durable import replace_file
from consentry.ledger.sequencer.loop import Sequencer
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
