"""Makes the zip of an export: one JSON file a section, the files beside them, and the page. Memory stays bounded."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from consentry.accounts.own_data.page import Shown, page
from consentry.accounts.own_data.sealed_file import SealedWriter
from consentry.core.personal import Row, Section, Why, personal_rooms, sections
from consentry.kernel.canonical import to_b64
from consentry.kernel.ids import PersonId
from consentry.kernel.limits_residents import MAX_ROWS_PER_SECTION, SHOWN_ROWS_PER_SECTION

COPY_BYTES = 262_144


def make_zip(
    out: SealedWriter, person: PersonId, language: str, *, now: datetime, gathered: Callable[[int], None]
) -> None:
    """Write everything that the rooms hand out of `person` to `out`; `gathered(n)` after each part, and may raise."""
    shown: list[Shown] = []
    with ZipFile(out, "w", ZIP_DEFLATED) as book:  # type: ignore[call-overload]  # needs no more than write and flush
        for number, section in enumerate(sections(), 1):
            shown.append(_write(book, section, person, now))
            gathered(number)
        said = page(language, shown, apart(), now)
        book.writestr(_entry("index.html", now), said, ZIP_DEFLATED)


def apart() -> list[Why]:
    """Why some columns are in no export, each reason once."""
    return sorted({held.apart for room in personal_rooms() for held in room.columns.values() if held.apart is not None})


def _write(book: ZipFile, section: Section, person: PersonId, now: datetime) -> Shown:
    first: list[Row] = []
    count = 0
    with book.open(_entry(f"data/{section.name}.json", now), "w", force_zip64=True) as file:
        file.write(b"[")
        for row in islice(section.rows(person), MAX_ROWS_PER_SECTION):
            if count < SHOWN_ROWS_PER_SECTION:
                first.append(row)
            text = json.dumps(row, default=_plain, ensure_ascii=False)
            file.write((",\n" if count else "\n").encode() + text.encode())
            count += 1
        file.write(b"\n]\n")
    files = 0
    for name, path in _files(section, person):
        with book.open(_entry(f"files/{section.name}/{name}", now, ZIP_STORED), "w") as file, path.open("rb") as source:
            shutil.copyfileobj(source, file, COPY_BYTES)
        files += 1
    return Shown(section.name, first, count, files)


def _files(section: Section, person: PersonId) -> Iterator[tuple[str, Path]]:
    """The files that are there; one that went meanwhile is not missed."""
    found = () if section.files is None else section.files(person)
    return ((name, path) for name, path in found if path.is_file())


def _entry(name: str, now: datetime, how: int = ZIP_DEFLATED) -> ZipInfo:
    info = ZipInfo(name, (now.year, now.month, now.day, now.hour, now.minute, now.second))
    info.compress_type, info.external_attr = how, 0o600 << 16
    return info


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return to_b64(bytes(value))
    if isinstance(value, StrEnum):
        return str(value)
    raise TypeError(f"a row of an export holds a {type(value).__name__}")
