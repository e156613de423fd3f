"""Bodies of this room's operations."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from ninja import Field, Schema

from consentry.core.codes import one_of
from consentry.evidence import models
from consentry.evidence.types import (
    ACTS,
    COPY_STATES,
    FINDING_STATES,
    KINDS,
    REASONS,
    STAMP_STATES,
    STATES,
    UPLOAD_STATES,
    CaseFacts,
    Wholeness,
)
from consentry.kernel.clock import EPOCH, from_ms
from consentry.kernel.item_journal import SegmentLine
from consentry.kernel.limits import MAX_BULK_ITEMS, MAX_FIELD_CHARS, MAX_UPLOAD_BYTES

Text = Annotated[str, Field(max_length=MAX_FIELD_CHARS)]
Name = Annotated[str, Field(max_length=200)]
Id = Annotated[str, Field(max_length=64)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class ItemOut(Schema):
    """An item in a list. `start`, `end`: of its pictures, as far as known; `keep_until` null: a hold keeps it."""

    id: str
    agency: str
    kind: Annotated[str, one_of(*KINDS)]
    state: Annotated[str, one_of(*STATES)]
    name: str
    cell: str
    incident: str
    session: str
    original: str | None
    media_type: str
    began_at: datetime
    start: datetime | None
    end: datetime | None
    size_bytes: int
    keep_until: datetime | None
    keep_reason: Annotated[str, one_of(*REASONS)]


class FileOut(Schema):
    """One file of an item; of a look each plays by itself. `sha256` of its plain bytes, hex."""

    number: int
    start: datetime
    end: datetime
    media_type: str
    size_bytes: int
    sha256: str


class ActOut(Schema):
    """One line of custody; `ledger_index`: its entry in the public log."""

    at: datetime
    kind: Annotated[str, one_of(*ACTS)]
    person: str
    role: str
    why: str
    about: str
    ledger_index: int | None


class HoldOut(Schema):
    """A hold; `first_by`: who would clear it while a second person is missing."""

    id: str
    why: str
    until: datetime | None
    set_by: str
    set_at: datetime
    first_by: str
    cleared_at: datetime | None


class NoteOut(Schema):
    """A note beside an item."""

    at: datetime
    person: str
    text: str


class CaseOut(Schema):
    """A case; `items`: how many it holds."""

    id: str
    number: str
    name: str
    keep_until: datetime | None
    keep_why: str
    items: int


class FindingOut(Schema):
    """A file (or layer) that was not what was signed; `expected`, `found`: SHA-256, hex."""

    file: str
    state: Annotated[str, one_of(*FINDING_STATES)]
    expected: str
    found: str
    why: str
    at: datetime


class WholenessOut(Schema):
    """`stamp`: empty without an authority; `store`: empty without one; `looked_at`: when all was read again last."""

    stamp: Annotated[str, one_of("", *STAMP_STATES)]
    stamp_at: datetime | None
    stamp_authority: str
    store: Annotated[str, one_of("", *COPY_STATES)]
    looked_at: datetime | None
    findings: list[FindingOut]


class ItemDetailOut(ItemOut):
    """An item with all that is known of it. `payload_sha256`: of the manifest's payload; empty before it is closed.

    `camera`: which took it, empty when that is not the agency's to know.
    """

    camera: str
    closed_at: datetime | None
    sealed_at: datetime | None
    shredded_at: datetime | None
    payload_sha256: str
    wholeness: WholenessOut
    files: list[FileOut]
    custody: list[ActOut]
    holds: list[HoldOut]
    notes: list[NoteOut]
    cases: list[CaseOut]
    derivatives: list[str]


class WhyIn(Schema):
    """A reason, in a sentence."""

    why: Text


class OpenedOut(Schema):
    """Until when the files are served to this person."""

    until: datetime


class NoteIn(Schema):
    """A note."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_FIELD_CHARS)]


class NameIn(Schema):
    """What people call it."""

    name: Name


class HoldIn(Schema):
    """`until` null: until it is cleared."""

    why: Text
    until: datetime | None = None


class ClearedOut(Schema):
    """`cleared` false: a second person is needed."""

    cleared: bool


class CaseIn(Schema):
    """`agency` may be empty for who works for one only."""

    number: Name
    name: Name = ""
    agency: Id = ""


class CaseKeepIn(Schema):
    """Until when the case keeps its items; null leaves each to its own time."""

    keep_until: datetime | None = None
    why: Text = ""


class BulkIn(Schema):
    """One act on many items. `act`: add_to_case (`case`), hold (`why`, `until`) or note (`why`)."""

    items: Annotated[list[Id], Field(min_length=1, max_length=MAX_BULK_ITEMS)]
    act: Annotated[str, Field(pattern="^(add_to_case|note)$"), one_of("add_to_case", "note")]
    case: Id = ""
    why: Text = ""


class BulkHoldIn(Schema):
    """One hold on each of many items."""

    items: Annotated[list[Id], Field(min_length=1, max_length=MAX_BULK_ITEMS)]
    why: Text
    until: datetime | None = None


class DoneOut(Schema):
    """On how many items it was done."""

    done: int


class UploadIn(Schema):
    """A file to come. `sha256` of the whole, hex; `taken_at`, `device`: as the device says."""

    agency: Id = ""
    name: Annotated[str, Field(min_length=1, max_length=200)]
    media_type: Annotated[str, Field(pattern="^[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}$")]
    size_bytes: Annotated[int, Field(gt=0, le=MAX_UPLOAD_BYTES)]
    sha256: Sha256
    device: Name = ""
    taken_at: datetime | None = None
    incident: Id = ""


class UploadOut(Schema):
    """How a file stands. It may be deleted where it came from once `acknowledgement` is there: the vault signed it."""

    id: str
    name: str
    state: Annotated[str, one_of(*UPLOAD_STATES)]
    offset: int
    hashed: int
    size_bytes: int
    said: str
    item: str | None
    acknowledgement: str
    ends_at: datetime


class FinishIn(Schema):
    """The hash of what was sent."""

    sha256: Sha256


def item_fields(row: models.Item) -> dict[str, object]:
    """A row as `ItemOut` has it."""
    fields: dict[str, object] = {name: getattr(row, name) for name in ItemOut.model_fields if hasattr(row, name)}
    return {**fields, "original": row.original_id, "start": _moment(row.start_us), "end": _moment(row.end_us)}


def files_out(lines: Iterable[SegmentLine]) -> list[FileOut]:
    """The files of an item."""
    return [
        FileOut(
            number=line.number, start=_moment(line.start_us) or EPOCH, end=_moment(line.end_us) or EPOCH,
            media_type=line.media_type, size_bytes=line.size_bytes, sha256=line.sha256,
        )
        for line in lines
    ]  # fmt: skip


def wholeness_out(known: Wholeness) -> WholenessOut:
    """What is known of an item's bytes."""
    return WholenessOut.model_validate(asdict(known))


def case_out(case: CaseFacts) -> CaseOut:
    """A case."""
    return CaseOut.model_validate(dict(vars(case)))


def upload_out(row: models.Upload) -> UploadOut:
    """An upload."""
    fields: Mapping[str, object] = {name: getattr(row, name) for name in UploadOut.model_fields if name != "item"}
    return UploadOut.model_validate({**fields, "item": row.item_id})


def _moment(us: int | None) -> datetime | None:
    return None if us is None else from_ms(us // 1_000)
