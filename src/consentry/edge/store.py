"""The edge's small durable state: one SQLite file, each write on disk before it counts (journal and fsync by SQLite).

`consentry edge …` commands and the running edge open the same file; `changes()` tells one of the other's writes.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from consentry.edge.pins import Pins, parse_pins, pins_record
from consentry.kernel.canonical import canonical_json
from consentry.kernel.ids import CameraId
from consentry.kernel.mask import Mask, mask_record, parse_mask
from consentry.kernel.rotation import Rotation, dump_rotation, parse_rotation
from consentry.kernel.terms import Terms, parse_terms, terms_record

_SCHEMA = """
create table if not exists fact (name text primary key, value text not null) strict;
create table if not exists camera (
  id text primary key, address blob, terms text, last_version integer not null default -1,
  paused_at_ms integer, last_resume_ms integer not null default 0,
  last_address_ms integer not null default 0) strict;
create table if not exists used (
  leaf blob primary key, incident text not null, camera text not null, at_ms integer not null,
  until_ms integer not null) strict;
create table if not exists mask (camera text primary key, record text not null) strict;
create table if not exists policy (sha256 text primary key, usable_from_ms integer not null) strict;
"""

_PAUSE_UNTIL = "pause-until/"


@dataclass(frozen=True)
class CameraState:
    """What holds for one camera. `terms` is None without consent or after withdrawal; `last_version` never falls.

    `mask`: the last one that came with terms naming it; it stays when they are withdrawn.
    """

    id: CameraId
    terms: Terms | None = None
    last_version: int = -1
    paused_at_ms: int | None = None
    last_resume_ms: int = 0
    last_address_ms: int = 0
    has_address: bool = False
    mask: Mask | None = None


class Store:
    """Opened by one process at a time or several; every method is one transaction."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / "edge.sqlite"
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._db = sqlite3.connect(path, isolation_level=None, timeout=5)
        self._db.execute("pragma journal_mode = delete")
        self._db.execute("pragma synchronous = full")
        self._db.executescript(_SCHEMA)
        self._own_writes = 0

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def changes(self) -> tuple[int, int]:
        """Two numbers that differ from before after any write, by this process or another; cheap."""
        other: int = self._db.execute("pragma data_version").fetchone()[0]
        return other, self._own_writes

    def pins(self) -> Pins | None:
        """Whom this edge believes, or None before pairing."""
        text = self.fact("pins")
        if text is None:
            return None
        value = json.loads(text)
        return parse_pins(value, server=value["server"])

    def pin(self, pins: Pins, policies: tuple[str, ...]) -> None:
        """Pair: replaces what was pinned, trusts `policies` (hex) at once, drops terms but not their last versions."""
        with self._write() as db:
            db.execute("delete from policy")
            db.execute("delete from fact where name in ('rotations', 'witnessed')")
            db.execute("update camera set terms = null")
            db.executemany("insert into policy values (?, 0)", [(sha256,) for sha256 in policies])
            db.execute("insert or replace into fact values ('pins', ?)", (json.dumps(pins_record(pins)),))

    def rotations(self) -> tuple[Rotation, ...]:
        """The rotations of keys that were taken since pairing, by number."""
        text = self.fact("rotations")
        return () if text is None else tuple(parse_rotation(entry.encode()) for entry in json.loads(text))

    def put_rotations(self, rotations: tuple[Rotation, ...]) -> None:
        """Replace them, by the same ones and those taken after."""
        self.put_fact("rotations", json.dumps([dump_rotation(rotation).decode() for rotation in rotations]))

    def fact(self, name: str) -> str | None:
        """A small text by name."""
        row = self._db.execute("select value from fact where name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def put_fact(self, name: str, value: str | None) -> None:
        """Set a small text, or forget it."""
        with self._write() as db:
            if value is None:
                db.execute("delete from fact where name = ?", (name,))
            else:
                db.execute("insert or replace into fact values (?, ?)", (name, value))

    def put_stop(self, at_ms: int, *, stopped: bool) -> None:
        """The owner pressed stop, or allowed again, here at `at_ms`."""
        now, before = ("stopped", "resumed") if stopped else ("resumed", "stopped")
        with self._write() as db:
            db.execute("delete from fact where name = ?", (before,))
            db.execute("insert or replace into fact values (?, ?)", (now, str(at_ms)))

    def camera(self, camera: CameraId) -> CameraState | None:
        """One camera, or None when this edge has never heard of it."""
        row = self._db.execute(_SELECT_CAMERA + " where id = ?", (camera,)).fetchone()
        return None if row is None else _camera_of(row)

    def cameras(self) -> list[CameraState]:
        """All of them, by id."""
        return [_camera_of(row) for row in self._db.execute(_SELECT_CAMERA + " order by id")]

    def sealed_address(self, camera: CameraId) -> bytes | None:
        """Its address, encrypted at rest."""
        row = self._db.execute("select address from camera where id = ?", (camera,)).fetchone()
        return None if row is None else row[0]

    def put_address(self, camera: CameraId, sealed: bytes, *, said_ms: int = 0) -> None:
        """Set a camera's encrypted address; `said_ms` is the time in the owner's record that brought it."""
        with self._write() as db:
            db.execute("insert or ignore into camera (id) values (?)", (camera,))
            sql = "update camera set address = ?, last_address_ms = max(last_address_ms, ?) where id = ?"
            db.execute(sql, (sealed, said_ms, camera))

    def put_address_time(self, camera: CameraId, said_ms: int) -> None:
        """The owner's record of `said_ms` brought an address that is kept elsewhere: no older one is taken any more."""
        with self._write() as db:
            db.execute("insert or ignore into camera (id) values (?)", (camera,))
            sql = "update camera set last_address_ms = max(last_address_ms, ?) where id = ?"
            db.execute(sql, (said_ms, camera))

    def drop_address(self, camera: CameraId) -> bool:
        """Forget a camera's address, so that it is read no more; False when there was none. Its terms stay."""
        with self._write() as db:
            sql = "update camera set address = null where id = ? and address is not null"
            return db.execute(sql, (camera,)).rowcount == 1

    def put_terms(self, camera: CameraId, terms: Terms | None, *, version: int, mask: Mask | None = None) -> None:
        """Set or withdraw terms; `version` is remembered also when they are withdrawn, so old ones stay dead.

        `mask`: the one that these terms name, where it came along. It goes only when terms say that there is none.
        """
        with self._write() as db:
            text = None if terms is None else json.dumps(terms_record(terms))
            if terms is not None and terms.view_attested.mask_sha256 == "":
                db.execute("delete from mask where camera = ?", (camera,))
            elif mask is not None:
                record = canonical_json(mask_record(mask)).decode()
                db.execute("insert or replace into mask values (?, ?)", (camera, record))
            db.execute("insert or ignore into camera (id) values (?)", (camera,))
            db.execute(
                "update camera set terms = ?, last_version = max(last_version, ?) where id = ?", (text, version, camera)
            )

    def put_pause(self, camera: CameraId, at_ms: int | None, *, until_ms: int | None = None) -> None:
        """Pause since `at_ms` (None: no longer), until the owner resumes or `until_ms` has come."""
        with self._write() as db:
            db.execute("insert or ignore into camera (id) values (?)", (camera,))
            db.execute("update camera set paused_at_ms = ? where id = ?", (at_ms, camera))
            _put_pause_end(db, camera, until_ms)

    def end_pause(self, camera: CameraId, *, now_ms: int) -> None:
        """Take a pause away whose own end has come; one without an end, or with a later one, stays."""
        with self._write() as db:
            key = f"{_PAUSE_UNTIL}{camera}"
            due = "select 1 from fact where name = ? and cast(value as integer) <= ?"
            if db.execute(due, (key, now_ms)).fetchone():
                db.execute("update camera set paused_at_ms = null where id = ?", (camera,))
                db.execute("delete from fact where name = ?", (key,))

    def pause_ends(self) -> dict[CameraId, int]:
        """Camera → when its pause ends by itself, in ms; those without such an end are absent."""
        rows = self._db.execute("select name, value from fact where name glob ?", (f"{_PAUSE_UNTIL}*",))
        return {CameraId(name.removeprefix(_PAUSE_UNTIL)): int(value) for name, value in rows}

    def put_resume(self, camera: CameraId, said_ms: int) -> None:
        """Take a pause away because of the owner's record of `said_ms`, which is used up by that."""
        with self._write() as db:
            db.execute("update camera set paused_at_ms = null, last_resume_ms = ? where id = ?", (said_ms, camera))
            _put_pause_end(db, camera, None)

    def policies(self) -> dict[str, int]:
        """Policy hash (hex) → from when it counts, in ms."""
        return dict(self._db.execute("select sha256, usable_from_ms from policy").fetchall())

    def put_policy(self, sha256: str, usable_from_ms: int) -> None:
        """Know a policy; an earlier time that is already known stays."""
        with self._write() as db:
            db.execute("insert or ignore into policy values (?, ?)", (sha256, usable_from_ms))

    def is_used(self, leaf: bytes) -> bool:
        """Has the opening with this leaf been used here?"""
        return self._db.execute("select 1 from used where leaf = ?", (leaf,)).fetchone() is not None

    def first_use_ms(self, incident: str, camera: CameraId) -> int | None:
        """When this incident first opened this camera here, as far as remembered."""
        sql = "select min(at_ms) from used where incident = ? and camera = ?"
        first: int | None = self._db.execute(sql, (incident, camera)).fetchone()[0]
        return first

    def use(self, leaf: bytes, use: "Use", *, forget_before_ms: int) -> bool:
        """Use up an opening, durably; False when it was used before. Forgets what ended before `forget_before_ms`."""
        with self._write() as db:
            db.execute("delete from used where until_ms < ?", (forget_before_ms,))
            row = (leaf, use.incident, use.camera, use.at_ms, use.until_ms)
            return db.execute("insert or ignore into used values (?, ?, ?, ?, ?)", row).rowcount == 1

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        self._own_writes += 1
        self._db.execute("begin immediate")
        with self._db:  # commits, or rolls back when what is inside fails
            yield self._db


@dataclass(frozen=True)
class Use:
    """One use of an opening: for which incident and camera, when, until when at most (ms)."""

    incident: str
    camera: CameraId
    at_ms: int
    until_ms: int


_SELECT_CAMERA = (
    "select id, terms, last_version, paused_at_ms, last_resume_ms, last_address_ms, address is not null,"
    " (select record from mask where camera = id) from camera"
)


def _put_pause_end(db: sqlite3.Connection, camera: CameraId, until_ms: int | None) -> None:
    key = f"{_PAUSE_UNTIL}{camera}"
    db.execute("delete from fact where name = ?", (key,))
    if until_ms is not None:
        db.execute("insert into fact (name, value) values (?, ?)", (key, str(until_ms)))


def _camera_of(row: tuple[str, str | None, int, int | None, int, int, int, str | None]) -> CameraState:
    name, terms, version, paused_at_ms, resumed_ms, addressed_ms, addressed, record = row
    parsed = None if terms is None else parse_terms(json.loads(terms))
    mask = None if record is None else parse_mask(json.loads(record))
    return CameraState(CameraId(name), parsed, version, paused_at_ms, resumed_ms, addressed_ms, bool(addressed), mask)
