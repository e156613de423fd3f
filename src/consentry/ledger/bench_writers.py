"""Some of the writers of `bench_inbox`: a process that commits entries and hears where the log has placed them.

Each writer is a connection of its own that commits one entry per transaction, one each 10 ms (all 32: 3,200/s), at most
4 on the way; an entry is acknowledged when the sequencer has told its place after fsync. Its time counts from when it
was due, so a writer that falls behind shows it. Says `ready`, waits for a line, writes for so many seconds, and prints
how long each entry took (ms, as JSON). Fails when one was never acknowledged.
"""

import json
import os
import random
import sys
import time
from dataclasses import dataclass, field
from threading import Event, Semaphore, Thread

import psycopg

from consentry.ledger.inbox_sql import INSERT_ENTRY, PLACED_CHANNEL
from consentry.ledger.kinds import make_entry

EVERY_S, ON_THE_WAY = 0.010, 4
LOST_S = 10.0
T_MS = 1_767_225_600_000
_PLACED = "SELECT key, index FROM ledger_entry WHERE index > %s AND starts_with(key, %s)"


@dataclass
class _Round:
    """What is on the way (key → when it was due, whose turn it frees) and how long each acknowledged one took (s).

    `stop`: begin nothing more. `written`: nothing more comes, so an empty `waiting` is the end.
    """

    name: str
    waiting: dict[str, tuple[float, Semaphore]] = field(default_factory=dict)
    took_s: list[float] = field(default_factory=list)
    stop: Event = field(default_factory=Event)
    written: Event = field(default_factory=Event)


def run(writers: int, seconds: float, name: str) -> list[float]:
    """Write for `seconds`; how long each acknowledged entry took (s). RuntimeError when one is lost."""
    said = _Round(name)
    connections = [_connect() for _ in range(writers)]
    listening, last = _connect_listener()
    threads = [Thread(target=_write, args=(connection, said, place)) for place, connection in enumerate(connections)]
    listener = Thread(target=_listen, args=(listening, said, last))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for thread in (listener, *threads):
        thread.start()
    time.sleep(seconds)
    said.stop.set()
    for thread in threads:
        thread.join()
    said.written.set()
    deadline_s = time.monotonic() + LOST_S
    while said.waiting and time.monotonic() < deadline_s:
        time.sleep(0.01)
    if said.waiting:
        os._exit(1)  # the listener waits for ever
    listener.join()
    return said.took_s


def _connect() -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


def _connect_listener() -> tuple[psycopg.Connection, int]:
    """A connection that listens, and the last place before anything of ours is written."""
    connection = _connect()
    connection.execute(f"LISTEN {PLACED_CHANNEL}")
    row = connection.execute("SELECT coalesce(max(index), -1) FROM ledger_entry").fetchone()
    return connection, int(row[0]) if row else -1


def _write(connection: psycopg.Connection, said: _Round, place: int) -> None:
    turns, number, due_s = Semaphore(ON_THE_WAY), 0, time.perf_counter() + random.uniform(0, EVERY_S)  # noqa: S311
    with connection:
        while not said.stop.is_set():
            time.sleep(max(0.0, due_s - time.perf_counter()))
            if not turns.acquire(timeout=0.1):
                continue
            key, number = f"{said.name}{place}:{number}:{time.monotonic_ns()}", number + 1
            entry = make_entry("call.receive", {"commit": key, "feed": "bench"}, t_ms=T_MS)
            said.waiting[key] = (due_s, turns)
            connection.execute(INSERT_ENTRY, [key, "call.receive", entry], prepare=True)
            due_s += EVERY_S


def _listen(connection: psycopg.Connection, said: _Round, last: int) -> None:
    with connection:
        while said.waiting or not said.written.is_set():
            for _ in connection.notifies(timeout=0.1, stop_after=1):
                pass
            for key, index in connection.execute(_PLACED, [last, said.name]):
                last = max(last, index)
                if key in said.waiting:
                    started_s, turns = said.waiting.pop(key)
                    said.took_s.append(time.perf_counter() - started_s)
                    turns.release()


if __name__ == "__main__":
    took_s = run(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
    sys.stdout.write(json.dumps([1_000 * one_s for one_s in took_s]))
