"""An account is deleted by its own person, with a fresh sign-in and the word typed; nobody inherits anything of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.test import Client
from tests.sign_in import client_for, make_person

from consentry.accounts import leaving, queries, services
from consentry.accounts.models import Deletion, Person, PersonalExport, SeatRow
from consentry.accounts.own_data import services as exports
from consentry.core.principal import MFA_SECOND, Principal, Seat
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import NotFound, Refused
from consentry.kernel.ids import AgencyId, PersonId
from consentry.kernel.roles import Role
from consentry.ledger.models import LedgerEntry

pytestmark = pytest.mark.django_db
JSON = "application/json"
OURS, THEIRS = AgencyId("agy_ours"), AgencyId("agy_theirs")
LATER = timedelta(minutes=16)


def fresh(person: PersonId, *seats: Seat) -> Principal:
    """A person who has just signed in."""
    return Principal(person, frozenset(seats or {Seat(Role.OWNER)}), MFA_SECOND, utc_now())


def delete(client: Client, word: str = "delete") -> int:
    """Ask for the end of the account; the status."""
    return client.post("/api/account/deletion", {"word": word}, content_type=JSON).status_code


def email_of(person: PersonId) -> str:
    """Where somebody is reached."""
    return Person.objects.get(id=person).email


def test_a_person_deletes_their_account_and_nothing_names_them_any_more() -> None:
    person = make_person()
    client, elsewhere = client_for(person), client_for(person)
    email = email_of(person)
    Authenticator.objects.create(user_id=person, type="totp", data={"secret": "x"})
    assert client.get("/api/account/deletion").json() == {"is_fresh": True, "why_not": ""}
    assert delete(client) == 204
    for browser in (client, elsewhere):
        assert browser.get("/api/session").json()["person"] is None
        assert browser.get("/api/account/export").status_code == 401
    row = Person.objects.get(id=person)
    assert (row.is_active, row.display_name, row.disabled_reason) == (False, "", "deleted")
    assert row.email.endswith("@deleted.invalid")
    assert not EmailAddress.objects.filter(email=email).exists()
    assert not Authenticator.objects.filter(user=person).exists()
    leaving.advance_deletions(utc_now())
    sessions = [session.get_decoded().get("_auth_user_id") for session in Session.objects.all()]
    assert person not in sessions
    assert Deletion.objects.get(person=person).finished_at is None
    assert leaving.advance_deletions(utc_now() + LATER) == 1
    assert Deletion.objects.get(person=person).finished_at is not None


@pytest.mark.parametrize("word", ["supprimer", "eliminar", " DELETE "])
def test_the_word_is_taken_in_each_language(word: str) -> None:
    assert delete(client_for(make_person()), word) == 204


@pytest.mark.parametrize("word", ["", "yes", "delet", "x" * 21])
def test_another_word_deletes_nothing(word: str) -> None:
    person = make_person()
    assert delete(client_for(person), word) == 400
    assert Person.objects.get(id=person).is_active


def test_an_old_sign_in_deletes_nothing() -> None:
    person = make_person()
    old = client_for(person, age_s=16 * 60.0)
    assert old.get("/api/account/deletion").json()["is_fresh"] is False
    assert delete(old) == 403
    assert Person.objects.get(id=person).is_active


def test_nobody_deletes_without_signing_in_and_nobody_twice() -> None:
    assert delete(Client(SERVER_NAME="localhost")) == 401
    me = fresh(make_person())
    leaving.delete_account(me, now=utc_now())
    with pytest.raises(NotFound):
        leaving.delete_account(me, now=utc_now())


def test_a_foreign_page_cannot_delete_anybody() -> None:
    client = client_for(make_person())
    client.handler.enforce_csrf_checks = True
    assert delete(client) == 403


def test_the_same_address_opens_a_new_account_that_inherits_nothing() -> None:
    person = make_person()
    email = email_of(person)
    services.seat_person(person, Role.ANALYST, OURS)
    leaving.delete_account(fresh(person, Seat(Role.ANALYST, OURS)), now=utc_now())
    anew = services.create_person(email)
    assert anew != person
    assert queries.seats_of(Person.objects.get(id=anew)) == {Seat(Role.OWNER)}
    assert exports.newest_export(fresh(anew)) is None
    leaving.advance_deletions(utc_now() + LATER)
    assert email_of(anew) == email


def test_the_last_manager_of_an_agency_stays_until_there_is_another() -> None:
    person = make_person(Role.MANAGER, OURS)
    me = fresh(person, Seat(Role.MANAGER, OURS))
    asleep = make_person(Role.MANAGER, OURS)
    Person.objects.filter(id=asleep).update(is_active=False, disabled_at=utc_now())
    make_person(Role.MANAGER, THEIRS)
    make_person(Role.ANALYST, OURS)
    assert client_for(person).get("/api/account/deletion").json()["why_not"] == "last-manager"
    with pytest.raises(Refused):
        leaving.delete_account(me, now=utc_now())
    assert delete(client_for(person)) == 403
    make_person(Role.MANAGER, OURS)
    leaving.delete_account(me, now=utc_now())
    assert not SeatRow.objects.filter(person=person).exists()


def test_agency_people_leave_their_seats_in_the_ledger_without_a_name() -> None:
    person = make_person(Role.ANALYST, OURS)
    leaving.delete_account(fresh(person, Seat(Role.ANALYST, OURS)), now=utc_now())
    entry = bytes(LedgerEntry.objects.filter(kind="admin.act").latest("id").entry)
    assert b"person.leave" in entry
    assert person.encode() not in entry


def test_agency_people_need_their_second_factor() -> None:
    person = make_person(Role.ANALYST, OURS)
    assert delete(client_for(person, second_factor=False)) == 401
    assert Person.objects.get(id=person).is_active


@pytest.mark.parametrize("is_gathered", [False, True])
def test_an_export_of_somebody_who_leaves_is_destroyed(*, is_gathered: bool) -> None:
    me = fresh(make_person())
    export = exports.ask_export(me, "en", now=utc_now()).id
    if is_gathered:
        exports.advance_exports(utc_now())
        assert exports.file_of(export).exists()
    leaving.delete_account(me, now=utc_now())
    assert PersonalExport.objects.get(id=export).state == "cancelled"
    leaving.advance_deletions(utc_now())
    assert not PersonalExport.objects.filter(id=export).exists()
    assert not exports.file_of(export).exists()


def test_a_room_that_fails_stops_no_other_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(person: PersonId, now: object) -> bool:
        raise OSError("the disk is away")

    me, now = fresh(make_person()), utc_now()
    leaving.delete_account(me, now=now)
    rooms = leaving.personal_rooms()
    broken = tuple(replace(room, erase=fail) if room.room == "neighbors" else room for room in rooms)
    with monkeypatch.context() as patch:
        patch.setattr(leaving, "personal_rooms", lambda: broken)
        assert leaving.advance_deletions(now + LATER) == 0
    row = Deletion.objects.get(person=me.person)
    assert (row.waits_for, row.finished_at) == ("neighbors", None)
    assert leaving.advance_deletions(row.next_at) == 1
