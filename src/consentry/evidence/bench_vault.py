"""`vault.seal`, `vault.memory`, `vault.close`: real bytes through the real vault (docs/design/benchmarks.md)."""

import hashlib
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from consentry.evidence.vault.item_folder import segment_path
from consentry.evidence.vault.journal import JOURNAL, MANIFEST
from consentry.evidence.vault.keys import Keys
from consentry.evidence.vault.reading import check_sealed
from consentry.evidence.vault.vault import Vault
from consentry.kernel.bench import Result
from consentry.kernel.errors import Unavailable
from consentry.kernel.ids import ItemId, new_id
from consentry.kernel.item import About, SegmentSpan
from consentry.kernel.note import Signer

ROUNDS = 3
PIECE_BYTES = 1_048_576
SEAL_BYTES, SEAL_SEGMENT_BYTES = 268_435_456, 8_388_608
# Ten seconds of a stream of 4 Mbit/s, as a recorder sends them: 2 000 segments.
LARGE_BYTES, LARGE_SEGMENT_BYTES = 10_000_000_000, 5_000_000
SEAL_TARGET, MEMORY_TARGET_MB, CLOSE_TARGET_MS = 1.1, 64.0, 100.0
BEGAN_MS = 1_790_000_000_000


def seal() -> Result:
    """MB sealed per CPU second of this process; by turns with openssl, which encrypts the same file and hashes both."""
    rounds: list[float] = []
    references: list[float] = []
    with _folder(3 * SEAL_BYTES) as folder:
        source = folder / "source"
        _fill(source, SEAL_BYTES)
        said = _said_of(source)
        for number in range(ROUNDS):
            rounds.append(_sealed_per_s(folder / str(number), source, said))
            references.append(_openssl_per_s(source, folder / "encrypted"))
    value, reference = statistics.median(rounds), statistics.median(references)
    ratio = value / reference
    return Result("vault.seal", value, "MB per CPU second", ("openssl enc + 2 × dgst", reference), ratio,
                  f"ratio >= {SEAL_TARGET:g}", ratio >= SEAL_TARGET, tuple(rounds))  # fmt: skip


def memory() -> Result:
    """Growth of this process's peak while it seals 10 GB as one item, closes it and reads all of it again.

    One run, as the peak only grows: `rounds` are the growth after sealing, after closing, after reading.
    """
    grown: list[float] = []
    with _folder(LARGE_BYTES) as folder:
        vault, _ = _vault_with(folder, 20)  # what any item needs: modules, ciphers
        before_kb = _forget_peak_kb()
        item = _large_item(vault)
        grown.append(_status_kb("VmHWM") - before_kb)
        vault.close(item, now_ms=BEGAN_MS)
        grown.append(_status_kb("VmHWM") - before_kb)
        vault.check(item)
        for number in range(20):
            for _ in vault.open_segment(item, number):
                pass
        grown.append(_status_kb("VmHWM") - before_kb)
    rounds = tuple(kb * 1_024 / 1_000_000 for kb in grown)
    value = max(rounds)
    return Result("vault.memory", value, "MB", None, None, f"<= {MEMORY_TARGET_MB:g}", value <= MEMORY_TARGET_MB,
                  rounds)  # fmt: skip


def close() -> Result:
    """Milliseconds from the last acknowledgement of a 10 GB item to its durable manifest.

    The item is opened again for each further round: its manifest and the last line of its journal are taken away.
    """
    rounds: list[float] = []
    with _folder(LARGE_BYTES) as folder:
        vault, _ = _vault_with(folder, 1)
        item = _large_item(vault)
        journal = vault.folder_of(item) / JOURNAL
        open_bytes = journal.stat().st_size
        for _ in range(ROUNDS):
            vault = Vault(folder / "vault", vault.keys, Signer.generate("vault.example/bench"))
            vault.lines_of(item)  # whoever took the last segment has the journal
            began = time.perf_counter()
            vault.close(item, now_ms=BEGAN_MS)
            rounds.append((time.perf_counter() - began) * 1_000)
            (vault.folder_of(item) / MANIFEST).unlink()
            os.truncate(journal, open_bytes)
    value = statistics.median(rounds)
    return Result("vault.close", value, "ms", None, None, f"<= {CLOSE_TARGET_MS:g}", value <= CLOSE_TARGET_MS,
                  tuple(rounds))  # fmt: skip


