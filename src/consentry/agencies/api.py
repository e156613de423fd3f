"""Programmes: public pages, and the manager's steps."""

from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from consentry.agencies import queries, services
from consentry.agencies.jurisdictions import PROFILES
from consentry.agencies.rules import NEXT
from consentry.agencies.types import Papers, Programme, State, Vote
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import AgencyId, ProgrammeId
from consentry.kernel.roles import Role

router = Router(tags=["agencies"])


def _in_our_times(moment: datetime) -> datetime:
    """In UTC; ValueError outside 1900 to 2200, which a database or a calendar need not bear."""
    if not 1900 <= moment.year <= 2200:
        raise ValueError("not a date of our times")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_our_times)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Short = Annotated[str, StringConstraints(min_length=1, max_length=services.MAX_NAME_CHARS)]
READERS = (Role.MANAGER, Role.AUDITOR, Role.ANALYST, Role.OFFICER, Role.SUPERVISOR)


class VoteIn(Schema):
    """A vote or ordinance; with `ends_at` the programme is extended under it."""

    body: Short
    instrument: Short
    held_at: Moment
    allows_until: Moment
    document_sha256: Sha256
    ends_at: Moment | None = None


class VoteOut(Schema):
    """A vote as published."""

    body: str
    instrument: str
    held_at: datetime
    allows_until: datetime
    document_sha256: str


class ProgrammeOut(Schema):
    """A programme as anybody may read it."""

    id: str
    agency: str
    agency_name: str
    name: str
    preset: str
    state: State
    state_since: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    tiers: list[str]
    city_camera_cap: int
    private_camera_cap: int
    call_types: list[str]
    max_distance_m: int
    retention_days: int
    jurisdiction: str
    lawful_basis: str
    sign: str
    impact_report_sha256: str
    use_policy_sha256: str
    contacts: dict[str, str]
    vote: VoteOut | None


class ManagedOut(ProgrammeOut):
    """A programme as its agency reads it: with what is used and which steps lead on."""

    city_cameras_used: int
    private_cameras_used: int
    next_states: list[State]


class ProgrammeIn(Schema):
    """A new draft."""

    agency: str = Field(max_length=40)
    preset: Short
    name: Short


class PapersIn(Schema):
    """Papers and dates; what is left out stays."""

    starts_at: Moment | None = None
    ends_at: Moment | None = None
    impact_report_sha256: Sha256 | None = None
    use_policy_sha256: Sha256 | None = None
    contacts: dict[str, Short] = Field(default_factory=dict, max_length=3)
    area_cells: list[Annotated[str, StringConstraints(pattern=r"^8[0-9a-f]{14}$")]] | None = Field(
        None, max_length=20_000
    )


class StateIn(Schema):
    """The state to come into."""

    state: State


@router.get("/programmes", response=list[ProgrammeOut])
@policy("agencies:programme:read")
def list_public(request: HttpRequest) -> list[ProgrammeOut]:  # noqa: ARG001 ninja hands the request over
    """Every programme but drafts."""
    return [public_page(found) for found in queries.public_programmes()]


@router.get("/programmes/{programme}", response=ProgrammeOut)
@policy("agencies:programme:read")
def read_programme(request: HttpRequest, programme: str) -> ProgrammeOut:
    """The public page; a draft is there for its own agency only."""
    found = queries.get_programme(ProgrammeId(programme))
    if found.state is State.DRAFT and found.agency not in principal_of(request).agencies(*READERS):
        raise NotFound("there is no such programme")
    return public_page(found)


@router.get("/agency/programmes", response=list[ManagedOut])
@policy("agencies:programme:list")
def list_mine(request: HttpRequest) -> list[ManagedOut]:
    """The programmes of one's own agencies."""
    mine = sorted(principal_of(request).agencies(*READERS))
    return [managed(found) for agency in mine for found in queries.programmes_of(agency)]


@router.post("/agency/programmes", response={201: ManagedOut})
@policy("agencies:programme:change")
def create(request: HttpRequest, body: ProgrammeIn) -> Status[ManagedOut]:
    """A draft from a preset."""
    if body.agency not in principal_of(request).agencies(Role.MANAGER):
        raise NotFound("there is no such agency")
    made = services.create_programme(AgencyId(body.agency), preset=body.preset, name=body.name)
    return Status(201, managed(made))


@router.patch("/agency/programmes/{programme}", response=ManagedOut)
@policy("agencies:programme:change")
def set_papers(request: HttpRequest, programme: str, body: PapersIn) -> ManagedOut:
    """Papers, contacts and dates."""
    found = services.access_programme(principal_of(request), ProgrammeId(programme))
    said = body.model_dump(exclude={"area_cells"})
    cells = None if body.area_cells is None else frozenset(body.area_cells)
    return managed(services.set_papers(found.id, Papers(**said, area_cells=cells)))


@router.post("/agency/programmes/{programme}/votes", response=ManagedOut)
@policy("agencies:programme:change")
def record_vote(request: HttpRequest, programme: str, body: VoteIn) -> ManagedOut:
    """Record the vote that allows it, or one that extends it."""
    found = services.access_programme(principal_of(request), ProgrammeId(programme))
    vote = Vote(**body.model_dump(exclude={"ends_at"}))
    return managed(services.record_vote(found.id, vote, ends_at=body.ends_at))


@router.post("/agency/programmes/{programme}/state", response=ManagedOut)
@policy("agencies:programme:change")
def change_state(request: HttpRequest, programme: str, body: StateIn) -> ManagedOut:
    """Move it on; ending or suspending ends every look under it at once."""
    found = services.access_programme(principal_of(request), ProgrammeId(programme))
    return managed(services.change_state(found.id, body.state, now=utc_now()))


def public_page(programme: Programme) -> ProgrammeOut:
    """What anybody may read of `programme`."""
    return ProgrammeOut(**_fields(programme, ProgrammeOut))


def managed(programme: Programme) -> ManagedOut:
    """What its agency may read of `programme`."""
    fields = _fields(programme, ManagedOut)
    return ManagedOut(**{**fields, "next_states": sorted(NEXT[programme.state])})


# Any: keyword arguments of the schemas above, checked by them.
def _fields(programme: Programme, schema: type[Schema]) -> dict[str, Any]:
    profile = PROFILES[programme.jurisdiction]
    known = {name: getattr(programme, name) for name in schema.model_fields if hasattr(programme, name)}
    vote = None if programme.vote is None else VoteOut.model_validate(programme.vote, from_attributes=True)
    known.update(tiers=sorted(programme.tiers), call_types=sorted(programme.call_types), vote=vote)
    return {**known, "lawful_basis": profile.lawful_basis, "sign": profile.sign}
