"""The benchmark of the whole way: 32 writers through PostgreSQL until each entry is durable in the log.

Each writer is a connection of its own that commits one entry per transaction and has at most 4 on the way; an entry is
acknowledged when the sequencer, a process of its own, has told its place after fsync. Needs DATABASE_URL, our tables.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Semaphore, Thread

import psycopg

from consentry.kernel.bench import Result
from consentry.ledger.inbox_sql import INSERT_ENTRY, PLACED_CHANNEL
from consentry.ledger.kinds import make_entry
from consentry.ledger.sequencer.settings import ensure_log_key

ROUNDS, ROUND_S = 3, 4.0
WRITERS, ON_THE_WAY = 32, 4
T_MS = 1_767_225_600_000
TARGET_PER_S, TARGET_P99_MS = 3_000, 25.0
_SEQUENCER = (
    "import sys; from pathlib import Path; from threading import Event;"
    "from consentry.ledger.sequencer.loop import run; from consentry.ledger.sequencer.settings import *;"
    "d = Path(sys.argv[1]); run(SequencerSettings(sys.argv[2], d / 'ledger', d / 'keys' / 'log.key'), Event())"
)


@dataclass
class _Round:
    """What is on the way (key → when it began, whose turn it frees) and how long each acknowledged one took (s)."""

    waiting: dict[str, tuple[float, Semaphore]] = field(default_factory=dict)
    took_s: list[float] = field(default_factory=list)
    stop: Event = field(default_factory=Event)


def inbox() -> Result:
    """Acknowledged entries per second by 32 writers; met if also p99 ≤ 25 ms and none is lost."""
    database, values, p99_ms = os.environ["DATABASE_URL"], [], []
    with _sequencer(database):
        for number in range(ROUNDS + 1):
            found = _round(database, number)
            if number:  # the first one warms up
                values.append(len(found) / ROUND_S)
                p99_ms.append(statistics.quantiles(found, n=100)[98] * 1_000)
    value, worst = statistics.median(values), statistics.median(p99_ms)
    met = value >= TARGET_PER_S and worst <= TARGET_P99_MS
    target = f">= {TARGET_PER_S}, p99 <= {TARGET_P99_MS:.0f} ms (p99 was {worst:.1f} ms)"
    return Result("ledger.inbox", value, "1/s", None, None, target, met, tuple(values))


def _round(database: str, number: int) -> list[float]:
    said = _Round()
    listener = Thread(target=_listen, args=(database, said))
    writers = [Thread(target=_write, args=(database, said, f"bench:{number}:{writer}")) for writer in range(WRITERS)]
    for thread in (listener, *writers):
        thread.start()
    time.sleep(ROUND_S)
    said.stop.set()
    for writer in writers:
        writer.join()
    deadline_s = time.monotonic() + 10
    while said.waiting and time.monotonic() < deadline_s:
        time.sleep(0.01)
    listener.join()
    if said.waiting:
        raise RuntimeError(f"{len(said.waiting)} entries were lost")
    return said.took_s


def _write(database: str, said: _Round, name: str) -> None:
    turns, number = Semaphore(ON_THE_WAY), 0
    with psycopg.connect(database, autocommit=True) as connection:
        while not said.stop.is_set():
            if not turns.acquire(timeout=0.1):
                continue
            key, number = f"{name}:{number}:{time.monotonic_ns()}", number + 1
            entry = make_entry("call.receive", {"commit": key, "feed": "bench"}, t_ms=T_MS)
            said.waiting[key] = (time.perf_counter(), turns)
            connection.execute(INSERT_ENTRY, [key, "call.receive", entry])


def _listen(database: str, said: _Round) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"LISTEN {PLACED_CHANNEL}")
        row = connection.execute("SELECT coalesce(max(index), -1) FROM ledger_entry").fetchone()
        last = int(row[0]) if row else -1
        while said.waiting or not said.stop.is_set():
            for _ in connection.notifies(timeout=0.1, stop_after=1):
                pass
            for key, index in connection.execute("SELECT key, index FROM ledger_entry WHERE index > %s", [last]):
                last = max(last, index)
                started_s, turns = said.waiting.pop(key, (None, None))
                if started_s is not None and turns is not None:
                    said.took_s.append(time.perf_counter() - started_s)
                    turns.release()


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
