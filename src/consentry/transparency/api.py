"""The public pages' data: anybody may read it, nobody is named in it."""

from datetime import date, datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from consentry.agencies.queries import all_agencies, get_programme, public_programmes
from consentry.agencies.types import State
from consentry.core.codes import one_of
from consentry.core.policy import policy
from consentry.incidents.queries import feeds_of_agency
from consentry.kernel.clock import from_ms, utc_now
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import ProgrammeId
from consentry.ledger.queries import count_by_kind, log_vkey
from consentry.transparency import queries
from consentry.transparency.api_orders import router as orders_router
from consentry.transparency.api_requests import router as requests_router

router = Router(tags=["transparency"])
router.add_router("", orders_router)
router.add_router("", requests_router)
PAGE = 50
PUBLIC = (
    "agency", "role", "incident_family", "purpose", "basis", "participation", "cell", "decision", "rule",
    "policy_sha256",
)  # fmt: skip


class PublicLookOut(Schema):
    """A revealed look: no person, no place finer than a cell. `agency_name`: of the public body, "" if it left."""

    index: int
    reveal_index: int
    committed_at: datetime
    revealed_at: datetime
    agency: str
    agency_name: str
    role: str
    incident_family: str
    purpose: str
    basis: str
    participation: str
    cell: str
    decision: str
    rule: str
    policy_sha256: str
    lasted: str
    end_reason: str


class LooksOut(Schema):
    """A page of looks; `next_before` continues it, None at the end."""

    looks: list[PublicLookOut]
    next_before: int | None


class DayOut(Schema):
    """Looks for calls in an area on one day (UTC): from `at_least` to `at_most`. `is_final`: it grows no more."""

    day: date
    at_least: int
    at_most: int
    is_final: bool


class AreaLooksOut(Schema):
    """Whole days of one published cell, oldest first."""

    cell: str
    days: list[DayOut]


class ProgrammeLine(Schema):
    """A programme that is published."""

    id: str
    name: str
    agency_name: str
    state: str
    starts_at: datetime | None
    ends_at: datetime | None


class WitnessOut(Schema):
    """Who signs along. `same_machine`: it shows the protocol and proves nothing."""

    name: str
    operator: str
    same_machine: bool


class FeedLine(Schema):
    """Where an agency's calls come from. `origin`: only calls of `cad` open private cameras."""

    name: str
    kind: Annotated[str, one_of("eido", "table", "webhook")]
    origin: Annotated[str, one_of("alarm", "cad", "manual", "officer")]


class OverviewOut(Schema):
    """The log's head, its keys, its entries by kind, and the programmes."""

    origin: str
    size: int
    root: str
    log_vkey: str
    witnesses: list[WitnessOut]
    quorum: int
    witnessed_size: int
    entries: dict[str, int]
    looks_revealed: int
    looks_waiting: int
    programmes: list[ProgrammeLine]


@router.get("/public/overview", response=OverviewOut)
@policy("transparency:overview:read")
def read_overview(request: HttpRequest) -> OverviewOut:  # noqa: ARG001 ninja hands the request over
    """What the log holds, who vouches for it, which programmes there are."""
    head, counts = queries.head(), count_by_kind()
    programmes = [
        ProgrammeLine(
            id=found.id, name=found.name, agency_name=found.agency_name, state=found.state.value,
            starts_at=found.starts_at, ends_at=found.ends_at,
        )
        for found in public_programmes()
    ]  # fmt: skip
    return OverviewOut(
        origin=head.origin, size=head.size, root=head.root, log_vkey=log_vkey(),
        witnesses=[WitnessOut(**vars(witness)) for witness in head.witnesses], quorum=head.quorum,
        witnessed_size=head.witnessed_size, entries=counts,
        looks_revealed=counts.get("look.reveal", 0), looks_waiting=queries.waiting_looks(), programmes=programmes,
    )  # fmt: skip


@router.get("/public/programmes/{programme}/feeds", response=list[FeedLine])
@policy("transparency:feed:list")
def list_feeds(request: HttpRequest, programme: str) -> list[FeedLine]:  # noqa: ARG001 ninja hands the request over
    """The feeds that a published programme's calls come from."""
    found = get_programme(ProgrammeId(programme))
    if found.state is State.DRAFT:
        raise NotFound("there is no such programme")
    return [FeedLine(name=feed.name, kind=feed.kind, origin=feed.origin) for feed in feeds_of_agency(found.agency)]


@router.get("/public/looks", response=LooksOut)
@policy("transparency:look:list")
def list_looks(request: HttpRequest, before: int | None = None) -> LooksOut:  # noqa: ARG001 ninja hands the request over
    """Revealed looks, newest first."""
    found = queries.revealed_looks(before=before, limit=PAGE)
    names = {str(agency.id): agency.name for agency in all_agencies()}
    looks = [
        PublicLookOut(
            index=look.index, reveal_index=look.reveal_index, committed_at=from_ms(look.committed_ms),
            revealed_at=from_ms(look.revealed_ms), lasted=look.lasted, end_reason=look.end_reason,
            agency_name=names.get(look.public.get("agency", ""), ""),
            **{field: look.public.get(field, "") for field in PUBLIC},
        )
        for look in found
    ]  # fmt: skip
    return LooksOut(looks=looks, next_before=found[-1].reveal_index if len(found) == PAGE else None)


@router.get("/public/cells/{cell}/looks", response=AreaLooksOut)
@policy("transparency:area:read")
def read_area(request: HttpRequest, response: HttpResponse, cell: str, first: date, last: date) -> AreaLooksOut:  # noqa: ARG001 ninja hands the request over
    """Was this place looked at? Per whole day a band of five, for one published cell."""
    found = queries.looks_in_area(cell, first, last, now=utc_now())
    response["Cache-Control"] = "public, max-age=300"
    return AreaLooksOut(cell=cell, days=[DayOut(**vars(day)) for day in found])
