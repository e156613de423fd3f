"""What evidence hands to other rooms, and what callers hand to its services."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from consentry.kernel.ids import AgencyId, CameraId, CaseId, HoldId, ItemId, PersonId, RecordingId, SessionId

KINDS = ("answer", "derivative", "look", "order", "upload")
STATES = ("closing", "empty", "logging", "open", "sealed", "shredded", "shredding")
ACTS = (
    "began", "case_added", "case_removed", "closed", "damaged", "disclosed", "disclosure_opened",
    "disclosure_revoked", "downloaded", "empty", "ended", "exported", "hold_cleared", "hold_first", "hold_lapsed",
    "hold_set", "named", "noted", "opened", "redacted", "redaction_begun", "redaction_dropped", "reviewed", "scanned",
    "sealed", "shredded", "stamped", "stopped", "stored", "withdrawn",
)  # fmt: skip
EXPORT_STATES = ("failed", "gone", "logging", "ready", "waiting")
REDACTION_STATES = ("dropped", "failed", "finding", "gone", "open", "released", "releasing")
RECIPIENTS = ("court", "defence", "other", "prosecution")
REASONS = ("case", "hold", "order", "owner", "programme", "upload", "withdrawn")
COPY_STATES = ("gone", "stored", "waiting")
FINDING_STATES = ("broken", "changed", "missing")
STAMP_STATES = ("kept", "pending")
UPLOAD_STATES = ("gone", "hashing", "infected", "receiving", "scanning", "sealed", "unscanned")


@dataclass(frozen=True)
class Retention:
    """Until when an item is kept and what decides it. `until` None: a hold keeps it until it is cleared."""

    until: datetime | None
    reason: str


@dataclass(frozen=True)
class NewItem:
    """What begins an item. `source`: as docs/spec/item.md lists for `kind`; `base`: how long it is kept for itself;
    `item`: its id, where it had to be known before.
    """

    agency: AgencyId
    kind: str
    source: Mapping[str, str | int]
    base: Retention
    retention_class: str
    name: str = ""
    camera: str = ""
    cell: str = ""
    incident: str = ""
    programme: str = ""
    session: str = ""
    order: str = ""
    clip: str = ""
    media_type: str = "video/mp4"
    original: ItemId | None = None
    derivation: Mapping[str, object] = field(default_factory=dict)
    item: ItemId | None = None


@dataclass(frozen=True)
class Doer:
    """Who does something, in which role; the platform itself when `person` is empty."""

    person: PersonId | str = ""
    role: str = ""


@dataclass(frozen=True)
class MarkRun:
    """A look that is being kept, for the gateway that shows it."""

    recording: RecordingId
    session: SessionId
    camera: CameraId
    from_us: int


@dataclass(frozen=True)
class SegmentSaid:
    """What a gateway says of a segment that it brings; hashes in hex, times in UTC microseconds."""

    recording: RecordingId
    camera: CameraId
    run: str
    number: int
    start_us: int
    end_us: int
    size_bytes: int
    sha256: str
    previous: str
    recovered: bool


@dataclass(frozen=True)
class CustodyAct:
    """One line of custody. `ledger_index` None: no entry, or not in the log yet."""

    at: datetime
    kind: str
    person: str
    role: str
    why: str
    about: str
    ledger_index: int | None


@dataclass(frozen=True)
class Wholeness:
    """What is known of an item's bytes. `stamp`: "" without an authority, else `pending` or `kept`, with the time and
    the authority's name; `store`: "" without one, else as `COPY_STATES`; `looked_at`: when all was read again last.
    """

    stamp: str
    stamp_at: datetime | None
    stamp_authority: str
    store: str
    looked_at: datetime | None
    findings: tuple["Finding", ...]


@dataclass(frozen=True)
class Finding:
    """A file (or layer) that was not what was signed; `expected`, `found`: SHA-256 in hex."""

    file: str
    state: str
    expected: str
    found: str
    why: str
    at: datetime


@dataclass(frozen=True)
class AnswerFacts:
    """How a resident's answer stands in the vault. `opened_at`: when somebody of the agency first saw it."""

    state: str
    cell: str
    keep_until: datetime | None
    keep_reason: str
    opened_at: datetime | None
    held: bool
    shredded_at: datetime | None


@dataclass(frozen=True)
class HoldFacts:
    """A hold. `first_by`: who would clear it, while a second person is missing."""

    id: HoldId
    why: str
    until: datetime | None
    set_by: str
    set_at: datetime
    first_by: str
    cleared_at: datetime | None


@dataclass(frozen=True)
class CaseFacts:
    """A case. `items`: how many it holds."""

    id: CaseId
    number: str
    name: str
    keep_until: datetime | None
    keep_why: str
    items: int = 0


@dataclass(frozen=True)
class ItemWhere:
    """What to search for; empty fields match all. `since`, `until`: the span's time, half-open."""

    case: str = ""
    cell: str = ""
    kind: str = ""
    state: str = ""
    incident: str = ""
    camera: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: datetime | None = None
