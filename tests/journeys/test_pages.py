"""Every page for everybody: no axe violation, no untranslated key, nothing that only a mouse reaches."""

import re

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import DESKTOP, PHONE, Open
from tests.journeys.people import Analyst, Owner, come_in
from tests.journeys.stage import Stage

# What stands in words.json files as a key never stands on a page: `home.stop`, `codes.rule.x`.
KEY = re.compile(r"\b(analyst|codes|door|home|live|office|open|places|problem|shell)\.[a-z]+[a-z_]*\b")

ROLES = {
    "door": (None, ("/",)),
    "public": (None, ("/public", "/public/places", "/public/policy")),
    "analyst": ("Analyst", ("/watch",)),
    "owner": ("Camera owner", ("/home", "/home/add", "/home/pair")),
    "manager": ("Programme manager", ("/manage", "/manage/feeds", "/field")),
    "auditor": ("Auditor", ("/audit",)),
}


@pytest.mark.parametrize("who", ROLES)
def test_axe_finds_nothing_on_the_pages_of(who: str, open_page: Open) -> None:
    role, paths = ROLES[who]
    page = open_page(DESKTOP)
    if role is not None:
        come_in(page, role)
    found: dict[str, list[str]] = {}
    for path in paths:
        _go(page, path)
        for size in (DESKTOP, PHONE):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                found[f"{path} {size[0]} {scheme}"] = violations(page)
                assert _overflow_px(page) == 0, f"{path} scrolls sideways at {size[0]}"
    assert {where: said for where, said in found.items() if said} == {}


def test_axe_finds_nothing_on_a_live_look_and_the_owners_question(stage: Stage, analyst: Analyst, owner: Owner) -> None:
    call = stage.report()
    analyst.ask(call.number)
    analyst.see(analyst.tiles.first)
    expect(owner.watched).to_be_visible()
    assert violations(analyst.page) == []
    assert violations(owner.page) == []
    owner.page.locator(".ask-link").first.click()
    expect(owner.page.get_by_role("button", name="Yes", exact=True)).to_be_visible()
    for scheme in ("light", "dark"):
        owner.page.emulate_media(color_scheme=scheme)
        assert violations(owner.page) == []


@pytest.mark.parametrize("language", ["fr", "es"])
def test_no_untranslated_key_and_no_english_is_left_in(language: str, open_page: Open) -> None:
    words = {"fr": "Registre public", "es": "Registro público"}
    for role, paths in ROLES.values():
        page = open_page(DESKTOP, language="en")
        page.goto("/")
        if role is not None:
            come_in(page, role)
        page.locator("select.quiet-select").first.select_option(language)
        expect(page.locator("html")).to_have_attribute("lang", language)
        for path in paths:
            _go(page, path)
            assert page.locator("html").get_attribute("lang") == language
            expect(page.locator("nav.nav")).to_contain_text(words[language])
            text = page.locator("body").inner_text()
            assert not KEY.search(text), f"{path}: {KEY.search(text)}"
            assert "Public log" not in text


def test_the_main_actions_are_reached_by_keyboard_alone(stage: Stage, open_page: Open) -> None:
    call = stage.report()
    desk = open_page(DESKTOP)
    desk.goto("/")
    expect(desk.locator(".door-card").first).to_be_visible()
    _tab_to(desk, "Analyst")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/watch")
    expect(desk.locator("button.call").filter(has_text=call.number)).to_be_visible()
    _tab_to(desk, call.number)
    desk.keyboard.press("Enter")
    expect(desk.locator(".ask header")).to_contain_text(call.number)
    _tab_to(desk, "Ask to look")
    desk.keyboard.press("Enter")
    Analyst(desk).see(Analyst(desk).tiles.first)

    phone = Owner.enter(open_page(PHONE)).page
    expect(phone.locator(".watched")).to_be_visible()
    _tab_to(phone, "Stop")
    phone.keyboard.press("Enter")
    expect(Analyst(desk).tiles.first).to_contain_text("The owner stopped it")


def _go(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator("main h1").first).to_be_attached()
    expect(page.locator(".skeleton")).to_have_count(0)


def _overflow_px(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def _tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus says `words`."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if words in page.evaluate("document.activeElement.innerText ?? ''"):
            return
    raise AssertionError(f"Tab never reaches {words!r}")
