"""What the ring holds, in an SQLite file of its own: a torn index must not hurt the owner's terms beside it.

The files are the truth and the index a copy: it is thrown away when damaged, and made to agree with the folder at
each start. In SQLite and not in memory, since 48 h of eight cameras are 140,000 segments.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from consentry.edge.ring_files import PART, Segment, recover, segment_of
from consentry.kernel.errors import ConsentryError
from consentry.kernel.ids import CameraId, bytes_of_id

FILE = "ring.sqlite"
_SCHEMA = """
create table if not exists segment (
  camera text not null, start_us integer not null, end_us integer not null, size_bytes integer not null,
  primary key (camera, start_us, end_us)) strict, without rowid;
create index if not exists segment_age on segment (start_us);
"""
_FIELDS = "select camera, start_us, end_us, size_bytes from segment "


class RingIndex:
    """One connection; of one thread. sqlite3.DatabaseError when the file is damaged: `fresh_index` makes a new one."""

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._db = sqlite3.connect(path, isolation_level=None, timeout=5)
        try:
            # Losing the last rows to a power cut is fine, they are found again; a sync per segment is not.
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def is_whole(self) -> bool:
        """Does SQLite find nothing wrong with it?"""
        with contextlib.suppress(sqlite3.DatabaseError):
            return bool(self._db.execute("pragma quick_check(1)").fetchone() == ("ok",))
        return False

    def add(self, segments: Iterable[Segment]) -> None:
        """Know these."""
        rows = [(item.camera, item.start_us, item.end_us, item.size_bytes) for item in segments]
        with self._write():
            self._db.executemany("insert or replace into segment values (?, ?, ?, ?)", rows)

    def drop(self, segments: Iterable[Segment]) -> None:
        """Forget these."""
        rows = [(item.camera, item.start_us, item.end_us) for item in segments]
        with self._write():
            self._db.executemany("delete from segment where camera = ? and start_us = ? and end_us = ?", rows)

    def within(self, camera: CameraId, start_us: int, end_us: int) -> list[Segment]:
        """Those of `camera` that share an instant with [start_us, end_us), by time."""
        sql = _FIELDS + "where camera = ? and start_us < ? and end_us > ? order by start_us"
        return [_segment(row) for row in self._db.execute(sql, (camera, end_us, start_us))]

    def oldest(self, count: int) -> list[Segment]:
        """At most `count`, oldest first."""
        return [_segment(row) for row in self._db.execute(_FIELDS + "order by start_us limit ?", (count,))]

    def cameras(self) -> list[CameraId]:
        """All that have a recording."""
        return [CameraId(row[0]) for row in self._db.execute("select distinct camera from segment order by camera")]

    def total_bytes(self, camera: CameraId | None = None) -> int:
        """Of all segments, or of one camera's."""
        sql = "select coalesce(sum(size_bytes), 0) from segment where ? is null or camera = ?"
        total: int = self._db.execute(sql, (camera, camera)).fetchone()[0]
        return total

    @contextlib.contextmanager
    def _write(self) -> Iterator[None]:
        self._db.execute("begin immediate")
        with self._db:  # commits, or rolls back
            yield


def fresh_index(folder: Path) -> RingIndex:
    """The index, made anew when what is there is damaged."""
    try:
        index = RingIndex(folder)
        if index.is_whole():
            return index
        index.close()
    except sqlite3.DatabaseError:
        pass
    for suffix in ("", "-wal", "-shm"):
        (folder / f"{FILE}{suffix}").unlink(missing_ok=True)
    return RingIndex(folder)


def reconcile(index: RingIndex, ring: Path, key: bytes) -> None:
    """Make the index say what is in the folder; finish the segments that a crash left behind."""
    known = set(index.cameras())
    for folder in sorted(ring.iterdir()) if ring.is_dir() else ():
        if not _is_camera(folder.name) or not folder.is_dir():
            continue
        camera = CameraId(folder.name)
        known.discard(camera)
        for part in sorted(folder.glob(f"*{PART}")):
            with contextlib.suppress(OSError, ConsentryError):
                recover(ring, key, part)
        # By names: 140,000 files are asked for their size only when they are new here.
        said = {f"{item.start_us}-{item.end_us}.seg": item for item in index.within(camera, 0, 1 << 62)}
        found = set(os.listdir(folder))  # noqa: PTH208 - a Path for each takes longer than all the rest
        new = (segment_of(camera, folder / name) for name in found - said.keys())
        index.add([item for item in new if item is not None])
        index.drop([said[name] for name in said.keys() - found])
    for camera in known:
        index.drop(index.within(camera, 0, 1 << 62))


def _is_camera(name: str) -> bool:
    try:
        bytes_of_id(name)
    except ValueError:
        return False
    return name.startswith("cam_")


def _segment(row: tuple[str, int, int, int]) -> Segment:
    return Segment(CameraId(row[0]), row[1], row[2], row[3])
