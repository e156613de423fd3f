"""The demo's people and agency, made through the rooms' own services; each only once."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from consentry.accounts.services import create_person, seat_person
from consentry.cameras.services import register_owner_key
from consentry.core.principal import MFA_SECOND, Principal, Seat
from consentry.demo.keys import device_key_of
from consentry.demo.models import Seeded
from consentry.kernel.ids import AgencyId, PersonId
from consentry.kernel.owner_record import public_point
from consentry.kernel.roles import Role

STAFF = {
    Role.ANALYST: "Nadia Merrow",
    Role.OFFICER: "Tomas Quill",
    Role.SUPERVISOR: "Ines Halloway",
    Role.AUDITOR: "Piet Sandoval",
    Role.MANAGER: "Rosa Thorne",
}

MODERATOR = "Ada Linden"


def once(key: str, make: Callable[[], str]) -> str:
    """The id of the object under `key`; made now if the seed has not made it yet."""
    found = Seeded.objects.filter(pk=key).first()
    if found is None:
        found = Seeded.objects.create(key=key, object_id=make())
    return found.object_id


def find_seeded(key: str) -> str | None:
    """The id under `key`; None while it is not seeded."""
    return Seeded.objects.filter(pk=key).values_list("object_id", flat=True).first()


def seat_staff(agency: AgencyId) -> None:
    """One person per agency role, for the one-click doors."""
    for role, name in STAFF.items():
        make = partial(create_person, f"{role.value}@police.port-meridian.invalid", name=name, is_demo=True)
        seat_person(PersonId(once(f"person:{role.value}", make)), role, agency)
    # Of no agency: the police do not decide what neighbours may say.
    moderator = partial(create_person, "moderator@port-meridian.invalid", name=MODERATOR, is_demo=True)
    seat_person(PersonId(once("person:moderator", moderator)), Role.MODERATOR)


def seat_owner(number: int, name: str, *, now: datetime) -> Principal:
    """The `number`-th resident with a device key; the first is who the demo's door lets in."""

    def make() -> str:
        address = f"resident-{number}@port-meridian.invalid"
        person = create_person(address, name=name, is_demo=number == 1)
        seat_person(person, Role.OWNER)
        key = public_point(device_key_of(person))
        register_owner_key(principal_of_owner(person), key, name="Phone", now=now)
        return person

    return principal_of_owner(PersonId(once(f"person:owner-{number}", make)))


def principal_of_owner(person: PersonId) -> Principal:
    """A resident as a principal."""
    return Principal(person=person, seats=frozenset({Seat(Role.OWNER)}), mfa_level=MFA_SECOND)
