"""The ledger's benchmarks (docs/design/benchmarks.md). Each makes its own scratch log and cleans up."""

import hashlib
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from consentry.kernel.bench import Result
from consentry.kernel.canonical import to_b64
from consentry.kernel.note import Signer
from consentry.kernel.opening import PUBLIC_FIELDS, commit_entry, commit_of
from consentry.kernel.tiles import TILE_WIDTH, parse_bundle, tile_at
from consentry.ledger.bench_inbox import inbox
from consentry.ledger.files import read_file
from consentry.ledger.kinds import make_entry, schema_entry
from consentry.ledger.sequencer.durable import replace_file, sync_folder, write_file
from consentry.ledger.sequencer.store import LogStore
from consentry.ledger.verify import audit_log

ROUNDS = 3
VERIFIED_ENTRIES = 1_000_000
APPENDED_ENTRIES = 131_072
BATCH = 4_096
T_MS = 1_767_225_600_000
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def verify() -> Result:
    """CPU seconds of a full audit of 1,000,000 entries, against bare hashing of the same leaves and nodes.

    As in a city's log, most entries are calls: of 40 there are 37 calls and one look (commit, reveal, end).
    """
    with _scratch() as folder:
        signer = Signer.generate("bench.example/ledger")
        store = LogStore(folder, signer)
        for batch in _batches(VERIFIED_ENTRIES):
            store.append(batch)
        store.close()
        replace_file(folder / "checkpoint", (folder / "checkpoint.latest").read_bytes())
        values, floors = [], []
        for _ in range(ROUNDS):
            floors.append(_hash_everything(folder, VERIFIED_ENTRIES))
            values.append(_cpu_s(lambda: _audit(folder, signer)))
    value, floor = statistics.median(values), statistics.median(floors)
    ratio = value / floor
    return Result("ledger.verify", value, "s", ("hashlib", floor), ratio, "ratio <= 1.5", ratio <= 1.5, tuple(values))


def append() -> Result:
    """Entries per second made durable in batches of 4,096: bundles, tiles, fsyncs, checkpoint."""
    values = []
    batches = list(_batches(APPENDED_ENTRIES))
    for _ in range(ROUNDS):
        with _scratch() as folder:
            store = LogStore(folder, Signer.generate("bench.example/ledger"))
            started = time.perf_counter()
            for batch in batches:
                store.append(batch)
                store.tidy()
            values.append(APPENDED_ENTRIES / (time.perf_counter() - started))
            store.close()
    value = statistics.median(values)
    return Result("ledger.append", value, "1/s", None, None, ">= 30000", value >= 30_000, tuple(values))


def durable() -> Result:
    """Milliseconds for one entry to be durable under a signed checkpoint, against the same writes and fsyncs alone."""
    values, floors = [], []
    with _scratch() as folder, _scratch() as bare:
        store = LogStore(folder, Signer.generate("bench.example/ledger"))
        entries = [entry for batch in _batches(400) for entry in batch]
        store.append(entries[:100])
        sizes = (100 * len(entries[1]), 100 * 32)
        _sync_alone(bare, 0, sizes)
        for round_number in range(ROUNDS):
            ours, alone = [], []
            for step in range(50):
                number = round_number * 50 + step
                ours.append(_wall_ms(store.append, [entries[100 + number]]))
                alone.append(_wall_ms(_sync_alone, bare, number + 1, sizes))
            values.append(statistics.median(ours))
            floors.append(statistics.median(alone))
        store.close()
    value, floor = statistics.median(values), statistics.median(floors)
    ratio = value / floor
    reference = ("the same writes and fsyncs alone", floor)
    return Result("ledger.durable", value, "ms", reference, ratio, "ratio <= 1.3", ratio <= 1.3, tuple(values))


