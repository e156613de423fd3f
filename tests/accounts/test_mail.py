"""The e-mails of signing in as they are written to the folder of mails: whose language, which words, which links."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client
from tests.sign_in import client_for, make_person

from consentry.accounts.adapters import AccountAdapter
from consentry.accounts.mail import ANY_CHANGE, compose, words
from consentry.accounts.models import Person
from consentry.accounts.rules import LANGUAGES, spoken

pytestmark = pytest.mark.django_db
AUTH = "/_allauth/browser/v1/"
ADDRESS = "new@example.org"
CODE = re.compile(r"^([A-Z0-9]{3,}(?:-[A-Z0-9]+)*)$", re.MULTILINE)
LINK = re.compile(r"https?://\S+")
# What each language's mails say and no other's does.
MARKS = {"en": "It was not you?", "fr": "Ce n’était pas vous ?", "es": "¿No fue usted?"}
CODE_MARKS = {"en": "Then do nothing", "fr": "Ne faites rien", "es": "No haga nada"}


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:  # Any: pytest-django's settings take any name
    """The folder to which mails are written, as where no mail server is named."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    cache.clear()
    return tmp_path


def letters(folder: Path) -> list[EmailMessage]:
    """What was written, oldest first."""
    return list(_read(folder))


def _read(folder: Path) -> Iterator[EmailMessage]:
    for file in sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns):
        for said in re.split(rb"^-{79}\n?", file.read_bytes(), flags=re.MULTILINE):
            if said.strip():
                yield message_from_bytes(said, policy=policy.default)  # type: ignore[misc]  # typeshed: Message


def post(client: Client, path: str, body: dict[str, Any], *, language: str = "en") -> int:
    """An operation of allauth's from a browser in `language`; its status."""
    headers = {"accept-language": language}
    return client.post(f"{AUTH}{path}", body, content_type="application/json", headers=headers).status_code


def subject_in(letter: EmailMessage) -> str:
    """Its subject; a long one is folded onto a line of its own."""
    return str(letter["Subject"]).strip()


def text_of(letter: EmailMessage) -> str:
    return str(letter.get_content())


def subject_of(kind: str, language: str) -> str:
    return "[Consentry] " + words()[kind][language]["subject"]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_new_resident_is_greeted_and_kept_in_the_language_they_came_in(folder: Path, language: str) -> None:
    client = Client(SERVER_NAME="localhost")
    assert post(client, "auth/signup", {"email": ADDRESS}, language=language) == 401
    (letter,) = letters(folder)
    assert (subject_in(letter), letter["To"]) == (subject_of("email_confirmation_signup", language), ADDRESS)
    assert CODE_MARKS[language] in text_of(letter)
    found = CODE.search(text_of(letter))
    assert found
    assert post(client, "auth/email/verify", {"key": found.group(1)}) == 200
    assert Person.objects.get(email=ADDRESS).language == language


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_code_to_sign_in_comes_in_the_persons_language_not_the_browsers(folder: Path, language: str) -> None:
    person = make_person()
    Person.objects.filter(id=person).update(language=language)
    email, other = Person.objects.get(id=person).email, next(name for name in LANGUAGES if name != language)
    client = Client(SERVER_NAME="localhost")
    assert post(client, "auth/code/request", {"email": email.upper()}, language=other) == 401
    (letter,) = letters(folder)
    assert subject_in(letter) == subject_of("login_code", language)
    found = CODE.search(text_of(letter))
    assert found
    assert LINK.findall(text_of(letter)) == []
    assert post(client, "auth/code/confirm", {"code": found.group(1)}) == 200


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_who_has_no_account_or_has_one_already_is_told_so_by_mail_alone(
    folder: Path, settings: Any, language: str
) -> None:
    person = Person.objects.get(id=make_person())
    Person.objects.filter(id=person.id).update(language=language)
    client = Client(SERVER_NAME="localhost")
    assert post(client, "auth/code/request", {"email": ADDRESS}, language=language) == 401
    assert post(Client(SERVER_NAME="localhost"), "auth/signup", {"email": person.email}, language="en") == 401
    unknown, exists = letters(folder)
    assert subject_in(unknown) == subject_of("unknown_account", language)
    assert subject_in(exists) == subject_of("account_already_exists", language)
    for letter in (unknown, exists):
        assert MARKS[language] in text_of(letter)
        assert not CODE.search(text_of(letter))
        assert {link.rstrip(".,") for link in LINK.findall(text_of(letter))} == {f"{settings.ORIGIN}/"}


