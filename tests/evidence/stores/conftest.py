"""Both kinds of store, the real ones; a folder or prefix of its own for each test."""

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.evidence.stores.s3_server import BUCKET, S3Server, real_s3

from consentry.evidence.stores.types import Store
from consentry.evidence.stores.urls import StoreSaid, store_of


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    with tempfile.TemporaryDirectory(prefix="consentry-s3-") as name, real_s3(Path(name)) as server:
        yield server


@pytest.fixture
def folder_store(tmp_path: Path) -> Store:
    return store_of(StoreSaid(f"files:{tmp_path}/vault", tmp_path / "locks"))


@pytest.fixture
def s3_store(s3: S3Server, tmp_path: Path) -> Store:
    url = s3.url(BUCKET, secrets.token_hex(6))
    return store_of(StoreSaid(url, tmp_path / "locks", s3.key_file()))


@pytest.fixture(params=["folder_store", "s3_store"])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(request.param)
    return found
