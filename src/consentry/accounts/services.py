"""Everything that writes about people: seats, invitations, disabling, failures, the demo door."""

from datetime import datetime
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest

from consentry.accounts.models import FailedSignIn, Person, SeatRow
from consentry.accounts.queries import ACTIVE_AT, DEMO_AT, demo_person, seats_of
from consentry.accounts.rules import GIVEN_BY_MANAGER, LANGUAGES, LOCK_WINDOW, UNUSED, is_locked, is_unused
from consentry.accounts.types import Invitation
from consentry.core.middleware import is_at_home
from consentry.core.principal import Principal
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import LimitReached, Malformed, NotFound, Refused
from consentry.kernel.ids import AgencyId, PersonId
from consentry.kernel.roles import Role
from consentry.ledger.services import append

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
MAX_NAME_CHARS = 100


@transaction.atomic
def invite_agency_person(principal: Principal, invitation: Invitation) -> PersonId:
    """Give somebody a seat in an agency that `principal` manages; makes the account when there is none.

    Whether the address had an account already is not told. The new person signs in by e-mail code and can then do
    nothing but enrol a second factor.

    Raises:
        NotFound: not an agency of theirs. Refused: a role that managers do not give. Malformed: no e-mail address.
    """
    _require_manager(principal, invitation.agency)
    if invitation.role not in GIVEN_BY_MANAGER:
        raise Refused("a manager does not give this role", kind="role")
    person = _person_by_email(invitation)
    seat_person(PersonId(person.id), invitation.role, invitation.agency)
    _log_act("seat.give", invitation.agency, invitation.role)
    return PersonId(person.id)


@transaction.atomic
def disable_agency_person(principal: Principal, agency: AgencyId, person: PersonId, *, now: datetime) -> None:
    """Disable an account with a seat in an agency that `principal` manages; every session of it ends at once.

    Raises NotFound when it has no seat there, Refused for oneself.
    """
    _require_manager(principal, agency)
    row = SeatRow.objects.filter(agency=agency, person=person).first()
    if row is None:
        raise NotFound("there is no such person in this agency")
    if person == principal.person:
        raise Refused("nobody disables themselves", kind="own-account")
    _disable(person, "manager", now)
    _log_act("person.disable", agency, Role(row.role))


@transaction.atomic
def create_person(email: str, *, name: str = "", language: str = "en", is_demo: bool = False) -> PersonId:
    """A new account without a seat; Malformed for an address that is none or is taken."""
    if Person.objects.filter(email__iexact=email).exists():
        raise Malformed("this address has an account", kind="email-taken")
    checked = _checked(Invitation(AgencyId(""), Role.OWNER, email, name, language))
    return PersonId(_open_account(checked, name, language, is_demo=is_demo).id)


def seat_person(person: PersonId, role: Role, agency: AgencyId | None = None) -> None:
    """Give `person` a seat; once is enough. The database refuses a role without its agency (IntegrityError)."""
    SeatRow.objects.get_or_create(person_id=person, role=role.value, agency=agency)


def take_seat(person: PersonId, role: Role, agency: AgencyId | None = None) -> None:
    """Take a seat away; nothing happens when there is none."""
    SeatRow.objects.filter(person_id=person, role=role.value, agency=agency).delete()


def set_language(person: PersonId, language: str) -> None:
    """Speak to `person` in `language` from now on; Malformed unless it is en, fr or es."""
    if language not in LANGUAGES:
        raise Malformed("a language is en, fr or es")
    Person.objects.filter(id=person).update(language=language)


def enter_demo(request: HttpRequest, role: Role) -> PersonId:
    """Sign the demo's made-up person for `role` in, second factor taken as given and marked as demo.

    Raises:
        NotFound: not in demo mode, not from this machine by its own name without a proxy, or nobody to be.
    """
    found = demo_person(role) if settings.DEMO and is_at_home(request) else None
    if found is None:
        raise NotFound("there is no such door")
    person, now_ms = Person.objects.get(id=found), to_ms(utc_now())
    request.session.flush()
    login(request, person, backend=BACKEND)
    request.session[DEMO_AT] = now_ms
    request.session[ACTIVE_AT] = now_ms
    return found