def enrol(client: Client) -> tuple[int, str]:
    """Add an authenticator app; the status and its secret."""
    secret = client.get(f"{AUTH}account/authenticators/totp").json()["meta"]["secret"]
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    return post(client, "account/authenticators/totp", {"code": code}), str(secret)


@pytest.fixture
def resident() -> Client:
    """Somebody who reads French and proved their address."""
    person = make_person()
    Person.objects.filter(id=person).update(language="fr")
    EmailAddress.objects.filter(user=person).update(verified=True)
    return client_for(person)


@pytest.mark.django_db(transaction=True)  # it is told once the change stands
def test_a_new_factor_is_told_in_the_persons_language_with_what_to_do(
    folder: Path, settings: Any, resident: Client
) -> None:
    status, secret = enrol(resident)
    assert status == 200
    found = {subject_in(letter): text_of(letter) for letter in letters(folder)}
    told = found[subject_of("totp_activated", "fr")]
    assert MARKS["fr"] in told
    assert f"{settings.ORIGIN}/account" in told
    assert secret not in "".join(found.values())
    assert "127.0.0.1" not in "".join(found.values())


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_is_away_does_not_undo_a_new_factor(
    settings: Any, resident: Client, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert enrol(resident)[0] == 200
    assert "no e-mail could be sent about a change of an account" in caplog.text
    assert "@example.org" not in caplog.text


def test_every_mail_that_allauth_has_is_ours_in_three_languages_with_the_same_holes() -> None:
    shipped = {
        path.name.removesuffix("_subject.txt")
        for app in ("account", "mfa")
        for path in (files("allauth") / "templates" / app / "email").iterdir()
        if path.name.endswith("_subject.txt")
    }
    # There are no passwords here: those operations are closed (accounts/middleware.py).
    assert {name for name in shipped if not name.startswith("password_")} == set(words()) - {ANY_CHANGE}
    for kind, said in words().items():
        assert set(said) == LANGUAGES, kind
        holes = [{name: _holes(text) for name, text in said[language].items()} for language in sorted(LANGUAGES)]
        assert holes[0] == holes[1] == holes[2], kind
        assert all(set(parts) == {"subject", "body", "not_you"} for parts in said.values()), kind


def _holes(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_no_mail_carries_a_link_beyond_our_own_pages_or_a_name(settings: Any) -> None:
    pages = {f"{settings.ORIGIN}/", f"{settings.ORIGIN}/account"}
    for kind in [*words(), "some_future_mail"]:
        for address in (ADDRESS, Person.objects.get(id=make_person()).email):
            letter = compose(kind, address, "ABC-123")
            assert {link.rstrip(".,") for link in LINK.findall(str(letter.body))} <= pages, kind
            assert address not in str(letter.body), kind


def test_what_we_have_no_words_for_says_only_that_something_changed() -> None:
    letter = AccountAdapter().render_mail("account/email/some_future_mail", ADDRESS, {"key": "secret"})
    assert letter.subject == subject_of(ANY_CHANGE, "en")
    assert "secret" not in str(letter.body)


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("fr", "fr"), ("fr-CA", "fr"), ("ES", "es"), ("de", "en"), ("", "en"), (None, "en"), ("frisian", "en")],
)
def test_a_wanted_language_is_one_of_ours_or_english(wanted: str | None, language: str) -> None:
    assert spoken(wanted) == language