@contextmanager
def _folder(needed_bytes: int) -> Iterator[Path]:
    """A folder on a real disk with room for so much, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="consentry-bench-vault-") as name:
        if shutil.disk_usage(name).free < 1.2 * needed_bytes:
            raise Unavailable(f"the disk of {name} has no room for {needed_bytes / 1e9:.0f} GB")
        yield Path(name)


def _forget_peak_kb() -> int:
    """The resident memory of this process now; its peak counts from here (what a start took is no part of it)."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status_kb("VmRSS")


def _status_kb(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def _vault_with(folder: Path, count: int) -> tuple[Vault, ItemId]:
    """A vault, and in it a first item with `count` small segments."""
    vault = Vault(folder / "vault", Keys(folder / "vault-keys", shredded=()), Signer.generate("vault.example/bench"))
    item = _begun(vault)
    _send(vault, item, count)
    check_sealed(segment_path(vault.folder_of(item), 0), vault.lines_of(item)[0])
    return vault, item


def _large_item(vault: Vault) -> ItemId:
    """10 GB, sealed and written: the plain bytes of its segments are the same, the sealed ones are not."""
    item = _begun(vault)
    _send(vault, item, LARGE_BYTES // LARGE_SEGMENT_BYTES)
    return item


def _send(vault: Vault, item: ItemId, count: int) -> None:
    plain = os.urandom(LARGE_SEGMENT_BYTES)
    span = _span(0, plain)
    for number in range(count):
        start_us = span.start_us + number * 10_000_000
        said = span._replace(number=number, start_us=start_us, end_us=start_us + 10_000_000)
        vault.take_segment(item, said, _pieces(plain))


def _begun(vault: Vault) -> ItemId:
    item = ItemId(new_id("item"))
    vault.begin(About(item, new_id("agency"), "look", {"camera": new_id("camera")}, os.urandom(32), "90d", BEGAN_MS))
    return item


def _span(number: int, plain: bytes) -> SegmentSpan:
    start_us = BEGAN_MS * 1_000 + number * 10_000_000
    origin = {"gateway": new_id("gateway"), "number": number, "previous": "0" * 64, "recovered": False, "run": "bench"}
    digest = hashlib.sha256(plain).hexdigest()
    return SegmentSpan(number, start_us, start_us + 10_000_000, "video/mp4", len(plain), digest, origin)


def _pieces(plain: bytes) -> Iterator[bytes]:
    for at in range(0, len(plain), PIECE_BYTES):
        yield plain[at : at + PIECE_BYTES]


def _fill(path: Path, size_bytes: int) -> None:
    with path.open("wb") as file:
        for _ in range(size_bytes // PIECE_BYTES):
            file.write(os.urandom(PIECE_BYTES))


def _said_of(source: Path) -> list[SegmentSpan]:
    with source.open("rb") as file:
        parts = iter(lambda: file.read(SEAL_SEGMENT_BYTES), b"")
        return [_span(number, part) for number, part in enumerate(parts)]


def _sealed_per_s(folder: Path, source: Path, said: list[SegmentSpan]) -> float:
    """MB per CPU second, reading, fsyncs, journal and acknowledgements included."""
    vault = Vault(folder / "vault", Keys(folder / "vault-keys", shredded=()), Signer.generate("vault.example/bench"))
    item = _begun(vault)
    began = time.process_time()
    with source.open("rb", buffering=0) as file:
        for span in said:
            count = span.size_bytes // PIECE_BYTES
            vault.take_segment(item, span, (file.read(PIECE_BYTES) for _ in range(count)))
    spent_s = time.process_time() - began
    shutil.rmtree(folder)
    return SEAL_BYTES / 1_000_000 / spent_s


def _openssl_per_s(source: Path, encrypted: Path) -> float:
    """The same of openssl's commands, one after the other: encrypt, hash the plain file, hash the encrypted one."""
    key = ["-K", os.urandom(32).hex(), "-iv", os.urandom(16).hex()]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for arguments in (
        ["enc", "-aes-256-ctr", *key, "-in", str(source), "-out", str(encrypted)],
        ["dgst", "-sha256", str(source)],
        ["dgst", "-sha256", str(encrypted)],
    ):
        subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL)  # noqa: S607
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    encrypted.unlink()
    return SEAL_BYTES / 1_000_000 / (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


BENCHES: dict[str, Callable[[], Result]] = {"vault.close": close, "vault.memory": memory, "vault.seal": seal}
