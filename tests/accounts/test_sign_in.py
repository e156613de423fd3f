"""Signing in through allauth's own operations, with the e-mails that are really sent."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache
from django.test import Client
from tests.sign_in import client_for, make_person

from consentry.accounts import services
from consentry.accounts.models import FailedSignIn, Person
from consentry.accounts.queries import ACTIVE_AT
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.ids import AgencyId, PersonId
from consentry.kernel.roles import Role

pytestmark = pytest.mark.django_db
AUTH = "/_allauth/browser/v1/"


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    cache.clear()


def _post(client: Client, path: str, body: dict[str, Any] | None = None) -> Any:
    return client.post(f"{AUTH}{path}", body or {}, content_type="application/json")


def _code() -> str:
    said = re.search(r"^\s*([A-Z0-9]{3,}(?:-[A-Z0-9]+)*)\s*$", str(mail.outbox[-1].body), re.MULTILINE)
    assert said, mail.outbox[-1].body
    return said.group(1)


def _totp(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def _by_code(email: str) -> Client:
    client = Client(SERVER_NAME="localhost")
    assert _post(client, "auth/code/request", {"email": email}).status_code == 401
    _post(client, "auth/code/confirm", {"code": _code()})
    return client


def _session(client: Client) -> dict[str, Any]:
    said: dict[str, Any] = client.get("/api/session").json()
    return said


def _enrol(client: Client) -> str:
    secret = client.get(f"{AUTH}account/authenticators/totp").json()["meta"]["secret"]
    assert _post(client, "account/authenticators/totp", {"code": _totp(secret)}).status_code == 200
    return str(secret)


def _invited(role: Role = Role.ANALYST) -> Person:
    person = make_person(role, AgencyId("agy_test"))
    return Person.objects.get(id=person)


def test_a_resident_signs_up_with_an_e_mail_code_and_owns() -> None:
    client = Client(SERVER_NAME="localhost")
    assert _post(client, "auth/signup", {"email": "new@example.org"}).status_code == 401
    assert _post(client, "auth/email/verify", {"key": _code()}).status_code == 200
    said = _session(client)
    assert said["seats"] == [{"role": "owner", "agency": None}]
    assert (said["mfa_level"], said["needs_second_factor"]) == (1, False)
    assert Person.objects.get(email="new@example.org").id == said["person"]


def test_a_resident_signs_in_with_an_e_mail_code_and_out_again() -> None:
    person = Person.objects.get(id=make_person())
    client = _by_code(person.email.upper())
    assert _session(client)["person"] == person.id
    client.delete(f"{AUTH}auth/session")
    assert _session(client)["person"] is None


def test_agency_people_reach_only_enrolment_until_the_second_factor() -> None:
    client = _by_code(_invited().email)
    said = _session(client)
    assert (said["mfa_level"], said["needs_second_factor"]) == (1, True)
    refused = client.get("/api/agency/programmes")
    assert (refused.status_code, refused.json()["kind"]) == (401, "second-factor")
    _enrol(client)
    assert _session(client)["needs_second_factor"] is False
    assert client.get("/api/agency/programmes").status_code == 200


def test_the_next_sign_in_asks_for_the_second_factor() -> None:
    person = _invited()
    secret = _enrol(_by_code(person.email))
    cache.clear()
    client = _by_code(person.email)
    assert _session(client)["person"] is None
    assert client.get("/api/agency/programmes").status_code == 401
    Authenticator.objects.filter(user_id=person.id).update(last_used_at=None)
    assert _post(client, "auth/2fa/authenticate", {"code": _totp(secret)}).status_code == 200
    assert _session(client)["mfa_level"] == 2


def test_a_code_of_the_app_works_once_as_long_as_it_would_be_taken() -> None:
    person = _invited()
    secret = _enrol(_by_code(person.email))
    enrolled_with = _totp(secret)
    client = _by_code(person.email)
    assert _post(client, "auth/2fa/authenticate", {"code": enrolled_with}).json()["kind"] == "code-used"
    now = int(time.time()) // 30
    following = format_hotp_value(hotp_value(secret, now + 1))
    assert _post(client, "auth/2fa/authenticate", {"code": following}).status_code == 200
    cache.delete(f"allauth.mfa.totp.used?user={person.id}&code={following}")  # it is forgotten there after 30 s
    again = _by_code(person.email)
    refused = _post(again, "auth/2fa/authenticate", {"code": f"{following[:3]} {following[3:]}"})
    assert refused.json()["kind"] == "code-used"
    assert _session(again)["person"] is None


def test_recovery_codes_come_with_the_factor_and_count_as_one() -> None:
    person = _invited()
    client = _by_code(person.email)
    _enrol(client)
    found = Authenticator.objects.get(user_id=person.id, type="recovery_codes")
    code = found.wrap().get_unused_codes()[0]
    again = _by_code(person.email)
    assert _post(again, "auth/2fa/authenticate", {"code": code}).status_code == 200
    assert _session(again)["mfa_level"] == 2


def test_five_wrong_codes_lock_the_account_even_for_the_right_one() -> None:
    person = _invited()
    secret = _enrol(_by_code(person.email))
    cache.clear()
    client = _by_code(person.email)
    for _ in range(5):
        cache.clear()
        assert _post(client, "auth/2fa/authenticate", {"code": "000000"}).status_code == 400
    cache.clear()
    refused = _post(client, "auth/2fa/authenticate", {"code": _totp(secret)})
    assert (refused.status_code, refused.json()["kind"]) == (429, "locked")
    FailedSignIn.objects.update(at=utc_now() - timedelta(minutes=15))
    assert _post(client, "auth/2fa/authenticate", {"code": _totp(secret)}).status_code == 200


def test_wrong_e_mail_codes_count_and_right_ones_do_not() -> None:
    person = Person.objects.get(id=make_person())
    client = Client(SERVER_NAME="localhost")
    _post(client, "auth/code/request", {"email": person.email})
    assert _post(client, "auth/code/confirm", {"code": "WRONG1"}).status_code == 400
    assert FailedSignIn.objects.filter(person=person).count() == 1
    assert _post(client, "auth/code/confirm", {"code": _code()}).status_code == 200
    assert FailedSignIn.objects.filter(person=person).count() == 1


def test_whether_an_address_has_an_account_is_not_told() -> None:
    known, unknown = Person.objects.get(id=make_person()).email, "nobody@example.org"
    replies = [_post(Client(SERVER_NAME="localhost"), "auth/code/request", {"email": who}) for who in (known, unknown)]
    assert replies[0].status_code == replies[1].status_code == 401
    assert replies[0].json() == replies[1].json()


def test_there_are_no_passwords() -> None:
    client = Client(SERVER_NAME="localhost")
    for path in ("auth/login", "auth/password/request", "account/password/change"):
        assert _post(client, path, {"email": "a@example.org", "password": "x"}).status_code == 404


def test_an_idle_desk_is_signed_out_and_polling_does_not_keep_it() -> None:
    client = client_for(make_person(Role.ANALYST, AgencyId("agy_test")))
    session = client.session
    session[ACTIVE_AT] = to_ms(utc_now() - timedelta(minutes=29))
    session.save()
    assert client.get("/api/session", headers={"Consentry-Background": "1"}).json()["person"]
    assert client.session[ACTIVE_AT] == session[ACTIVE_AT]
    session[ACTIVE_AT] = to_ms(utc_now() - timedelta(minutes=30))
    session.save()
    assert _session(client)["ended"] == "idle"
    assert _session(client) == {**_session(client), "person": None, "ended": ""}


def test_an_own_act_keeps_the_desk_signed_in() -> None:
    client = client_for(make_person(Role.ANALYST, AgencyId("agy_test")))
    session = client.session
    session[ACTIVE_AT] = to_ms(utc_now() - timedelta(minutes=29))
    session.save()
    assert _session(client)["person"]
    assert client.session[ACTIVE_AT] > to_ms(utc_now() - timedelta(minutes=1))


def test_agency_people_sign_in_again_after_twelve_hours() -> None:
    person = make_person(Role.AUDITOR, AgencyId("agy_test"))
    assert _session(client_for(person, age_s=12 * 3600 - 60))["person"] == person
    assert _session(client_for(person, age_s=12 * 3600))["ended"] == "too-old"
    assert _session(client_for(make_person(), age_s=12 * 3600))["person"]


def test_a_session_without_any_proof_is_nobody() -> None:
    client = client_for(make_person())
    session = client.session
    del session["account_authentication_methods"]
    session.save()
    assert _session(client)["person"] is None


def test_disabling_ends_sessions_at_once_and_no_code_brings_them_back() -> None:
    agency = AgencyId("agy_test")
    manager, analyst = make_person(Role.MANAGER, agency), make_person(Role.ANALYST, agency)
    client = client_for(analyst)
    assert _session(client)["person"] == analyst
    done = client_for(manager).post(f"/api/agencies/{agency}/people/{analyst}/disable")
    assert done.status_code == 204
    assert _session(client)["person"] is None
    assert _session(_maybe_by_code(analyst))["person"] is None


def _maybe_by_code(person: PersonId) -> Client:
    client, before = Client(SERVER_NAME="localhost"), len(mail.outbox)
    _post(client, "auth/code/request", {"email": Person.objects.get(id=person).email})
    if len(mail.outbox) > before and (said := re.search(r"\b([A-Z0-9]{6,})\b", str(mail.outbox[-1].body))):
        _post(client, "auth/code/confirm", {"code": said.group(1)})
    return client


def test_accounts_unused_for_ninety_days_are_disabled() -> None:
    agency, now = AgencyId("agy_test"), utc_now()
    unused, used, resident = make_person(Role.OFFICER, agency), make_person(Role.OFFICER, agency), make_person()
    Person.objects.update(created_at=now - timedelta(days=200), last_seen_at=now - timedelta(days=90))
    Person.objects.filter(id=used).update(last_seen_at=now - timedelta(days=89))
    client = client_for(unused)
    assert services.disable_unused(now=now) == 1
    active = dict(Person.objects.values_list("id", "is_active"))
    assert (active[unused], active[used], active[resident]) == (False, True, True)
    assert Person.objects.get(id=unused).disabled_reason == "unused"
    assert _session(client)["person"] is None


def test_an_unused_account_is_disabled_by_its_own_sign_in_too() -> None:
    person, now = make_person(Role.OFFICER, AgencyId("agy_test")), utc_now()
    client = client_for(person)
    Person.objects.update(created_at=now - timedelta(days=91), last_seen_at=None)
    assert _session(client)["person"] is None
    assert not Person.objects.get(id=person).is_active


def test_records_of_somebody_else_prove_nothing() -> None:
    client = client_for(make_person(Role.ANALYST, AgencyId("agy_test")))
    session = client.session
    session["account_authentication_methods_user"] = str(make_person())
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
    session.save()
    assert _session(client)["person"] is None
