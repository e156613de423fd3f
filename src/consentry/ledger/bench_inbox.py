"""The benchmark of the whole way: 32 writers through PostgreSQL until each entry is durable in the log.

The writers (`bench_writers`) share four processes, so that it is not their interpreter that is measured; the sequencer
is a process of its own. Needs DATABASE_URL with our tables.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from consentry.kernel.bench import Result
from consentry.ledger.sequencer.settings import ensure_log_key

ROUNDS, ROUND_S = 3, 4.0
WRITERS, PROCESSES = 32, 4
TARGET_PER_S, TARGET_P99_MS = 3_000, 25.0
_SEQUENCER = (
    "import sys; from pathlib import Path; from threading import Event;"
    "from consentry.ledger.sequencer.loop import run; from consentry.ledger.sequencer.settings import *;"
    "d = Path(sys.argv[1]); run(SequencerSettings(sys.argv[2], d / 'ledger', d / 'keys' / 'log.key'), Event())"
)


def inbox() -> Result:
    """Acknowledged entries per second by 32 writers; met if also p99 ≤ 25 ms and none is lost."""
    database, values, p99_ms = os.environ["DATABASE_URL"], [], []
    with _sequencer(database):
        for number in range(ROUNDS + 1):
            found = _round(number)
            if number:  # the first one warms up
                values.append(len(found) / ROUND_S)
                p99_ms.append(statistics.quantiles(found, n=100)[98])
    value, worst = statistics.median(values), statistics.median(p99_ms)
    met = value >= TARGET_PER_S and worst <= TARGET_P99_MS
    target = f">= {TARGET_PER_S}, p99 <= {TARGET_P99_MS:.0f} ms (p99 was {worst:.1f} ms)"
    return Result("ledger.inbox", value, "1/s", None, None, target, met, tuple(values))


def _round(number: int) -> list[float]:
    """How long (ms) each entry took that was acknowledged; RuntimeError when one was not."""
    command = [sys.executable, "-m", "consentry.ledger.bench_writers", str(WRITERS // PROCESSES), str(ROUND_S)]
    children = [
        subprocess.Popen([*command, f"bench:{number}:{process}:"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for process in range(PROCESSES)
    ]
    try:
        for child in children:
            if child.stdout is None or child.stdout.readline() != b"ready\n":
                raise RuntimeError("a writer did not start")
        said = [answer for answer, _ in _answers(children)]
    finally:
        for child in children:
            child.kill()
            child.wait()
    return [took_ms for answer in said for took_ms in json.loads(answer)]


def _answers(children: list[subprocess.Popen[bytes]]) -> Iterator[tuple[bytes, bytes | None]]:
    for child in children:
        if child.stdin is not None:
            child.stdin.write(b"go\n")
            child.stdin.flush()
    for child in children:
        yield child.communicate()
        if child.returncode:
            raise RuntimeError("entries were lost")


@contextmanager
def _sequencer(database: str) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="consentry-bench-", dir=os.environ.get("CONSENTRY_BENCH_DIR")) as name:
        folder = Path(name)
        ensure_log_key(folder / "keys", folder / "ledger", "bench.example/ledger")
        child = subprocess.Popen([sys.executable, "-c", _SEQUENCER, name, database])
        try:
            _wait_awake(database)
            yield
        finally:
            child.kill()
            child.wait()


def _wait_awake(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        deadline_s = time.monotonic() + 20
        while time.monotonic() < deadline_s:
            if connection.execute("SELECT 1 FROM ledger_state WHERE size > 0").fetchone():
                return
            time.sleep(0.05)
    raise RuntimeError("the sequencer did not start")
