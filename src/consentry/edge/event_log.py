"""The owner's list of what the cameras noticed: on this box, bounded, oldest forgotten first. A file of its own.

Apart from `store`, whose every write makes the running edge look at its cameras again.
"""

import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

from consentry.edge.events import CameraEvent, EventKind
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import MAX_EVENTS_KEPT

_SCHEMA = """
create table if not exists event (
  number integer primary key autoincrement, camera text not null, kind text not null, source text not null,
  at_ms integer not null, told integer not null default 0) strict;
"""


class KeptEvent(NamedTuple):
    """An event with its number, which rises."""

    number: int
    event: CameraEvent


class EventLog:
    """Opened by one process or several; every method is one transaction."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / "events.sqlite"
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._db = sqlite3.connect(path, isolation_level=None, timeout=5)
        self._db.execute("pragma journal_mode = delete")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add(self, event: CameraEvent) -> KeptEvent:
        """Keep `event`, and of all only the newest 2,000."""
        self._db.execute("begin immediate")
        with self._db:
            row = (event.camera, str(event.kind), event.source, event.at_ms)
            added = self._db.execute("insert into event (camera, kind, source, at_ms) values (?, ?, ?, ?)", row)
            number = int(added.lastrowid or 0)
            self._db.execute("delete from event where number <= ?", (number - MAX_EVENTS_KEPT,))
        return KeptEvent(number, event)

    def newest(self, limit: int) -> list[KeptEvent]:
        """The newest first."""
        return [_kept(row) for row in self._db.execute(f"{_SELECT} order by number desc limit ?", (limit,))]

    def untold(self, *, since_ms: int, limit: int) -> list[KeptEvent]:
        """Not told to the owner yet and not older than `since_ms`; the newest `limit` of them, oldest first."""
        sql = f"{_SELECT} where told = 0 and at_ms >= ? order by number desc limit ?"
        return [_kept(row) for row in self._db.execute(sql, (since_ms, limit))][::-1]

    def within(self, camera: CameraId, start_ms: int, end_ms: int, limit: int) -> list[KeptEvent]:
        """Those of `camera` at [start, end), the newest `limit` of them, oldest first."""
        sql = f"{_SELECT} where camera = ? and at_ms >= ? and at_ms < ? order by number desc limit ?"
        return [_kept(row) for row in self._db.execute(sql, (camera, start_ms, end_ms, limit))][::-1]

    def mark_told(self, number: int) -> None:
        """It left for the owner."""
        self._db.execute("update event set told = 1 where number = ?", (number,))


_SELECT = "select number, camera, kind, source, at_ms from event"


def _kept(row: tuple[int, str, str, str, int]) -> KeptEvent:
    number, camera, kind, source, at_ms = row
    return KeptEvent(number, CameraEvent(CameraId(camera), EventKind(kind), at_ms, source))
