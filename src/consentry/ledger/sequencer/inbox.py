"""The sequencer's side of PostgreSQL: one holder (advisory lock), pending rows in order of their id, and their places.

Speaks SQL to the tables of `ledger/models.py` without Django, on one connection in autocommit mode.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from consentry.kernel.checkpoint import Checkpoint
from consentry.kernel.errors import Conflict
from consentry.ledger.inbox_sql import INBOX_CHANNEL, PLACED_CHANNEL

_LOCK = "SELECT pg_try_advisory_lock(hashtext('consentry sequencer'), hashtext(current_schema()))"
_TAKE = "SELECT id, kind, entry FROM ledger_entry WHERE index IS NULL ORDER BY id LIMIT %s"
_TAKE_KIND = "SELECT id, kind, entry FROM ledger_entry WHERE index IS NULL AND kind = %s ORDER BY id LIMIT 1"
_FIND_PENDING = (
    "SELECT id, kind, entry FROM ledger_entry WHERE index IS NULL AND entry = %s AND id <> ALL(%s) ORDER BY id LIMIT 1"
)
_ENTER = "INSERT INTO ledger_entry (key, kind, entry, at) VALUES (%s, %s, %s, now()) ON CONFLICT (key) DO NOTHING"
_PLACE = """
    UPDATE ledger_entry AS entry SET index = placed.index, leaf = placed.leaf
    FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[]) AS placed (id, index, leaf) WHERE entry.id = placed.id
"""
_STATE = "SELECT size, root, schema FROM ledger_state WHERE id = 1"
_FIRST_STATE = """
    INSERT INTO ledger_state (id, size, root, schema, asleep, fault) VALUES (1, 0, '', '', false, '')
    ON CONFLICT (id) DO NOTHING
"""


@dataclass(frozen=True)
class Pending:
    """A row of the inbox."""

    id: int
    kind: str
    entry: bytes


@dataclass(frozen=True)
class KnownState:
    """What the database remembers: `size`, `root` and the digest of the kinds last declared (empty: none yet)."""

    size: int
    root: bytes
    schema: bytes


@dataclass(frozen=True)
class Placed:
    """A batch that is durable: `rows` stand from `first` on with `leaves`, under `head`."""

    rows: Sequence[Pending]
    first: int
    leaves: Sequence[bytes]
    head: Checkpoint
    schema: bytes


class Inbox:
    """The connection of the one sequencer. Raises psycopg.Error when PostgreSQL is gone; then open a new one."""

    def __init__(self, database: str) -> None:
        self._db = psycopg.connect(database, autocommit=True, application_name="consentry-sequencer")
        row = self._db.execute(_LOCK).fetchone()
        if row is None or not row[0]:
            self._db.close()
            raise Conflict("another sequencer serves this database")
        # The files are what makes an entry durable, and recovery reads places out of them: what PostgreSQL forgets of
        # ours in a crash comes again. So nobody waits for our commits, least of all NOTIFY's lock on those of others.
        self._db.execute("SET synchronous_commit = off")
        # Taking is a walk along the inbox's index in order, which marks the places of rows that have left it; a bitmap
        # scan marks nothing and reads them all again, more each time, until a vacuum.
        self._db.execute("SET enable_bitmapscan = off; SET enable_seqscan = off")
        self._db.execute(f"LISTEN {INBOX_CHANNEL}")
        self._db.execute(_FIRST_STATE)

    def close(self) -> None:
        """Give the lock back."""
        self._db.close()

    def known(self) -> KnownState:
        """How far the database knows the log to be."""
        row = self._db.execute(_STATE).fetchone()
        return KnownState(*row) if row else KnownState(0, b"", b"")

    def take(self, limit: int) -> list[Pending]:
        """The oldest pending rows, by id."""
        return [Pending(*row) for row in self._db.execute(_TAKE, [limit])]

    def take_kind(self, kind: str) -> list[Pending]:
        """The oldest pending row of one kind, if any."""
        return [Pending(*row) for row in self._db.execute(_TAKE_KIND, [kind])]

    def find_pending(self, entry: bytes, *, besides: Sequence[int]) -> Pending | None:
        """The oldest pending row with exactly these bytes, not one of `besides`."""
        row = self._db.execute(_FIND_PENDING, [entry, list(besides)]).fetchone()
        return Pending(*row) if row else None

    def enter(self, key: str, kind: str, entry: bytes) -> None:
        """Put an entry of the sequencer's own into the inbox, once."""
        self._db.execute(_ENTER, [key, kind, entry])

    def place(self, placed: Placed, now: datetime) -> None:
        """Say where a durable batch stands, that we are alive, and wake who waits: one transaction."""
        ids = [row.id for row in placed.rows]
        indexes = list(range(placed.first, placed.first + len(ids)))
        # Sent together: a turn less to wait for per statement, when 32 writers want the processor too.
        with self._db.pipeline(), self._db.transaction():
            self._db.execute(_PLACE, [ids, indexes, list(placed.leaves)])
            self._state(
                size=placed.head.size, root=placed.head.root, schema=placed.schema, asleep=False, alive_at=now, fault=""
            )
            self._db.execute(f"NOTIFY {PLACED_CHANNEL}, '{int(placed.head.size)}'")

    def alive(self, now: datetime) -> None:
        """Say that the disk takes writes."""
        self._state(alive_at=now, fault="")

    def fail(self, fault: str) -> None:
        """Say why nothing is acknowledged."""
        self._state(fault=fault[:500])

    def sleep(self) -> None:
        """Ask writers to wake us."""
        self._state(asleep=True)

    def wake(self) -> None:
        """Tell writers that they need not: from now on their commits do not queue for NOTIFY."""
        self._state(asleep=False)

    def wait(self, timeout_s: float) -> None:
        """Wait for a writer's call, at most `timeout_s`."""
        for _ in self._db.notifies(timeout=timeout_s, stop_after=1):
            pass

    def _state(self, **values: Any) -> None:  # Any: columns of several types, named by our own code only
        columns = ", ".join(f"{name} = %s" for name in values)
        self._db.execute(f"UPDATE ledger_state SET {columns} WHERE id = 1", list(values.values()))  # noqa: S608
