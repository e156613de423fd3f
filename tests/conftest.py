"""Fixtures for all tests. A real PostgreSQL is started once, only when a test needs it, and stops with the run."""

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from consentry.project.postgres import Cluster

RANDOM_ID = re.compile(r"\b([a-z]{3})_[a-z2-7]{26}\b")
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_make_parametrize_id(val: object) -> str | None:
    """Names of cases that every run gives alike: random ids and keys would make parallel workers disagree."""
    if isinstance(val, bytes):
        return f"{len(val)}-bytes"
    return RANDOM_ID.sub(r"\1", val) if isinstance(val, str) and RANDOM_ID.search(val) else None


def pytest_configure() -> None:
    """Move Django away from the real data folder before anything connects; end in order also when told to by TERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="consentry-test-"))
    folder.chmod(0o711)
    settings.DATA = folder
    os.environ["CONSENTRY_DATA"] = str(folder)


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(settings.DATA, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running PostgreSQL in a folder of its own (fsync off), or the one that DATABASE_URL names."""
    found = Cluster(settings.DATA, durable=False)
    found.start()
    yield found
    found.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(cluster: Cluster) -> None:
    """Point Django at the test's own cluster."""
    said = dict(part.split("=", 1) for part in cluster.url.split())
    database = settings.DATABASES["default"]
    database.update(HOST=said["host"], USER=said["user"], PASSWORD=said["password"], NAME=said["dbname"])
    database["OPTIONS"].pop("pool", None)
    os.environ["DATABASE_URL"] = cluster.url


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real calls, roads, videos and vectors; tests skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the shared test data is not here")
    return SHARED
