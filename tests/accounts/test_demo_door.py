"""The demo's one-click door opens on this machine only, for made-up people only."""

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings
from tests.sign_in import make_person

from consentry.accounts import services
from consentry.core.middleware import is_at_home
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import AgencyId
from consentry.kernel.roles import Role

pytestmark = pytest.mark.django_db
HOME = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:8480"}


@pytest.fixture
def _demo(settings: Settings) -> None:
    settings.DEMO = True
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]


def _enter(**meta: str) -> Client:
    """Walk through the door with a real session."""
    client = Client(**meta)
    request = RequestFactory(**meta).post("/api/demo/doors/analyst")
    request.session = client.session
    services.enter_demo(request, Role.ANALYST)
    request.session.save()
    client.cookies["consentry"] = request.session.session_key or ""
    return client


@pytest.mark.usefixtures("_demo")
def test_the_door_signs_a_made_up_person_in_with_both_factors() -> None:
    person = make_person(Role.ANALYST, AgencyId("agy_test"), is_demo=True)
    said = _enter(**HOME).get("/api/session").json()
    assert (said["person"], said["mfa_level"], said["needs_second_factor"]) == (person, 2, False)


@pytest.mark.usefixtures("_demo")
@pytest.mark.parametrize(
    "meta",
    [
        {**HOME, "REMOTE_ADDR": "10.0.0.7"}, {**HOME, "REMOTE_ADDR": ""}, {**HOME, "HTTP_HOST": "consentry.example"},
        {**HOME, "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, {**HOME, "HTTP_FORWARDED": "for=127.0.0.1"},
        {**HOME, "HTTP_X_FORWARDED_HOST": "localhost"}, {**HOME, "HTTP_HOST": "localhost.evil.example"},
        {**HOME, "HTTP_HOST": "localhost:80@evil"}, {**HOME, "HTTP_VIA": "1.1 proxy"},
        {**HOME, "HTTP_X_ORIGINAL_FORWARDED_FOR": "1.2.3.4"}, {**HOME, "HTTP_FORWARDED_FOR": "1.2.3.4"},
        {**HOME, "HTTP_CF_CONNECTING_IP": "1.2.3.4"}, {**HOME, "HTTP_TRUE_CLIENT_IP": "1.2.3.4"},
        {**HOME, "HTTP_X_REAL_IP": "1.2.3.4"}, {**HOME, "HTTP_X_ORIGINAL_HOST": "consentry.example"},
    ],
)  # fmt: skip
def test_from_anywhere_else_there_is_no_door_and_no_demo(meta: dict[str, str]) -> None:
    make_person(Role.ANALYST, AgencyId("agy_test"), is_demo=True)
    with pytest.raises(NotFound):
        _enter(**meta)
    assert Client(**meta).get("/api/session").status_code == 400


def test_outside_demo_mode_there_is_no_door() -> None:
    make_person(Role.ANALYST, AgencyId("agy_test"), is_demo=True)
    with pytest.raises(NotFound):
        _enter(**HOME)


@pytest.mark.usefixtures("_demo")
def test_real_people_are_never_behind_the_door() -> None:
    make_person(Role.ANALYST, AgencyId("agy_test"))
    with pytest.raises(NotFound):
        _enter(**HOME)


@pytest.mark.usefixtures("_demo")
def test_home_is_this_machine_under_its_own_name() -> None:
    assert is_at_home(RequestFactory(**HOME).get("/"))
    assert is_at_home(RequestFactory(**{**HOME, "HTTP_HOST": "127.0.0.1"}).get("/"))
    assert is_at_home(RequestFactory(**{**HOME, "REMOTE_ADDR": "::1"}).get("/"))
