"""A weak link in a real browser: the tile says that the picture is smaller or pictures are few, and takes it back."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.journeys.conftest import DESKTOP, PHONE, new_page
from tests.journeys.people import Analyst, wait_until
from tests.journeys.slow_line import GOOD_BPS, browser_behind, slow_line
from tests.journeys.stage import Stage
from tests.journeys.test_h265 import VIDEO
from tests.journeys.two_streams import standing

from consentry.media.file_source import Loop, load_loop

# Two steps down take seconds each; a step up waits for twenty good ones.
DOWN_MS, UP_MS = 60_000, 120_000
LARGE_HEIGHT, SMALL_HEIGHT = 540, 216
SHOWN = "([video, height]) => video.videoHeight === height"
WORDS = {
    "English": ("Weak link: smaller picture", "Weak link: few pictures"),
    "Français": ("Liaison faible : image réduite", "Liaison faible : peu d’images"),
    "Español": ("Enlace débil: imagen reducida", "Enlace débil: pocas imágenes"),
}


@pytest.fixture(scope="module")
def streams() -> tuple[Loop, Loop]:
    """650 kbit/s and 110 kbit/s of one view."""
    if not VIDEO.exists():
        pytest.skip("needs ../shared/data/video/car-detection.mp4")
    large = load_loop(VIDEO, key_every_s=0.4, most_s=2, height_px=LARGE_HEIGHT)
    return large, load_loop(VIDEO, key_every_s=1.0, most_s=2, height_px=SMALL_HEIGHT)


def test_the_tile_says_what_a_weak_link_shows_and_when_all_of_it_is_there_again(
    stage: Stage, chromium: Browser, streams: tuple[Loop, Loop]
) -> None:
    large, small = streams
    with (
        standing(stage, "Fish quay", small, large), slow_line(stage) as line,
        browser_behind(stage, line, chromium) as browser,
    ):  # fmt: skip
        page = new_page(browser, stage, DESKTOP)
        analyst = Analyst.enter(page)
        call = stage.report()
        analyst.call(call.number).click()
        page.get_by_label("Fish quay").check()
        analyst.ask(call.number, views=0)
        tile = page.get_by_role("article", name="Fish quay")
        analyst.see(tile)
        shows(page, tile, LARGE_HEIGHT)
        expect(tile).not_to_contain_text("Weak link")

        line.rate_bps = 300_000
        expect(tile).to_contain_text("Weak link: smaller picture", timeout=DOWN_MS)
        shows(page, tile, SMALL_HEIGHT)
        in_every_language(page, tile, ("line-small", 0))

        line.rate_bps = 70_000
        expect(tile).to_contain_text("Weak link: few pictures", timeout=DOWN_MS)
        in_every_language(page, tile, ("line-few", 1))

        line.rate_bps = GOOD_BPS
        expect(tile).not_to_contain_text("Weak link", timeout=UP_MS)
        shows(page, tile, LARGE_HEIGHT)
        analyst.see(tile)


def shows(page: Page, tile: Locator, height: int) -> None:
    """The picture on the glass is of so many lines."""
    wait_until(page, SHOWN, [tile.locator("video").element_handle(), height])


def in_every_language(page: Page, tile: Locator, named: tuple[str, int]) -> None:
    """The tile in each language, on a desk and on a phone: the word is there and nothing leaves the page's width."""
    name, word = named
    for language, words in WORDS.items():
        choose(page, language)
        for size in (PHONE, DESKTOP):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            expect(page.locator("article.tile").filter(has_text=words[word])).to_have_count(1)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (language, size)
            tile.scroll_into_view_if_needed()
            picture(page, f"weak-{name}-{language[:2].lower()}-{size[0]}")
    choose(page, "English")


def choose(page: Page, language: str) -> None:
    """By the page's own list."""
    page.locator("select.quiet-select").select_option(label=language)


def picture(page: Page, name: str) -> None:
    """For whoever wants to look at it."""
    folder = os.environ.get("JOURNEYS_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
