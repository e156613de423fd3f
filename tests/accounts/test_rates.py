"""Each limit on trying is hit, holds for its time and no longer; the clock is moved, nobody sleeps."""

import time
from collections.abc import Callable
from itertools import count

import pytest
from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.test import Client
from tests.sign_in import client_for, make_person

from consentry.accounts.models import Person
from consentry.kernel.ids import AgencyId
from consentry.kernel.roles import Role
from consentry.project.security import ACCOUNT_RATES

pytestmark = pytest.mark.django_db
AUTH = "/_allauth/browser/v1/"
ENDLESS = 60


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the clock of the limits on; counts begin anew for each test."""
    cache.clear()
    ahead = [0.0]

    class Clock:
        monotonic, sleep = time.monotonic, time.sleep

        @staticmethod
        def time() -> float:
            return time.time() + ahead[0]

    monkeypatch.setattr(ratelimit, "time", Clock)

    def later(seconds: float) -> None:
        ahead[0] += seconds

    return later


def _post(client: Client, path: str, body: dict[str, object], source: str = "192.0.2.1") -> int:
    """The status; a form that says "too many" in its own words is a 429 too."""
    reply = client.post(f"{AUTH}{path}", body, content_type="application/json", REMOTE_ADDR=source)
    is_limited = reply.status_code == 400 and b"too_many" in reply.content
    return 429 if is_limited else reply.status_code


def _tries_until_refused(act: Callable[[], int]) -> int:
    for done in range(ENDLESS):
        if act() == 429:
            return done
    return ENDLESS


def _stranger() -> Client:
    return Client(SERVER_NAME="localhost")


def test_five_codes_in_ten_minutes_to_one_address(pass_time: Callable[[float], None]) -> None:
    email = Person.objects.get(id=make_person()).email
    sources = count(1)

    def ask() -> int:
        return _post(_stranger(), "auth/code/request", {"email": email}, f"198.51.{next(sources)}.1")

    assert _tries_until_refused(ask) == 5
    other = Person.objects.get(id=make_person()).email
    assert _post(_stranger(), "auth/code/request", {"email": other}) == 401
    pass_time(601)
    assert ask() == 401


@pytest.mark.parametrize(("path", "limit"), [("auth/code/request", 20), ("auth/signup", 20)])
def test_twenty_addresses_a_minute_from_one_place(path: str, limit: int, pass_time: Callable[[float], None]) -> None:
    numbers = count()

    def ask(source: str = "192.0.2.1") -> int:
        return _post(_stranger(), path, {"email": f"stranger-{next(numbers)}@example.org"}, source)

    assert _tries_until_refused(ask) == limit
    assert ask("198.51.100.7") == 401
    pass_time(61)
    assert ask() == 401


def test_ten_passkeys_a_minute_from_one_place(pass_time: Callable[[float], None]) -> None:
    def ask(source: str = "192.0.2.1") -> int:
        return _post(_stranger(), "auth/webauthn/login", {"credential": {}}, source)

    assert _tries_until_refused(ask) == 10
    assert ask("198.51.100.7") == 400
    pass_time(61)
    assert ask() == 400


def test_ten_changes_of_the_address_a_minute(pass_time: Callable[[float], None]) -> None:
    client, numbers = client_for(make_person()), count()

    def ask() -> int:
        return _post(client, "account/email", {"email": f"mine-{next(numbers)}@example.org"})

    assert _tries_until_refused(ask) == 10
    pass_time(61)
    assert ask() != 429


def test_five_proofs_in_fifteen_minutes_and_then_the_lock(pass_time: Callable[[float], None]) -> None:
    client = client_for(make_person(Role.ANALYST, AgencyId("agy_test")))
    tries = _tries_until_refused(lambda: _post(client, "auth/2fa/reauthenticate", {"code": "000000"}))
    assert tries == 5


def test_there_is_no_password_to_try() -> None:
    for path in ("auth/login", "auth/password/request", "auth/password/reset", "account/password/change"):
        assert _post(_stranger(), path, {"email": "a@example.org", "password": "x", "key": "x"}) == 404, path


def test_every_rate_is_known_here() -> None:
    """A rate that is added wants a test: `login`, `login_failed` are of passwords, which are closed above."""
    hit = {"request_login_code", "signup", "manage_email", "reauthenticate", "confirm_email", "login", "login_failed"}
    assert set(ACCOUNT_RATES) == hit


@pytest.mark.parametrize("role", [None, *Role])
@pytest.mark.parametrize(("verb", "path"), [("get", "gateway/control"), ("post", "gateway/reports")])
def test_the_internal_doors_open_to_nobody_who_signs_in(role: Role | None, verb: str, path: str) -> None:
    agency = None if role is Role.OWNER else AgencyId("agy_test")
    client = _stranger() if role is None else client_for(make_person(role, agency))
    reply = getattr(client, verb)(f"/internal/{path}", REMOTE_ADDR="127.0.0.1")
    assert reply.status_code in (400, 401, 403)  # 400: no gateway's signature is there to be checked
