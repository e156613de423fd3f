"""Bodies of this room's operations."""

from datetime import datetime
from typing import Annotated

from ninja import Field, Schema

from consentry.access import models
from consentry.access.types import Ask, Session
from consentry.core.codes import one_of
from consentry.kernel.limits import MAX_VIEWS_PER_ASK
from consentry.kernel.roles import Role

FlagKind = Annotated[str, one_of("often", "owner")]
Klass = Annotated[str, one_of("private", "public")]


class AskIn(Schema):
    """`holder_key`: the viewer's P-256 point, 65 bytes, base64url. `views`: private views, 0 to 5."""

    incident: str | None = None
    purpose: str = Field(max_length=64)
    views: int = Field(default=0, ge=0, le=MAX_VIEWS_PER_ASK)
    public_cameras: list[str] = Field(default_factory=list, max_length=MAX_VIEWS_PER_ASK)
    holder_key: str = Field(max_length=100)


class RefusalOut(Schema):
    """A condition that failed; the console has French and Spanish by `rule`."""

    rule: str
    text: str


class AlternativeOut(Schema):
    """`city_camera`, `video_request` or `order`."""

    kind: Annotated[str, one_of("city_camera", "video_request", "order")]
    camera: str | None
    name: str


class AskSessionOut(Schema):
    """A session of an ask; its stage is read at `/live/sessions/{id}`."""

    id: str
    grant: str
    klass: Klass
    since: datetime
    expires_at: datetime
    ended: bool


class AskOut(Schema):
    """What became of an ask, as its asker may know it. `second_person`: one agreed to more than five for this call."""

    id: str
    incident: str | None
    purpose: str
    state: Annotated[str, one_of("asking_owners", "decided")]
    asked_at: datetime
    ends_at: datetime
    refusals: list[RefusalOut]
    alternatives: list[AlternativeOut]
    no_further_view: bool
    second_person: bool
    sessions: list[AskSessionOut]


class OpeningJson(Schema):
    """An opening with its place in the log, as docs/spec/opening.md writes it; salts and hashes base64url."""

    v: int
    public: dict[str, str]
    private: dict[str, str | int]
    salt_pub: str
    salt_priv: str
    t: int
    index: int
    proof: list[str]
    checkpoint: str


class GrantOut(Schema):
    """Sessions that go on under an extended grant."""

    sessions: list[str]


class RuleOut(Schema):
    """One rule in plain words."""

    id: str
    kind: str
    scope: str
    text: str
    texts: dict[str, str]


class PolicyOut(Schema):
    """The policy in force; `next_effective_at` when another one is published already."""

    sha256: str
    effective_at: datetime
    next_sha256: str | None
    next_effective_at: datetime | None
    rules: list[RuleOut]
    cedar: str


class DecisionOut(Schema):
    """A decision with its facts (canonical JSON as text), for the auditor."""

    id: int
    at: datetime
    action: str
    person: str
    agency: str
    resource: str
    incident: str
    ask: str
    allowed: bool
    rule: str
    failed: list[str]
    error: str
    policy_sha256: str
    facts: str


class ReplayOut(Schema):
    """The decision made again; `same` is what the auditor wants to see."""

    id: int
    allowed: bool
    failed: list[str]
    same: bool


class AgreementOut(Schema):
    """An ask that brought fewer views than wished; a supervisor may agree to ten private cameras for its call."""

    ask: str
    incident: str
    asker: str
    role: Role
    purpose: str
    asked_at: datetime
    agreed: bool


class FlagOut(Schema):
    """A look to be gone into: an officer looks unusually often (`looks` in 30 days), or the owner says so."""

    id: int
    kind: FlagKind
    camera: str
    officer_number: str
    person: str
    session: str
    looks: int
    at: datetime
    said: str
    answer: str
    answered_at: datetime | None


class FlagAnswerIn(Schema):
    """What the auditor found; the owner reads it."""

    answer: str = Field(min_length=1, max_length=1_000, pattern=r"\S")


def ask_out(ask: Ask, *, second_person: bool) -> AskOut:
    """The body for an ask."""
    return AskOut(
        id=ask.id, incident=ask.incident, purpose=ask.purpose, state=ask.state, asked_at=ask.asked_at,
        ends_at=ask.ends_at, refusals=[RefusalOut(rule=item.rule, text=item.text) for item in ask.refusals],
        alternatives=[AlternativeOut(kind=a.kind, camera=a.camera, name=a.name) for a in ask.alternatives],
        no_further_view=ask.no_further_view, second_person=second_person,
        sessions=[_session_out(item) for item in ask.sessions],
    )  # fmt: skip


def flag_out(row: models.LookFlag) -> FlagOut:
    """The auditor's view of a flag."""
    return FlagOut(
        id=row.id, kind=row.kind, camera=row.camera, officer_number=row.officer_number, person=row.person,
        session=row.session, looks=row.looks, at=row.at, said=row.said, answer=row.answer, answered_at=row.answered_at,
    )  # fmt: skip


def _session_out(session: Session) -> AskSessionOut:
    return AskSessionOut(
        id=session.id, grant=session.grant, klass=session.klass, since=session.since, expires_at=session.expires_at,
        ended=session.ended_at is not None,
    )  # fmt: skip
