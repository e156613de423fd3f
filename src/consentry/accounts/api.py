"""Who am I, and the people of an agency for its manager. Signing in itself is allauth's, under /_allauth/."""

from datetime import datetime

from django.http import HttpRequest
from django.middleware.csrf import get_token
from ninja import Router, Schema, Status
from pydantic import Field

from consentry.accounts import queries, services
from consentry.accounts.api_own_data import router as own_data_router
from consentry.accounts.rules import is_agency
from consentry.accounts.types import Invitation
from consentry.core.outbox import safe_id
from consentry.core.policy import policy
from consentry.core.principal import MFA_SECOND, principal_of
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import AgencyId, PersonId
from consentry.kernel.roles import Role

router = Router(tags=["accounts"])
router.add_router("", own_data_router)


class SeatOut(Schema):
    """One role in one agency (`agency` is null for a resident)."""

    role: Role
    agency: str | None


class SessionOut(Schema):
    """Who is signed in; `person` is null for the public. `ended` says why a sign-in is over: idle or too-old.

    `events_after`: from where `/events` tells all that this answer and later ones may not show yet.
    """

    person: str | None
    name: str
    seats: list[SeatOut]
    mfa_level: int
    language: str
    needs_second_factor: bool
    ended: str
    events_after: int


class LanguageIn(Schema):
    """The language to be spoken to in."""

    language: str = Field(max_length=2)


class InvitationIn(Schema):
    """Whom to ask into the agency."""

    email: str = Field(max_length=254)
    name: str = Field(max_length=services.MAX_NAME_CHARS)
    role: Role
    language: str = Field("en", max_length=2)


class PersonOut(Schema):
    """A person made or invited."""

    person: str


class AgencyPersonOut(Schema):
    """One seat in an agency."""

    id: str
    name: str
    role: Role
    is_active: bool
    last_seen_at: datetime | None


@router.get("/session", response=SessionOut)
@policy("accounts:session:read")
def read_session(request: HttpRequest) -> SessionOut:
    """Who is signed in here, and whether they still have to show a second factor."""
    get_token(request)  # the page sends it back with whatever it changes
    principal = principal_of(request)
    name, language, events_after = "", "en", 0
    if principal.person is not None:
        events_after = safe_id(principal.audiences())  # before anything else is read
        name = queries.names_of([principal.person]).get(principal.person, "")
        language = queries.get_language(principal.person)
    return SessionOut(
        person=principal.person,
        name=name,
        seats=[SeatOut(role=seat.role, agency=seat.agency) for seat in sorted(principal.seats, key=str)],
        mfa_level=principal.mfa_level,
        language=language,
        needs_second_factor=is_agency(principal.seats) and principal.mfa_level < MFA_SECOND,
        ended=getattr(request, "sign_in_ended", ""),
        events_after=events_after,
    )


@router.patch("/session", response={204: None})
@policy("accounts:session:change")
def change_language(request: HttpRequest, body: LanguageIn) -> Status[None]:
    """Choose one's own language."""
    person = principal_of(request).person
    if person is None:
        raise NotFound("nobody is signed in")
    services.set_language(person, body.language)
    return Status(204, None)


@router.get("/agencies/{agency}/people", response=list[AgencyPersonOut])
@policy("accounts:agency_person:list")
def list_people(request: HttpRequest, agency: str) -> list[AgencyPersonOut]:
    """Everybody with a seat in the agency; its manager and auditor only."""
    if agency not in principal_of(request).agencies(Role.MANAGER, Role.AUDITOR):
        raise NotFound("there is no such agency")
    return [
        AgencyPersonOut.model_validate(found, from_attributes=True) for found in queries.agency_people(AgencyId(agency))
    ]


@router.post("/agencies/{agency}/people", response={201: PersonOut})
@policy("accounts:agency_person:invite")
def invite_person(request: HttpRequest, agency: str, body: InvitationIn) -> Status[PersonOut]:
    """Give somebody a seat; they sign in by e-mail code and enrol a second factor first."""
    invitation = Invitation(AgencyId(agency), body.role, body.email, body.name, body.language)
    return Status(201, PersonOut(person=services.invite_agency_person(principal_of(request), invitation)))


@router.post("/agencies/{agency}/people/{person}/disable", response={204: None})
@policy("accounts:agency_person:disable")
def disable_person(request: HttpRequest, agency: str, person: str) -> Status[None]:
    """Disable the account; its sessions end at once."""
    services.disable_agency_person(principal_of(request), AgencyId(agency), PersonId(person), now=utc_now())
    return Status(204, None)
