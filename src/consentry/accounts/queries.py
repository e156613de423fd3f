"""Who is asking, and what people are called. Reads only."""

from collections.abc import Iterable
from datetime import UTC, datetime

from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from consentry.accounts.models import Deletion, Person, SeatRow
from consentry.accounts.rules import (
    OWNER_SEATS,
    Ended,
    Proof,
    SignIn,
    decide_ended,
    is_agency,
    mfa_level,
    proved_at,
    signed_in_at,
)
from consentry.accounts.types import AgencyPerson
from consentry.core.principal import NOBODY, Principal, Seat
from consentry.kernel.clock import from_ms, utc_now
from consentry.kernel.ids import AgencyId, PersonId
from consentry.kernel.roles import Role

ACTIVE_AT = "consentry_active_at"
DEMO_AT = "consentry_demo_at"


def principal_for(request: HttpRequest, *, now: datetime | None = None) -> Principal:
    """Who is behind `request`: `NOBODY` unless signed in, not disabled, and the sign-in not over."""
    return examine(request, now=now or utc_now())[0]


def examine(request: HttpRequest, *, now: datetime) -> tuple[Principal, Ended | None]:
    """Who is behind `request`, and why not if a sign-in there is over."""
    person = signed_in_person(request)
    if person is None:
        return NOBODY, None
    seats, sign_in = seats_of(person), read_sign_in(request, person)
    ended = decide_ended(sign_in, seats, now)
    if ended is not None:
        return NOBODY, ended
    principal = Principal(
        person=PersonId(person.id),
        seats=seats,
        mfa_level=mfa_level(sign_in),
        signed_in_at=signed_in_at(sign_in, agency=is_agency(seats)),
        session_key=request.session.session_key or "",
        proved_at=proved_at(sign_in),
    )
    return principal, None


def principal_of_session(session_key: str) -> Principal:
    """Who a session belongs to now, read afresh (for streams that outlive their request)."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    found = get_user(request)
    if not isinstance(found, Person):
        return NOBODY
    request.user = found
    return principal_for(request)


def signed_in_person(request: HttpRequest) -> Person | None:
    """The person of the session, whatever the rules say about the age of the sign-in; None for the public."""
    user = request.user
    return user if isinstance(user, Person) and user.is_authenticated and user.is_active else None


def seats_of(person: Person) -> frozenset[Seat]:
    """The seats of `person`; whoever has none is a resident and may own cameras."""
    rows = SeatRow.objects.filter(person=person).values_list("role", "agency")
    return frozenset(Seat(Role(role), AgencyId(agency) if agency else None) for role, agency in rows) or OWNER_SEATS


def read_sign_in(request: HttpRequest, person: Person) -> SignIn:
    """What the session holds about how and when `person` proved who they are."""
    records = get_authentication_records(request, person)
    demo_ms, active_ms = request.session.get(DEMO_AT), request.session.get(ACTIVE_AT)
    proofs = [
        Proof(str(record["method"]), datetime.fromtimestamp(at, UTC))
        for record in records
        if isinstance(at := record.get("at"), int | float)
    ]
    is_demo = False
    if isinstance(demo_ms, int) and person.is_demo:
        is_demo = True
        proofs.append(Proof("demo", from_ms(demo_ms)))
    return SignIn(tuple(proofs), from_ms(active_ms) if isinstance(active_ms, int) else None, is_demo)


def names_of(ids: Iterable[PersonId]) -> dict[PersonId, str]:
    """Display names by id; people that are not there are left out."""
    rows = Person.objects.filter(id__in=list(ids)).values_list("id", "display_name")
    return {PersonId(found): name for found, name in rows}


def find_person(email: str) -> PersonId | None:
    """Whose address this is, whatever its letter case; None for nobody's."""
    found = Person.objects.filter(email__iexact=email).values_list("id", flat=True).first()
    return None if found is None else PersonId(found)


def has_left(person: PersonId) -> bool:
    """Was this account deleted? Nothing more is written about whoever left."""
    return Deletion.objects.filter(person=person).exists()


def get_language(person: PersonId) -> str:
    """The language in which `person` is spoken to: en, fr or es (en for somebody who is not there)."""
    return Person.objects.filter(id=person).values_list("language", flat=True).first() or "en"


def mail_address(person: PersonId) -> str | None:
    """Where `person` reads e-mail; None when disabled, made up, or the address was never proven by a code."""
    rows = Person.objects.filter(id=person, is_active=True, is_demo=False)
    email = rows.values_list("email", flat=True).first()
    proven = EmailAddress.objects.filter(user=person, email__iexact=email or "", verified=True).exists()
    return email if proven else None


def agency_people(agency: AgencyId) -> list[AgencyPerson]:
    """Everybody with a seat in `agency`, by name; without e-mail addresses."""
    rows = SeatRow.objects.filter(agency=agency).select_related("person").order_by("person__display_name", "id")
    return [
        AgencyPerson(
            id=PersonId(row.person.id),
            name=row.person.display_name,
            role=Role(row.role),
            is_active=row.person.is_active,
            last_seen_at=row.person.last_seen_at,
        )
        for row in rows
    ]


def demo_person(role: Role) -> PersonId | None:
    """The made-up person whom the demo door for `role` lets in; the first by id."""
    found = Person.objects.filter(is_demo=True, is_active=True, seat_rows__role=role.value).order_by("id").first()
    return None if found is None else PersonId(found.id)
