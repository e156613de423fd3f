"""People and signed-in clients for tests, through the real session tables."""

import time
from uuid import uuid4

from django.conf import settings
from django.test import Client

from consentry.accounts import services
from consentry.accounts.models import Person
from consentry.kernel.ids import AgencyId, PersonId
from consentry.kernel.roles import Role


def make_person(role: Role = Role.OWNER, agency: AgencyId | None = None, *, is_demo: bool = False) -> PersonId:
    """A person with one seat (residents need no row)."""
    person = services.create_person(f"{uuid4().hex}@example.org", name=f"Some {role.value}", is_demo=is_demo)
    if role is not Role.OWNER or is_demo:
        services.seat_person(person, role, agency)
    return person


def client_for(person: PersonId, *, second_factor: bool = True, age_s: float = 0.0) -> Client:
    """A browser that is signed in as `person`, `age_s` ago; CSRF is not enforced (see test_csrf for that)."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(Person.objects.get(id=person), backend=services.BACKEND)
    at = time.time() - age_s
    records = [{"method": "code", "at": at}, *([{"method": "mfa", "type": "totp", "at": at}] if second_factor else [])]
    session = client.session
    session["account_authentication_methods"] = records
    session["account_authentication_methods_user"] = str(person)
    session.save()
    assert settings.SESSION_COOKIE_NAME in client.cookies
    return client