def proof() -> Result:
    """Warm inclusion proofs per second out of a log of 200,000 entries, any index."""
    values, size = [], 200_000
    with _scratch() as folder:
        store = LogStore(folder, Signer.generate("bench.example/ledger"))
        for batch in _batches(size):
            store.append(batch)
        reader = store.reader()
        warm = random.Random(7).sample(range(size // 256 * 256 - 128 * 256, size), 2_000)  # noqa: S311 — no secret
        for index in warm:
            reader.inclusion(index, size)
        for _ in range(ROUNDS):
            started = time.perf_counter()
            for _ in range(5):
                for index in warm:
                    reader.inclusion(index, size)
            values.append(5 * len(warm) / (time.perf_counter() - started))
        store.close()
    value = statistics.median(values)
    return Result("ledger.proof", value, "1/s", None, None, ">= 10000", value >= 10_000, tuple(values))


_PUBLIC = dict.fromkeys(PUBLIC_FIELDS, "0123456789abcdef") | {"policy_sha256": "f" * 64}
_CALL = b'{"commit":"%s","feed":"fee_abcdefghijklmnopqrstuvwxyz","kind":"call.receive","t":%d,"v":1}'
BENCHES: dict[str, Callable[[], Result]] = {
    "ledger.append": append,
    "ledger.durable": durable,
    "ledger.inbox": inbox,
    "ledger.proof": proof,
    "ledger.verify": verify,
}


def _batches(count: int) -> Iterator[list[bytes]]:
    """`count` entries as a city's log has them, BATCH at a time: the kinds, then 37 calls and one look in turn."""
    batch, commit_index = [schema_entry(t_ms=T_MS)], 0
    for index in range(1, count):
        number, step = divmod(index, 40)
        salt, inner = number.to_bytes(32, "big"), number.to_bytes(32, "little")
        if step == 1:
            commit_index = index
            commit = commit_of(_PUBLIC, salt, inner)
            batch.append(commit_entry(commit, t_ms=T_MS + number, policy_sha256=_PUBLIC["policy_sha256"]))
        elif step == 2:
            shown = {"index": commit_index, "inner": to_b64(inner), "public": _PUBLIC, "salt_pub": to_b64(salt)}
            batch.append(make_entry("look.reveal", shown, t_ms=T_MS + number))
        elif step == 3:
            end = {"duration_bucket": "1_to_5_min", "index": commit_index, "reason": "expired"}
            batch.append(make_entry("look.end", end, t_ms=T_MS + number))
        else:
            batch.append(_CALL % (hashlib.sha256(str(index).encode()).hexdigest().encode(), T_MS + index))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _audit(folder: Path, signer: Signer) -> None:
    audit = audit_log(str(folder), signer.verifier, now=NOW)
    if not audit.holds:
        raise RuntimeError(f"the scratch log does not hold: {audit.findings[0]}")


def _hash_everything(folder: Path, count: int) -> float:
    """CPU seconds of `hashlib` over the bytes that the tree hashes; getting those bytes is not counted."""
    sha256, spent, nodes = hashlib.sha256, 0.0, [bytes(65)] * TILE_WIDTH
    for number in range(-(-count // TILE_WIDTH)):
        bundle = parse_bundle(read_file(folder, tile_at(-1, number, count).path))
        leaves = [b"\x00" + entry for entry in bundle]
        started = time.process_time()
        for data in leaves:
            sha256(data).digest()
        for data in nodes:
            sha256(data).digest()
        spent += time.process_time() - started
    return spent


def _cpu_s(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _wall_ms(work: Callable[..., object], *arguments: object) -> float:
    started = time.perf_counter()
    work(*arguments)
    return (time.perf_counter() - started) * 1_000


def _sync_alone(folder: Path, number: int, sizes: tuple[int, int]) -> None:
    """The system calls of one append and nothing else: two new files, their folders, a file replaced."""
    for name, size in zip(("a", "b"), sizes, strict=True):
        (folder / name).mkdir(exist_ok=True)
        write_file(folder / name / str(number), bytes(size))
    for name in ("a", "b"):
        sync_folder(folder / name)
    replace_file(folder / "head", bytes(200))


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder on the disk where the data would lie (CONSENTRY_BENCH_DIR, else the temporary folder)."""
    with tempfile.TemporaryDirectory(prefix="consentry-bench-", dir=os.environ.get("CONSENTRY_BENCH_DIR")) as folder:
        yield Path(folder)
