"""A table of calls (CSV) with a column map, streamed: bytes in, one row at a time out, whatever the encoding."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import BinaryIO

from consentry.incidents.adapters.rows import Row, read_rows
from consentry.incidents.adapters.times import parse_iso, parse_local
from consentry.incidents.minimise import block_of, block_place, number_text, type_text
from consentry.incidents.types import CLOSED, OPEN, RawCall, Rejected
from consentry.kernel.clock import to_ms
from consentry.kernel.geo import Place
from consentry.kernel.limits import MAX_CSV_ROWS


@dataclass(frozen=True)
class ColumnMap:
    """Which column says what: names when the table has a header, else numbers from 0 as text.

    `time_form` is "iso" or a strptime form in `zone`; `reported_at` columns are tried in order. Without `number` the
    number is a digest of the minimised row. `closed_words` are lower-case values of `status` that mean closed; with
    `always_closed` the table is history. `placeholders` are points that stand for "no place".
    """

    columns: tuple[str, ...]
    header: bool
    number: str
    local_type: str
    reported_at: tuple[str, ...]
    updated_at: str
    lat: str
    lon: str
    address: str
    status: str
    time_form: str
    zone: str
    always_closed: bool = False
    closed_words: frozenset[str] = frozenset({"closed", "cleared", "cancelled", "completed"})
    placeholders: frozenset[Place] = field(default_factory=frozenset)


def read_calls(stream: BinaryIO, columns: ColumnMap, *, max_rows: int = MAX_CSV_ROWS) -> Iterator[RawCall | Rejected]:
    """Each row as a call or the reason why not; rows past `max_rows` end the reading with one last `too_many_rows`.

    Memory is bounded by one row (64 KiB); nothing that a file can hold raises.
    """
    names: Sequence[str] = columns.columns
    started = not columns.header
    for count, row in enumerate(read_rows(stream)):
        if count >= max_rows + int(columns.header):
            yield Rejected(row.position, "too_many_rows", f"a file holds at most {max_rows} rows")
            return
        if row.fields is None:
            yield Rejected(row.position, row.reason)
        elif not started:
            started, names = True, [name.strip().lstrip("\ufeff") for name in row.fields]
            missing = [name for name in columns.columns if name not in names]
            if missing:
                yield Rejected(
                    row.position, "missing_columns", f"{len(missing)} columns of the map are not in the header"
                )
                return
        else:
            yield _read_row(row, names, columns)


def _read_row(row: Row, names: Sequence[str], columns: ColumnMap) -> RawCall | Rejected:
    fields = row.fields or []
    if len(fields) != len(names):
        return Rejected(row.position, "wrong_columns", f"{len(fields)} columns instead of {len(names)}")
    said = dict(zip(names, fields, strict=True))
    reported_at = _first_time(said, columns)
    if reported_at is None:
        return Rejected(row.position, "bad_time", "no column holds a usable time")
    place = block_place(said.get(columns.lat), said.get(columns.lon))
    if place is None and (said.get(columns.lat, "").strip() or said.get(columns.lon, "").strip()):
        return Rejected(row.position, "bad_place", "latitude or longitude is no place on earth")
    updated_at = _time(said.get(columns.updated_at, ""), columns) or reported_at
    call = RawCall(
        number=number_text(said.get(columns.number)),
        local_type=type_text(said.get(columns.local_type)),
        common_type="",
        status=_status(said, columns),
        reported_at=reported_at,
        updated_at=max(updated_at, reported_at),
        place=None if place in columns.placeholders else place,
        block=block_of(said.get(columns.address)),
    )
    if columns.number and not call.number:
        return Rejected(row.position, "bad_number", "number is missing or has characters that a call number lacks")
    return call if columns.number else replace(call, number=_digest(call))


def _first_time(said: Mapping[str, str], columns: ColumnMap) -> datetime | None:
    moments = (_time(said.get(name, ""), columns) for name in columns.reported_at)
    return next((moment for moment in moments if moment is not None), None)


def _time(said: str, columns: ColumnMap) -> datetime | None:
    if columns.time_form == "iso":
        return parse_iso(said.strip())
    return parse_local(said, columns.time_form, columns.zone)


def _status(said: Mapping[str, str], columns: ColumnMap) -> str:
    if columns.always_closed:
        return CLOSED
    return CLOSED if said.get(columns.status, "").strip().lower() in columns.closed_words else OPEN


def _digest(call: RawCall) -> str:
    """A stable number for tables without one, from minimised facts only, so that it tells nothing more."""
    spot = "" if call.place is None else f"{call.place.lat:.3f},{call.place.lon:.3f}"
    facts = f"{to_ms(call.reported_at)}|{call.local_type}|{call.block}|{spot}"
    return "row-" + hashlib.sha256(facts.encode()).hexdigest()[:20]
