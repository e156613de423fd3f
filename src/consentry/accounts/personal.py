"""What this room holds of a person: profile, roles, keys to sign in, sign-ins, exports."""

from collections.abc import Iterator
from datetime import UTC, datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction

from consentry.accounts.models import FailedSignIn, Person, PersonalExport, SeatRow
from consentry.accounts.own_data.services import destroy_exports
from consentry.core.personal import Held, RoomData, Row, Section, Why
from consentry.kernel.ids import PersonId


def erase(person: PersonId, now: datetime) -> bool:  # noqa: ARG001 other rooms wait for a time
    """Name, addresses, keys, sign-ins and exports; the row stays as a random id that earlier records name."""
    forget_identity(person)
    destroy_exports(person)
    for session in _sessions(person):
        session.delete()
    return True


@transaction.atomic
def forget_identity(person: PersonId) -> None:
    """Who it was, how they were reached and how they proved it; their address is free for a new account."""
    Authenticator.objects.filter(user=person).delete()
    EmailAddress.objects.filter(user=person).delete()
    FailedSignIn.objects.filter(person=person).delete()
    SeatRow.objects.filter(person=person).delete()
    Person.objects.filter(id=person, is_active=False).update(
        email=f"{person}@deleted.invalid", display_name="", language="en", last_seen_at=None
    )


def _profile(person: PersonId) -> Iterator[Row]:
    row = Person.objects.get(id=person)
    proven = EmailAddress.objects.filter(user=person, email__iexact=row.email, verified=True).exists()
    yield {
        "id": row.id, "name": row.display_name, "email": row.email, "email_proven": proven, "language": row.language,
        "made_at": row.created_at, "seen_at": row.last_seen_at,
    }  # fmt: skip


def _seats(person: PersonId) -> Iterator[Row]:
    for row in SeatRow.objects.filter(person=person).order_by("since", "id"):
        yield {"role": row.role, "agency": row.agency, "since": row.since}


def _keys(person: PersonId) -> Iterator[Row]:
    """What one signs in with, never the secret of it."""
    for row in Authenticator.objects.filter(user=person).order_by("id"):
        name = row.data.get("name", "") if isinstance(row.data, dict) else ""
        yield {"kind": row.type, "name": name, "made_at": row.created_at, "used_at": row.last_used_at}


def _sign_ins(person: PersonId) -> Iterator[Row]:
    for session in _sessions(person):
        said = SessionStore().decode(session.session_data).get("account_authentication_methods", [])
        steps = [one for one in said if isinstance(one, dict) and isinstance(one.get("at"), int | float)]
        at = min((float(one["at"]) for one in steps), default=None)
        yield {
            "at": None if at is None else datetime.fromtimestamp(at, UTC), "ends_at": session.expire_date,
            "proofs": [str(one.get("method", "")) for one in steps],
        }  # fmt: skip


def _exports(person: PersonId) -> Iterator[Row]:
    for row in PersonalExport.objects.filter(person=person).order_by("asked_at", "id"):
        yield {"id": row.id, "asked_at": row.asked_at, "state": row.state, "ends_at": row.ends_at}


def _sessions(person: PersonId) -> Iterator[Session]:
    """Sessions of a person: they are found by opening each, as their table does not say whose they are."""
    for session in Session.objects.order_by("session_key").iterator(chunk_size=500):
        if SessionStore().decode(session.session_data).get(SESSION_KEY) == person:
            yield session


PERSONAL = RoomData(
    "accounts",
    {
        "Authenticator.user": Held("sign_in_keys"),
        "Deletion.person": Held(apart=Why.ERASING, stays=Why.SHELL),
        "EmailAddress.user": Held("profile"),
        "FailedSignIn.person": Held(apart=Why.SIGN_IN_SAFETY),
        "PersonalExport.person": Held("exports"),
        "SeatRow.person": Held("seats"),
    },
    (
        Section("profile", _profile), Section("seats", _seats), Section("sign_in_keys", _keys),
        Section("sign_ins", _sign_ins), Section("exports", _exports),
    ),
    erase,
)  # fmt: skip
