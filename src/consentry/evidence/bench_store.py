"""`vault.store`: a sealed file into S3 and out again, against `curl` that does the same (docs/design/benchmarks.md)."""

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from consentry.evidence.bench_s3 import BUCKET, KEY_ID, SECRET, S3Server, real_s3
from consentry.evidence.stores.types import FileSaid, Lock, Store, StoredName, checked, measure, pieces_of, stored_name
from consentry.evidence.stores.urls import StoreSaid, store_of
from consentry.kernel.bench import Result
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Unavailable
from consentry.kernel.ids import ItemId, new_id

ROUNDS, SIZE_BYTES = 5, 128 * 1_048_576
TARGET_RATIO = 0.9


def store() -> Result:
    """MB/s (10^6) of put + get: ours locks, reads back and checks the hash; curl signs and moves the same bytes."""
    if shutil.which("curl") is None:
        raise Unavailable("vault.store is measured against curl")
    with tempfile.TemporaryDirectory(prefix="consentry-bench-") as name:
        folder = Path(name)
        (folder / "s3").mkdir()
        said = _make(folder / "file")
        with real_s3(folder / "s3") as server:
            ours = store_of(StoreSaid(server.url(BUCKET), folder / "locks", server.key_file()))
            _curl(server, folder / "file", "warm")
            _round(ours, folder / "file", said)
            pairs = [
                (_round(ours, folder / "file", said), _curl(server, folder / "file", str(number)))
                for number in range(ROUNDS)
            ]
    values, references = [one for one, _ in pairs], [other for _, other in pairs]
    value, reference = statistics.median(values), statistics.median(references)
    ratio = value / reference
    met = ratio >= TARGET_RATIO
    return Result(
        "vault.store", value, "MB/s", ("curl", reference), ratio, f"ratio >= {TARGET_RATIO}", met, tuple(values)
    )


BENCHES: dict[str, Callable[[], Result]] = {"vault.store": store}


def _round(store: Store, path: Path, said: FileSaid) -> float:
    name = _name()
    began_s = time.perf_counter()
    with path.open("rb") as file:
        store.put(name, said, file, Lock(to_ms(utc_now()) + 60_000))
    size_bytes = sum(len(piece) for piece in checked(store.read(name), said))
    return 2 * size_bytes / (time.perf_counter() - began_s) / 1e6


def _curl(server: S3Server, path: Path, name: str) -> float:
    url = f"{server.endpoint}/{BUCKET}/curl/{name}"
    user = f"{KEY_ID}:{SECRET}"
    signed = ["curl", "--silent", "--show-error", "--fail", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", user]
    began_s = time.perf_counter()
    subprocess.run([*signed, "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", "-T", path, url], check=True)
    subprocess.run([*signed, "-o", os.devnull, url], check=True)
    return 2 * SIZE_BYTES / (time.perf_counter() - began_s) / 1e6


def _make(path: Path) -> FileSaid:
    with path.open("wb") as file:
        for _ in range(SIZE_BYTES // 1_048_576):
            file.write(os.urandom(1_048_576))
    with path.open("rb") as file:
        return measure(pieces_of(file))


def _name() -> StoredName:
    return stored_name(ItemId(new_id("item")), "000000.seg")
