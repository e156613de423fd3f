"""Folders for the vault's tests."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def quick_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: thousands of fsyncs cost minutes on a disk that others use, and say no
    more, as what is durable is reckoned by `crash.py`."""
    memory = Path("/dev/shm")
    if not memory.is_dir():
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="consentry-vault-", dir=memory))
    yield folder
    shutil.rmtree(folder)
