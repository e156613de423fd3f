"""Bodies of this room's operations."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from ninja import Field, Schema
from pydantic import AwareDatetime, StringConstraints

from consentry.core.codes import one_of
from consentry.evidence.types import REASONS, STATES
from consentry.kernel.limits import MAX_CLIP_MANIFEST_BYTES
from consentry.kernel.limits_residents import (
    DEFAULT_REQUEST_AREA_SQ_M,
    MAX_ANSWER_BYTES,
    MAX_REQUEST_WORDS_CHARS,
    MAX_REQUESTS_PER_HOME_WEEK,
    REQUEST_ANSWER_DAYS,
)
from consentry.kernel.owner_record import MAX_SIGNED_CHARS
from consentry.requests.types import (
    ANSWER_KINDS,
    ANSWER_STATES,
    CLOSE_REASONS,
    FIGURE_BANDS,
    LOOKING_FOR,
    OUTCOMES,
    REQUEST_STATES,
    AgencyAnswer,
    HomeRequest,
    OwnAnswer,
    VideoRequest,
)

Id = Annotated[str, Field(max_length=64)]
Short = Annotated[str, Field(max_length=100)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
LookingFor = Annotated[str, one_of(*LOOKING_FOR)]
Band = Annotated[str, one_of(*FIGURE_BANDS)]


class RequestIn(Schema):
    """What is asked. `area_sq_m` around the call's block, widened by the server; the window half-open."""

    incident: Id
    case_number: Short
    contact: Short
    window_start: AwareDatetime
    window_end: AwareDatetime
    area_sq_m: int = Field(default=DEFAULT_REQUEST_AREA_SQ_M, ge=1, le=100_000_000)
    looking_for: Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=len(LOOKING_FOR))]
    words: Annotated[str, Field(max_length=MAX_REQUEST_WORDS_CHARS)] = ""
    answer_days: int = Field(default=REQUEST_ANSWER_DAYS, ge=1, le=100)


class RequestPreviewOut(Schema):
    """`cells`: the widened area, published cells of `/cells`; `refusals`: rules by name, empty when it may be made."""

    cells: list[str]
    number_in_case: int
    refusals: list[str]


class RequestFiguresOut(Schema):
    """Counts in bands of 5, said once, on the first Monday a day after the request was closed."""

    asked: Band
    answered: Band
    used: Band
    published_at: datetime


class RequestOut(Schema):
    """A request as anybody may read it. `record`, `salt`: what opens the commitment of `request.open` in the log."""

    id: str
    agency: str
    agency_name: str
    family: str
    case_number: str
    contact: str
    looking_for: list[LookingFor]
    words: str
    window_start: datetime
    window_end: datetime
    cells: list[str]
    made_at: datetime
    answer_by: datetime
    state: Annotated[str, one_of(*REQUEST_STATES)]
    close_reason: Annotated[str, one_of("", *CLOSE_REASONS)]
    closed_at: datetime | None
    figures: RequestFiguresOut | None
    record: str
    salt: str


class AgencyRequestOut(RequestOut):
    """A request as its agency reads it: with the call that it is for."""

    incident: str


class ResolveRequestIn(Schema):
    """Why no more answers are needed: solved, not_needed or mistake."""

    reason: Annotated[str, Field(max_length=20)]


class AgencyAnswerOut(Schema):
    """An answer in the inbox. `name` empty: the owner stays a pseudonym; `keep_until` null: a hold keeps it."""

    id: str
    pseudonym: str
    name: str
    kind: Annotated[str, one_of(*ANSWER_KINDS)]
    cell: str
    item: str
    item_state: Annotated[str, one_of(*STATES)]
    sent_at: datetime
    keep_until: datetime | None
    keep_reason: Annotated[str, one_of(*REASONS)]
    opened_at: datetime | None
    outcome: Annotated[str, one_of(*OUTCOMES)]
    thanked_at: datetime | None
    state: Annotated[str, one_of(*ANSWER_STATES)]


class SettleIn(Schema):
    """What became of it, in one step: `outcome` used, not_used or empty to leave it; `delete` destroys the clip."""

    outcome: Annotated[str, Field(max_length=20)] = ""
    thanks: bool = False
    delete: bool = False


