"""The public map: areas in three steps, the same in a table, and whether a place was looked at; in three languages."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import DESKTOP, PHONE, Open

TITLES = {"en": "Where cameras take part", "fr": "Où des caméras participent", "es": "Dónde participan cámaras"}


def _keep(page: Page, name: str) -> None:
    folder = os.environ.get("JOURNEYS_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"places-{name}.png", full_page=True)


def _open(open_page: Open, size: tuple[int, int], *, language: str = "en", dark: bool = False) -> Page:
    page = open_page(size, language=language, dark=dark)
    page.goto("/public/places")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[language])
    expect(page.locator(".places-map canvas")).to_be_visible()
    expect(page.get_by_role("row")).not_to_have_count(0)
    return page


def test_a_neighbour_finds_the_map_chooses_an_area_and_reads_whether_it_was_looked_at(open_page: Open) -> None:
    page = open_page(PHONE)
    page.goto("/public")
    page.get_by_role("link", name="The map").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES["en"])
    page.locator(".places-choice select").select_option(label="Area 3")
    expect(page.get_by_text("fewer than five looks")).to_be_visible()
    page.get_by_text("Day by day").click()
    expect(page.locator(".days tbody tr")).to_have_count(30)
    page.wait_for_load_state("networkidle")
    _keep(page, "phone-en")
    assert violations(page) == []


def test_all_of_it_is_reached_by_keyboard(open_page: Open) -> None:
    page = _open(open_page, DESKTOP)
    button = page.get_by_role("button", name="Ask: was area 2 looked at?")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".places-choice select")).not_to_have_value("")
    expect(page.locator("[aria-live] strong")).to_have_text("Area 2")


def test_the_list_is_short_narrowed_turned_and_whole_and_stays_one_table(open_page: Open) -> None:
    page = _open(open_page, PHONE)
    table = page.get_by_role("table", name="All areas")
    rows = table.locator("tbody tr")
    expect(rows).to_have_count(10)
    screens = page.evaluate("document.documentElement.scrollHeight / innerHeight")
    assert screens < 8, "a phone is not scrolled through a whole city"
    _keep(page, "short-en")
    said = page.get_by_role("status").filter(has_text="Areas 1 to 10 of")
    expect(said).to_be_visible()
    total = int(said.inner_text().rsplit(" ", 1)[1])
    assert total > 10
    page.get_by_role("button", name="Next", exact=True).click()
    expect(rows.first).to_contain_text("Area 11")
    page.get_by_label("Number or name of an area").fill("3")
    expect(rows.first).to_contain_text("Area 3")
    page.get_by_label("Number or name of an area").fill("no such area")
    expect(page.get_by_text("No area is called so.")).to_be_visible()
    expect(table).to_have_count(0)
    page.get_by_label("Number or name of an area").fill("")
    page.get_by_role("button", name="Show all").click()
    expect(rows).to_have_count(total)
    assert violations(page) == []


def test_the_browsers_own_place_finds_the_area_and_goes_nowhere(open_page: Open) -> None:
    page = _open(open_page, PHONE)
    bounds = page.evaluate("fetch('/api/city').then((answer) => answer.json())")["centre"]
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": bounds[0], "longitude": bounds[1]})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.url} {request.post_data or ''}"))
    page.get_by_role("button", name="Find my area").click()
    expect(page.get_by_role("status").filter(has_text="You are in area")).to_be_visible()
    assert not [said for said in asked if str(bounds[0])[:6] in said]


@pytest.mark.parametrize("language", ["fr", "es"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_map_in_other_languages_light_and_dark(language: str, size: tuple[int, int], open_page: Open) -> None:
    page = _open(open_page, size, language=language, dark=size == PHONE)
    page.locator(".places-choice select").select_option(index=2)
    expect(page.locator("[aria-live] strong")).to_be_visible()
    page.wait_for_load_state("networkidle")
    _keep(page, f"{size[0]}-{language}")
    assert violations(page) == []
    wide: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
