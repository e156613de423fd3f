"""What orders hands to other rooms, and what callers hand to its services."""

from dataclasses import dataclass, field
from datetime import datetime

from consentry.kernel.ids import AgencyId, CameraId, HandOverId, OrderId, PersonId, ServingId

KINDS = ("court_order", "exigent", "preservation", "search_warrant", "subpoena")
# What the law lets an agency say by itself; all others name a court.
WITHOUT_COURT = ("exigent", "preservation")
STATES = ("drawn", "executed", "expired", "refused", "reviewed", "withdrawn")
OPEN_STATES = ("drawn", "reviewed")
TARGETS = ("answer", "camera", "item")
# What executing found of one line of the scope: `gone`: destroyed before; `nothing`: nothing is stored of it.
YIELDS = ("gone", "held", "joined", "nothing", "opened", "served")
# `asked`: a recording is asked for; `told`: only told of, since nothing is asked.
SERVING_STATES = ("asked", "contested", "handed", "nothing", "told")
SERVING_WORDS = ("contested", "nothing")
HAND_OVER_STATES = ("checking", "failed", "receiving", "sent", "stopped")
HAND_OVER_LIVING = ("checking", "receiving", "sent")
ACTS = (
    "changed", "document_put", "document_read", "drawn", "executed", "expired", "identity_read", "refused", "reviewed",
    "said", "handed", "told", "withdrawn",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One thing that an order names: a camera with its window (UTC, half-open), an item, or an answer by their ids."""

    target: str
    about: str
    window_start: datetime | None = None
    window_end: datetime | None = None


@dataclass(frozen=True)
class NewOrder:
    """An order as an agency draws it. `phone`: where the owner asks back; `words`: what it asks, for the owner.

    `area`: somebody named a place instead of things, which is refused. `certificate`: the text of an exigent one.
    `renews`: the preservation that it follows, "" for none.
    """

    agency: AgencyId
    kind: str
    court: str
    docket: str
    judge: str
    phone: str
    words: str
    issued_at: datetime
    expires_at: datetime
    lines: tuple[Line, ...]
    seal_until: datetime | None = None
    certificate: str = ""
    renews: str = ""
    area: bool = False


@dataclass(frozen=True)
class ReviewFacts:
    """What a reviewer said."""

    person: PersonId
    name: str
    role: str
    agrees: bool
    why: str
    at: datetime


@dataclass(frozen=True)
class YieldFacts:
    """What executing one line found; `item`: the item of the vault, "" for none."""

    line: int
    word: str
    item: str


@dataclass(frozen=True)
class ServingFacts:
    """Whom an order concerned, as the agency reads it: which line, since when told, what they said; never a name."""

    line: int
    state: str
    told_at: datetime | None
    tell_at: datetime
    said: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class ActFacts:
    """One line of what was done with an order."""

    at: datetime
    kind: str
    name: str
    role: str
    why: str


@dataclass(frozen=True)
class Order:
    """An order as its agency reads it. `state` is that of the moment of reading; `lines` count from 0.

    `document_sha256`: hex, "" while none was put; `executed_ms`: 0 until then.
    """

    id: OrderId
    agency: AgencyId
    agency_name: str
    kind: str
    court: str
    docket: str
    judge: str
    phone: str
    words: str
    certificate: str
    renews: str
    issued_at: datetime
    expires_at: datetime
    seal_until: datetime | None
    lines: tuple[Line, ...]
    document_sha256: str
    state: str
    made_by: PersonId
    made_at: datetime
    frozen_at: datetime | None
    executed_at: datetime | None
    review_by: datetime | None


@dataclass(frozen=True)
class ServedOrder:
    """An order as the owner whom it concerns reads it. `line` is theirs alone; no other owner's stands here.

    `is_sealed`: it was under a seal that is over; `is_open`: a recording can be handed over now.
    """

    id: ServingId
    agency_name: str
    kind: str
    court: str
    docket: str
    judge: str
    phone: str
    words: str
    certificate: str
    issued_at: datetime
    expires_at: datetime
    executed_at: datetime
    was_sealed: bool
    has_document: bool
    document_sha256: str
    target: str
    camera: str
    camera_name: str
    window_start: datetime | None
    window_end: datetime | None
    state: str
    is_open: bool
    said: str
    said_at: datetime | None
    handed: tuple["HandedFacts", ...]


@dataclass(frozen=True)
class HandedFacts:
    """A recording that an owner hands over. `why`: a code that says why it failed."""

    id: HandOverId
    kind: str
    state: str
    upload: str
    size_bytes: int
    sha256: str
    begun_at: datetime
    sent_at: datetime | None
    why: str


@dataclass(frozen=True)
class NewHandOver:
    """A recording to come: a clip with the edge's `signed` manifest (docs/spec/clip.md), or a file without.

    `sha256`: hex of the whole.
    """

    media_type: str
    size_bytes: int
    sha256: str
    signed: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class HandOverFor:
    """What the vault needs to take a hand-over in: for whom, from which camera, who signed it.

    `edge_key`: 32 bytes, empty for a file that no edge signed.
    """

    id: HandOverId
    serving: ServingId
    order: OrderId
    agency: AgencyId
    camera: CameraId
    upload: str
    state: str
    media_type: str
    size_bytes: int
    sha256: str
    edge: str = ""
    edge_key: bytes = field(default=b"", repr=False)
    signed: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class KindCount:
    """How many orders of one kind an agency received and executed; sealed ones count like all others."""

    kind: str
    received: int
    executed: int
    unreviewed: int
