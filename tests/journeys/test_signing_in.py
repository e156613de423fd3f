"""Signing in as people do: code by e-mail, passkey, authenticator app, recovery code, in a real browser."""

import time

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.conftest import DESKTOP, PHONE, Open
from tests.journeys.people import come_in, fetch
from tests.journeys.second_factor import (
    PERIOD_S,
    Passkeys,
    ask_code,
    become_resident,
    give,
    letters_to,
    new_address,
    totp,
)
from tests.journeys.stage import Stage


@pytest.fixture
def address() -> str:
    """A mailbox that nobody used before."""
    return new_address()


def _leave(page: Page) -> None:
    page.get_by_role("link", name="Account", exact=True).click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_label("E-mail address")).to_be_visible()
    assert fetch(page, "/api/session")[1]["person"] is None


def _invited(open_page: Open, address: str, role: str = "Analyst") -> None:
    """The programme manager of the demo's police invites somebody."""
    page = come_in(open_page(DESKTOP), "Programme manager")
    form = page.locator("form").filter(has=page.get_by_role("heading", name="Invite somebody"))
    form.get_by_label("Name", exact=True).fill("Some Body")
    form.get_by_label("E-mail address").fill(address)
    form.get_by_label("Role").select_option(label=role)
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.locator(".person").filter(has_text="Some Body").first).to_be_visible()


def test_a_resident_makes_an_account_and_comes_back_by_a_code_from_the_mail(
    stage: Stage, open_page: Open, address: str
) -> None:
    page = open_page(PHONE)
    become_resident(page, stage.mail, address)
    _leave(page)
    code = ask_code(page, stage.mail, address)
    give(page, "Code from the e-mail", "WRONG1")
    expect(page.get_by_role("alert")).to_be_visible()
    give(page, "Code from the e-mail", code)
    page.wait_for_url("**/home")
    assert fetch(page, "/api/session")[1]["mfa_level"] == 1


def test_a_resident_adds_a_passkey_and_signs_in_with_nothing_else(stage: Stage, open_page: Open, address: str) -> None:
    page = open_page(PHONE)
    passkeys = Passkeys(page)
    become_resident(page, stage.mail, address)
    page.get_by_role("link", name="Account", exact=True).click()
    page.get_by_role("button", name="Add a passkey or an authenticator app").click()
    page.get_by_role("button", name="Add a passkey", exact=True).click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_role("list", name="Second factor")).to_contain_text("This device")
    assert passkeys.sites() == ["localhost"]
    _leave(page)
    mails = len(letters_to(stage.mail, address))

    with passkeys.unverified():
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_role("alert")).to_contain_text("The passkey was not used")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/home")
    session = fetch(page, "/api/session")[1]
    assert (session["mfa_level"], session["seats"]) == (2, [{"role": "owner", "agency": None}])
    assert len(letters_to(stage.mail, address)) == mails


def test_an_analyst_enrols_an_app_signs_in_with_it_and_then_with_a_recovery_code(
    stage: Stage, open_page: Open, address: str
) -> None:
    _invited(open_page, address)
    page = open_page(DESKTOP)
    give(page, "Code from the e-mail", ask_code(page, stage.mail, address))
    expect(page.get_by_role("heading", name="Add a second factor")).to_be_visible()
    secret = page.locator(".mono").inner_text()
    enrolled_at = time.time()
    give(page, "Code from the app", totp(secret, enrolled_at))
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    codes = page.locator(".codes li").all_inner_texts()
    page.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_role("button", name="Ask to look")).to_be_visible()

    _leave(page)
    give(page, "Code from the e-mail", ask_code(page, stage.mail, address))
    expect(page.get_by_label("Second factor")).to_be_visible()
    assert fetch(page, "/api/session")[1]["person"] is None
    give(page, "Second factor", totp(secret, enrolled_at))  # a code works once
    expect(page.get_by_role("alert")).to_be_visible()
    give(page, "Second factor", totp(secret, enrolled_at + PERIOD_S))
    expect(page.get_by_role("button", name="Ask to look")).to_be_visible()
    assert fetch(page, "/api/session")[1]["mfa_level"] == 2

    _leave(page)
    give(page, "Code from the e-mail", ask_code(page, stage.mail, address))
    give(page, "Second factor", codes[0])
    expect(page.get_by_role("button", name="Ask to look")).to_be_visible()
    _leave(page)
    give(page, "Code from the e-mail", ask_code(page, stage.mail, address))
    give(page, "Second factor", codes[0])  # and so does a recovery code
    expect(page.get_by_role("alert")).to_be_visible()


def test_an_agency_role_without_a_second_factor_can_do_nothing(stage: Stage, open_page: Open, address: str) -> None:
    _invited(open_page, address)
    call = stage.report()
    page = open_page(DESKTOP)
    give(page, "Code from the e-mail", ask_code(page, stage.mail, address))
    expect(page.get_by_role("heading", name="Add a second factor")).to_be_visible()
    for path in ("/watch", "/manage", "/audit", "/home"):
        page.goto(path)
        expect(page.get_by_role("heading", name="Add a second factor")).to_be_visible()
    expect(page.get_by_text(call.number)).to_have_count(0)
    for verb, path in (
        ("GET", "/api/incidents?open=true"), ("GET", "/api/public-cameras"),
        ("GET", "/api/agency/programmes"), ("POST", "/api/asks"),
    ):  # fmt: skip
        status, said = fetch(page, path, verb)
        assert (status, said["kind"]) == (401, "second-factor"), path
