"""What checking a bag costs (docs/design/benchmarks.md): a real bag by `make.py`, checked in a process of its own."""

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from consentry.evidence.bag.make import Draft, draft_bag, finish_bag, open_bag
from consentry.evidence.bag.types import BagItem, CustodyEvent, ExportOrder
from consentry.kernel.bench import Result
from consentry.kernel.canonical import canonical_json, to_b64
from consentry.kernel.checkpoint import Checkpoint, sign_checkpoint
from consentry.kernel.ids import ExportId, ItemId, new_id
from consentry.kernel.item import About, commit_of, make_manifest
from consentry.kernel.item_journal import ClosedLine, SegmentLine
from consentry.kernel.item_signed import sign_manifest
from consentry.kernel.merkle import leaf_hash, root_of
from consentry.kernel.note import Signer
from consentry.kernel.proof import Proof, dump_proof

ROUNDS, BLOCK_BYTES = 3, 1_048_576
SPEED_SEGMENTS, MEMORY_SEGMENTS, SEGMENT_BLOCKS = 200, 2_000, 5
LEAST_RATIO, MOST_MB = 0.65, 64.0
_T_MS = 1_790_000_000_000


@dataclass
class _Blocks:
    """Segments of the same block over and over; SHA-256 and CRC take as long for it as for anything."""

    block: bytes

    def read(self, number: int, start: int = 0) -> Iterator[bytes]:
        """All segments are the same."""
        del number
        yield from ((self.block * SEGMENT_BLOCKS)[start:],) if start else (self.block,) * SEGMENT_BLOCKS


def verify() -> Result:
    """MB (10^6) checked per second of processor time, the program's start left out; `openssl dgst` on the same file."""
    with tempfile.TemporaryDirectory(prefix="consentry-bench-") as name:
        bag, trust = make_bag(Path(name), SPEED_SEGMENTS, os.urandom(BLOCK_BYTES))
        size_mb = bag.stat().st_size / 1e6
        ours, floor = [], []
        for _ in range(ROUNDS):
            floor.append(size_mb / _openssl_s(bag))
            ours.append(size_mb / _check(bag, trust)["cpu_s"])
    value, reference = statistics.median(ours), statistics.median(floor)
    ratio = value / reference
    return Result("vault.verify", value, "MB", ("openssl dgst -sha256", reference), ratio, f"ratio >= {LEAST_RATIO}",
                  ratio >= LEAST_RATIO, tuple(ours))  # fmt: skip


def memory() -> Result:
    """MB (10^6) that a check of a 10 GB bag grows by; its segments are holes in a file, read as zeros."""
    with tempfile.TemporaryDirectory(prefix="consentry-bench-") as name:
        bag, trust = make_bag(Path(name), MEMORY_SEGMENTS, bytes(BLOCK_BYTES))
        values = [_check(bag, trust)["grown_mb"] for _ in range(ROUNDS)]
    value = statistics.median(values)
    return Result("vault.memory_bag", value, "MB", None, None, f"<= {MOST_MB:.0f}", value <= MOST_MB, tuple(values))


BENCHES: dict[str, Callable[[], Result]] = {"vault.memory_bag": memory, "vault.verify": verify}


def _check(bag: Path, trust: Path) -> dict[str, float]:
    words = [sys.executable, "-m", "consentry.evidence.bag.bench_child", str(bag), str(trust)]
    said = subprocess.run(words, check=True, capture_output=True).stdout
    found: dict[str, float] = json.loads(said)
    return found


def _openssl_s(bag: Path) -> float:
    """Processor seconds of `openssl dgst` over the file."""
    words = [shutil.which("openssl") or "/usr/bin/openssl", "dgst", "-sha256", str(bag)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise OSError("openssl dgst failed")
    return used.ru_utime + used.ru_stime


def make_bag(folder: Path, count: int, block: bytes) -> tuple[Path, Path]:
    """A bag of `count` segments as a file, and the trust file for it."""
    vault, log = Signer.generate("bench.example/vault"), Signer.generate("bench.example/log")
    about, journal, manifest, commit = _item(count, block, vault)
    events = (CustodyEvent(_T_MS, "item.close", "bench"), CustodyEvent(_T_MS, "item.seal", "bench", entry=0))
    item = BagItem(about, journal, manifest, None, _Blocks(block), events)
    order = ExportOrder(ExportId(new_id("export")), _T_MS + 1, os.urandom(32), stamped=False)
    shelf = folder / "shelf"
    draft = draft_bag(shelf, item, order, vault)
    finish_bag(shelf, *_proofs(log, commit, draft), None)
    bag, trust = folder / "bag.zip", folder / "trust"
    is_zeros = not any(block)
    with bag.open("wb") as file:
        for piece in open_bag(shelf, item.segments).pieces():
            if is_zeros and piece == block:
                file.seek(len(piece), os.SEEK_CUR)
            else:
                file.write(piece)
    trust.write_text(f"vault {vault.verifier.vkey}\nlog {log.verifier.vkey}\nquorum none\n")
    return bag, trust


def _item(count: int, block: bytes, vault: Signer) -> tuple[bytes, bytes, bytes, bytes]:
    """`about`, `journal`, `manifest`, and the log's commitment."""
    about = About(ItemId(new_id("item")), new_id("agency"), "look", {}, os.urandom(32), "bench", _T_MS - 10_000 * count)
    digest = hashlib.sha256(block * SEGMENT_BLOCKS).hexdigest()
    previous, lines, size = hashlib.sha256(about.to_bytes()).hexdigest(), [], BLOCK_BYTES * SEGMENT_BLOCKS
    for number in range(count):
        start_us = 1_000 * about.began_ms + 10_000_000 * number
        origin = {"gateway": "gwy", "run": "run", "number": number, "previous": digest, "recovered": False}
        line = SegmentLine(number, f"{number:032x}", start_us, start_us + 10_000_000, "video/mp4", size, digest,
                           size + 144, digest, origin, previous)  # fmt: skip
        previous = hashlib.sha256(line.to_bytes()).hexdigest()
        lines.append(line)
    journal = b"".join(line.to_bytes() for line in lines) + ClosedLine(_T_MS, previous).to_bytes()
    manifest = make_manifest(about, [line.span for line in lines], _T_MS, hashlib.sha256(journal).hexdigest())
    commit = commit_of(about.salt, hashlib.sha256(manifest.to_bytes()).digest())
    return about.to_bytes(), journal, sign_manifest(manifest, vault), commit + about.agency.encode()


def _proofs(log: Signer, commit: bytes, draft: Draft) -> tuple[str, str]:
    """A log of two entries, without witnesses."""
    commits, agency = (to_b64(commit[:32]), draft.commit), commit[32:].decode()
    entries = [
        canonical_json({"v": 1, "kind": kind, "t": _T_MS + 2, "agency": agency, "commit": said})
        for kind, said in zip(("item.seal", "export.create"), commits, strict=True)
    ]
    leaves = [leaf_hash(entry) for entry in entries]
    head = sign_checkpoint(Checkpoint(log.verifier.name, 2, root_of(leaves)), log)
    first, second = (dump_proof(Proof(number, (leaves[1 - number],), head), extra=entries[number]) for number in (0, 1))
    return first, second