class OwnAnswerOut(Schema):
    """One's own answer; `why` says in a code why it failed; `held`: a legal hold keeps it past its date; `by_box`: the
    box at home sends it by itself.
    """

    id: str
    request: str
    kind: Annotated[str, one_of(*ANSWER_KINDS)]
    state: Annotated[str, one_of(*ANSWER_STATES)]
    offset: int
    size_bytes: int
    sha256: str
    pseudonym: str
    named: bool
    sent_at: datetime | None
    keep_until: datetime
    opened_at: datetime | None
    held: bool
    outcome: Annotated[str, one_of(*OUTCOMES)]
    thanked_at: datetime | None
    gone_at: datetime | None
    why: str
    by_box: bool


class AskedCameraOut(Schema):
    """One's own camera in the area."""

    id: str
    name: str


class HomeRequestOut(Schema):
    """A request that reached this home. `declined_at`: nobody is told; `most_keep_days`: by the jurisdiction."""

    request: RequestOut
    cameras: list[AskedCameraOut]
    asked_at: datetime
    declined_at: datetime | None
    most_keep_days: int
    answers: list[OwnAnswerOut]


class NewAnswerIn(Schema):
    """An answer to come. `camera`: one's own, empty for none; `signed`: the edge's manifest of a clip, untouched."""

    media_type: Annotated[str, Field(pattern="^[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}$")]
    size_bytes: Annotated[int, Field(gt=0, le=MAX_ANSWER_BYTES)]
    sha256: Sha256
    keep_days: int = Field(ge=1, le=10_000)
    named: bool = False
    language: Annotated[str, Field(max_length=2)] = "en"
    camera: Id = ""
    signed: Annotated[str, Field(max_length=MAX_CLIP_MANIFEST_BYTES)] = ""


class FinishAnswerIn(Schema):
    """The hash of what was sent."""

    sha256: Sha256


class BoxFinishIn(Schema):
    """The owner's word `clip.send`, as the box was given it."""

    owner_signature: Annotated[str, Field(max_length=MAX_SIGNED_CHARS)]


class BoxFailIn(Schema):
    """Why a box does not send an answer."""

    why: Annotated[str, Field(max_length=20)]


class BoxAnswerOut(Schema):
    """How an answer stands for the box that sends it; `offset`: where it goes on while it is `receiving`."""

    state: Annotated[str, one_of(*ANSWER_STATES)]
    offset: int


class AnswerReceiptOut(Schema):
    """The consent receipt as it was given, and the platform's signature over its bytes (Ed25519, base64url)."""

    receipt: str
    signature: str


class RequestWishesJson(Schema):
    """How a home wants to be asked."""

    opted_out: bool = False
    most_per_week: int = Field(default=MAX_REQUESTS_PER_HOME_WEEK, ge=0, le=MAX_REQUESTS_PER_HOME_WEEK)


def request_out(found: VideoRequest) -> RequestOut:
    """A request for anybody."""
    return RequestOut.model_validate(asdict(found))


def agency_request_out(found: VideoRequest) -> AgencyRequestOut:
    """A request for its agency."""
    return AgencyRequestOut.model_validate(asdict(found))


def agency_answer_out(found: AgencyAnswer) -> AgencyAnswerOut:
    """An answer for the agency."""
    return AgencyAnswerOut.model_validate(asdict(found))


def own_answer_out(found: OwnAnswer) -> OwnAnswerOut:
    """An answer for its owner."""
    return OwnAnswerOut.model_validate(asdict(found))


def home_request_out(found: HomeRequest, names: dict[str, str], most_keep_days: int) -> HomeRequestOut:
    """A request for a home that was asked; `names` of its own cameras."""
    return HomeRequestOut(
        request=request_out(found.request), asked_at=found.asked_at, declined_at=found.declined_at,
        cameras=[AskedCameraOut(id=camera, name=names[camera]) for camera in found.cameras if camera in names],
        most_keep_days=most_keep_days, answers=[own_answer_out(answer) for answer in found.answers],
    )  # fmt: skip
