"""What requests hands to other rooms, and what callers hand to its services."""

from dataclasses import dataclass, field
from datetime import datetime

from consentry.kernel.ids import AgencyId, AnswerId, IncidentId, ItemId, RequestId
from consentry.kernel.limits_residents import MAX_REQUESTS_PER_HOME_WEEK

# What is looked for, as codes: each has words in every language, so that nobody reads a machine's translation.
LOOKING_FOR = ("anything", "damage", "fire", "person", "vehicle")
REQUEST_STATES = ("closed", "open")
CLOSE_REASONS = ("expired", "mistake", "not_needed", "solved")
ANSWER_KINDS = ("clip", "file")
# `receiving`, `checking`: on its way; `sent`: in the vault; `failed`: refused by scanner or seal; the others: gone.
ANSWER_STATES = ("checking", "deleted", "failed", "receiving", "sent", "withdrawn")
# Why a box at home gave up sending: its clip is gone or changed, the line lost it each time, the house's switch, time.
BOX_FAULTS = ("box-clip", "box-line", "box-stopped", "request-over", "too-late")
OUTCOMES = ("", "not_used", "used")
FIGURE_BANDS = ("under_5", "5_to_9", "10_to_14", "15_to_19", "20_or_more")


@dataclass(frozen=True)
class NewRequest:
    """What an agency asks for. Times are aware, the window half-open; `area_sq_m` around the call's block."""

    incident: IncidentId
    case_number: str
    contact: str
    window_start: datetime
    window_end: datetime
    area_sq_m: int
    looking_for: tuple[str, ...]
    words: str = ""
    answer_days: int = 7


@dataclass(frozen=True)
class VideoRequest:
    """A request as anybody may read it. `cells`: the widened area; `published`: its figures, None until their day.

    `record`, `salt` (base64url) open the commitment of `request.open`.
    """

    id: RequestId
    agency: AgencyId
    agency_name: str
    incident: IncidentId
    family: str
    case_number: str
    contact: str
    looking_for: tuple[str, ...]
    words: str
    window_start: datetime
    window_end: datetime
    cells: tuple[str, ...]
    made_at: datetime
    answer_by: datetime
    state: str
    close_reason: str
    closed_at: datetime | None
    figures: "Figures | None"
    record: str
    salt: str


@dataclass(frozen=True)
class Figures:
    """Counts of a request that is over, in bands of 5: homes asked, homes that answered, answers that were used."""

    asked: str
    answered: str
    used: str
    published_at: datetime


@dataclass(frozen=True)
class Preview:
    """What would become of a request: the widened area, how many the case had, and why it would be refused."""

    cells: tuple[str, ...]
    number_in_case: int
    refusals: tuple[str, ...]


@dataclass(frozen=True)
class NewAnswer:
    """What an owner would send: a file of their own, or with `signed` a clip that their edge cut (docs/spec/clip.md).

    `sha256`: hex of the whole; `camera`: the own camera that took it, "" for none; `keep_days`: at most so long.
    """

    media_type: str
    size_bytes: int
    sha256: str
    keep_days: int
    named: bool
    language: str
    camera: str = ""
    signed: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class OwnAnswer:
    """An answer as its owner reads it. `opened_at`: when the agency first opened it; `held`: kept past its date.

    `by_box`: the box at home sends it by itself.
    """

    id: AnswerId
    request: RequestId
    kind: str
    state: str
    offset: int
    size_bytes: int
    sha256: str
    pseudonym: str
    named: bool
    sent_at: datetime | None
    keep_until: datetime
    opened_at: datetime | None
    held: bool
    outcome: str
    thanked_at: datetime | None
    gone_at: datetime | None
    why: str
    by_box: bool


@dataclass(frozen=True)
class HomeRequest:
    """A request as a home that was asked reads it. `cameras`: its own in the area; `declined_at`: told to nobody."""

    request: VideoRequest
    cameras: tuple[str, ...]
    asked_at: datetime
    declined_at: datetime | None
    answers: tuple[OwnAnswer, ...]


@dataclass(frozen=True)
class AgencyAnswer:
    """An answer in the agency's inbox. `pseudonym` is of this request alone; `name` only when the owner gave it."""

    id: AnswerId
    pseudonym: str
    name: str
    kind: str
    cell: str
    item: ItemId
    item_state: str
    sent_at: datetime
    keep_until: datetime | None
    keep_reason: str
    opened_at: datetime | None
    outcome: str
    thanked_at: datetime | None
    state: str


@dataclass(frozen=True)
class OpenedIdentity:
    """Who sent an answer, opened by an order. `email` "": the address was never proven; `camera` "": none was named."""

    answer: AnswerId
    pseudonym: str
    item: str
    camera: str
    name: str
    email: str


@dataclass(frozen=True)
class Settlement:
    """What an agency says of an answer: `outcome` "" leaves it; `delete` ends the clip at the vault's next step."""

    outcome: str = ""
    thanks: bool = False
    delete: bool = False


@dataclass(frozen=True)
class Wishes:
    """How a home wants to be asked: never, or in at most so many requests in seven days, 0 to 3.

    When it is told, at night or gathered, is for `notices`.
    """

    opted_out: bool = False
    most_per_week: int = MAX_REQUESTS_PER_HOME_WEEK