@transaction.atomic
def begin_attempt(person: PersonId, *, now: datetime) -> int:
    """Count one attempt to sign in before it is made, so that attempts in parallel cannot pass the lock.

    Returns its id, for `forgive_attempt`. LimitReached (kind `locked`) while five stand in the last fifteen minutes.
    """
    Person.objects.select_for_update().get(id=person)
    recent = FailedSignIn.objects.filter(person_id=person, at__gt=now - LOCK_WINDOW).values_list("at", flat=True)
    if is_locked(list(recent), now):
        raise LimitReached("too many wrong attempts; wait fifteen minutes", kind="locked")
    return FailedSignIn.objects.create(person_id=person, at=now).pk


def forgive_attempt(attempt: int) -> None:
    """The attempt was right: it does not count."""
    FailedSignIn.objects.filter(pk=attempt).delete()


def touch(person: Person, *, now: datetime) -> None:
    """Remember that `person` was here, to the minute."""
    if person.last_seen_at is None or (now - person.last_seen_at).total_seconds() >= 60:
        Person.objects.filter(id=person.id).update(last_seen_at=now)


def disable_if_unused(person: Person, *, now: datetime) -> bool:
    """Disable an agency person who was not here for 90 days. Returns whether it did."""
    last_used = person.last_seen_at or person.created_at
    if not person.is_active or now - last_used < UNUSED or not is_unused(seats_of(person), last_used, now):
        return False
    _disable(PersonId(person.id), "unused", now)
    return True


def disable_unused(*, now: datetime) -> int:
    """Disable every agency person who was not here for 90 days. Returns how many."""
    people = Person.objects.filter(is_active=True, seat_rows__isnull=False, created_at__lte=now - UNUSED).distinct()
    return sum(disable_if_unused(person, now=now) for person in people.exclude(last_seen_at__gt=now - UNUSED))


def prune_attempts(*, now: datetime) -> int:
    """Forget wrong attempts that cannot count any more. Returns how many."""
    return FailedSignIn.objects.filter(at__lte=now - LOCK_WINDOW).delete()[0]


def _require_manager(principal: Principal, agency: AgencyId) -> None:
    if agency not in principal.agencies(Role.MANAGER):
        raise NotFound("there is no such agency")


def _person_by_email(invitation: Invitation) -> Person:
    found = Person.objects.select_for_update().filter(email__iexact=invitation.email).first()
    if found is not None:
        return found
    return _open_account(_checked(invitation), invitation.name, invitation.language)


def _open_account(email: str, name: str, language: str, *, is_demo: bool = False) -> Person:
    """The row, and its address with allauth: unverified until the first code that is sent there comes back."""
    person = Person(email=email, display_name=name, language=language, is_demo=is_demo)
    person.set_unusable_password()
    person.save(force_insert=True)
    EmailAddress.objects.create(user=person, email=email, primary=True, verified=False)
    return person


def _checked(invitation: Invitation) -> str:
    try:
        validate_email(invitation.email)
    except ValidationError as error:
        raise Malformed("not an e-mail address") from error
    if len(invitation.name) > MAX_NAME_CHARS or invitation.language not in LANGUAGES:
        raise Malformed("a name has at most 100 characters, a language is en, fr or es")
    return invitation.email.lower()


def _disable(person: PersonId, reason: str, now: datetime) -> None:
    Person.objects.filter(id=person).update(is_active=False, disabled_at=now, disabled_reason=reason)


def _log_act(act: str, agency: AgencyId, role: Role) -> None:
    fields = {"act": act, "agency": agency, "role": role.value}
    append("admin.act", fields, key=f"admin.act:{uuid4().hex}")
