"""The real S3 server of `evidence/bench_s3.py`, for tests."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from consentry.evidence.bench_s3 import BUCKET, KEY_ID, SECRET, S3Server
from consentry.evidence.bench_s3 import real_s3 as _real_s3
from consentry.kernel.errors import Unavailable

__all__ = ["BUCKET", "KEY_ID", "SECRET", "S3Server", "real_s3"]


@contextlib.contextmanager
def real_s3(folder: Path) -> Iterator[S3Server]:
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(_real_s3(folder))
        except Unavailable as error:
            pytest.fail(str(error))
        yield server
