"""A log of its own for each test: files in a temporary folder, the test's PostgreSQL, a sequencer run step by step."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from consentry.kernel.opening import PUBLIC_FIELDS
from consentry.ledger.queries import connection_string
from consentry.ledger.sequencer.loop import Sequencer
from consentry.ledger.sequencer.settings import SequencerSettings, ensure_log_key

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
PUBLIC = dict.fromkeys(PUBLIC_FIELDS, "x") | {"policy_sha256": "p" * 43, "cell": "8928308280fffff"}
PRIVATE: dict[str, str | int] = {"incident": "inc_1", "camera": "cam_1", "distance_m": 300}


@pytest.fixture
def data(tmp_path: Path, settings: Settings) -> Path:
    """The data folder that Django and the sequencer share in this test."""
    settings.DATA = tmp_path
    ensure_log_key(tmp_path / "keys", tmp_path / "ledger", "log.example/ledger")
    return tmp_path


@pytest.fixture
def sequencer_settings(data: Path, transactional_db: None) -> SequencerSettings:
    """For the test's own database and folder."""
    return SequencerSettings(connection_string(), data / "ledger", data / "keys" / "log.key")


@pytest.fixture
def sequencer(sequencer_settings: SequencerSettings, django_db_blocker: DjangoDbBlocker) -> Iterator[Sequencer]:
    """An open sequencer; the kinds are declared, call `integrate()` for the rest."""
    with Sequencer(sequencer_settings) as opened:
        yield opened
