"""The manager's people: invited, listed, disabled; another agency's are not there."""

import pytest
from django.test import Client
from tests.sign_in import client_for, make_person

from consentry.accounts import queries
from consentry.accounts.models import Person, SeatRow
from consentry.core.principal import Seat
from consentry.kernel.ids import AgencyId
from consentry.kernel.roles import Role
from consentry.ledger.models import LedgerEntry

pytestmark = pytest.mark.django_db
OURS, THEIRS = AgencyId("agy_ours"), AgencyId("agy_theirs")


@pytest.fixture
def manager() -> Client:
    return client_for(make_person(Role.MANAGER, OURS))


def _invite(client: Client, agency: str = OURS, **changes: object) -> int:
    body = {"email": "new@example.org", "name": "New", "role": "analyst", **changes}
    return client.post(f"/api/agencies/{agency}/people", body, content_type="application/json").status_code


def test_a_manager_invites_and_it_is_in_the_ledger_without_a_name(manager: Client) -> None:
    before = LedgerEntry.objects.filter(kind="admin.act").count()
    assert _invite(manager) == 201
    person = Person.objects.get(email="new@example.org")
    assert queries.seats_of(person) == {Seat(Role.ANALYST, OURS)}
    entry = LedgerEntry.objects.filter(kind="admin.act").latest("id")
    assert LedgerEntry.objects.filter(kind="admin.act").count() == before + 1
    assert b"new@" not in bytes(entry.entry)


def test_inviting_somebody_known_looks_the_same_and_adds_the_seat(manager: Client) -> None:
    resident = make_person()
    assert _invite(manager, email=Person.objects.get(id=resident).email.upper()) == 201
    assert SeatRow.objects.filter(person=resident, role="analyst", agency=OURS).count() == 1
    assert Person.objects.count() == 2


@pytest.mark.parametrize("role", ["admin", "support", "integrator", "owner"])
def test_a_manager_gives_no_role_of_the_operator(manager: Client, role: str) -> None:
    assert _invite(manager, role=role) == 403
    assert SeatRow.objects.filter(role=role).count() == 0


@pytest.mark.parametrize("changes", [{"email": "nobody"}, {"name": "x" * 101}, {"role": "chief"}, {"language": "de"}])
def test_malformed_invitations_are_refused(manager: Client, changes: dict[str, object]) -> None:
    assert _invite(manager, **changes) == 400


def test_another_agency_is_not_there(manager: Client) -> None:
    stranger = make_person(Role.ANALYST, THEIRS)
    assert _invite(manager, THEIRS) == 404
    assert manager.get(f"/api/agencies/{THEIRS}/people").status_code == 404
    for agency in (OURS, THEIRS):
        assert manager.post(f"/api/agencies/{agency}/people/{stranger}/disable").status_code == 404
    assert Person.objects.get(id=stranger).is_active


def test_people_are_listed_without_addresses(manager: Client) -> None:
    make_person(Role.OFFICER, OURS)
    reply = manager.get(f"/api/agencies/{OURS}/people")
    assert sorted(row["role"] for row in reply.json()) == ["manager", "officer"]
    assert b"@" not in reply.content


def test_nobody_disables_themselves() -> None:
    person = make_person(Role.MANAGER, OURS)
    assert client_for(person).post(f"/api/agencies/{OURS}/people/{person}/disable").status_code == 403


def test_one_chooses_the_language() -> None:
    client = client_for(make_person())
    assert client.patch("/api/session", {"language": "fr"}, content_type="application/json").status_code == 204
    assert client.get("/api/session").json()["language"] == "fr"
