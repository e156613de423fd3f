"""A weak link in a real browser: the tile says that the picture is smaller or pictures are few, whether the link is the
viewer's or the home's, and takes it back.
"""

import os
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.journeys.conftest import DESKTOP, PHONE, Open, new_page
from tests.journeys.own_edge import OwnEdge, move_in
from tests.journeys.people import Analyst, fetch, wait_until
from tests.journeys.slow_line import GOOD_BPS, browser_behind, put_behind, slow_line
from tests.journeys.stage import Stage
from tests.journeys.test_box_sends import ONLINE
from tests.journeys.test_h265 import VIDEO
from tests.journeys.two_streams import playing, standing

from consentry.demo.city import build_city
from consentry.demo.ground import to_place
from consentry.kernel.geo import Place
from consentry.media.file_source import Loop, load_loop
from consentry.media.line import FIRST_STEADY_S, SETTLE_S

# Two steps down take seconds each; a step up waits for twenty good ones.
DOWN_MS, UP_MS = 60_000, 120_000
# Twenty good seconds, or forty after a try on the line that was still slow; the change itself and its telling besides.
HOME_UP_S = 2 * FIRST_STEADY_S + SETTLE_S + 8
# A stream that fits leaves nothing waiting: the delay of the change is caught up.
NEAR_S = 1.0
LARGE_HEIGHT, SMALL_HEIGHT = 540, 216
SHOWN = "([video, height]) => video.videoHeight === height"
WORDS = {
    "English": ("Weak link: smaller picture", "Weak link: few pictures", "Weak link at the home: smaller picture"),
    "Français": (
        "Liaison faible : image réduite",
        "Liaison faible : peu d’images",
        "Liaison faible au domicile : image réduite",
    ),
    "Español": (
        "Enlace débil: imagen reducida",
        "Enlace débil: pocas imágenes",
        "Enlace débil en la casa: imagen reducida",
    ),
}


@pytest.fixture(scope="module")
def streams() -> tuple[Loop, Loop]:
    """650 kbit/s and 110 kbit/s of one view."""
    if not VIDEO.exists():
        pytest.skip("needs ../shared/data/video/car-detection.mp4")
    large = load_loop(VIDEO, key_every_s=0.4, most_s=2, height_px=LARGE_HEIGHT)
    return large, load_loop(VIDEO, key_every_s=1.0, most_s=2, height_px=SMALL_HEIGHT)


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_home_behind_a_weak_link_shows_its_smaller_picture_and_the_tile_says_whose_link_it_is(
    stage: Stage, open_page: Open, streams: tuple[Loop, Loop], tmp_path: Path
) -> None:
    large, small = streams
    resident, edge = open_page(PHONE), OwnEdge(tmp_path / "edge")
    move_in(resident, stage, edge)
    with playing(small, large) as camera, slow_line(stage, up=True) as line:
        put_behind(edge, line)
        with edge.running():
            place = open_to_all_calls(resident, edge, camera.url_of("main"), camera.url_of("low"))
            assert line.dialled, "the box reaches its gateway over the slow line"
            analyst = Analyst.enter(open_page(DESKTOP))
            call = stage.report(place=place)
            analyst.ask(call.number, views=1)
            page, tile = analyst.page, analyst.tiles.first
            analyst.see(tile)
            shows(page, tile, LARGE_HEIGHT)
            expect(tile).not_to_contain_text("Weak link")
            page.evaluate(WATCH_GLASS)

            line.rate_bps = 300_000
            expect(tile).to_contain_text("Weak link at the home: smaller picture", timeout=DOWN_MS)
            shows(page, tile, SMALL_HEIGHT)
            moves(page, tile)
            in_every_language(page, tile, ("home-small", 2))

            line.rate_bps, good_s = GOOD_BPS, time.monotonic()
            expect(tile).not_to_contain_text("Weak link", timeout=HOME_UP_S * 1_000)
            shows(page, tile, LARGE_HEIGHT)
            assert time.monotonic() - good_s < HOME_UP_S
            moves(page, tile)
            glass = page.evaluate("() => window.glass")
            assert "Weak link: smaller picture" not in glass["said"], "it never was the analyst's link"
            assert glass["held"] >= 2, "over and back: the last picture stays until the other stream shows one"
            assert not glass["left"], "and no longer"


# From now on: what the tile said of links, how often a last picture was kept over the glass, how many lie there still.
WATCH_GLASS = """() => {
  const tile = document.querySelector("article.tile"), kept = tile.getElementsByTagName("canvas");
  const glass = window.glass = {said: [], held: 0, get left() { return kept.length; }};
  new MutationObserver(changes => {
    glass.held += changes.flatMap(change => [...change.addedNodes]).filter(node => node.nodeName === "CANVAS").length;
    const said = tile.querySelector(".tile-vital [role=status]")?.innerText;
    if (said && !glass.said.includes(said)) glass.said.push(said);
  }).observe(tile, {subtree: true, childList: true, characterData: true});
}"""
# New pictures come, not only the player's time goes on.
PAINTS = """async video => {
  const painted = () => video.getVideoPlaybackQuality().totalVideoFrames;
  const before = painted();
  await new Promise(resolve => setTimeout(resolve, 1000));
  return painted() - before >= 3;
}"""
# The delay that the tile says, in English.
IS_NEAR = r"""([tile, most_s]) => Number(/(\d+\.\d+) s behind/.exec(tile.innerText)?.[1] ?? Infinity) < most_s"""


def moves(page: Page, tile: Locator) -> None:
    """New pictures come, and the tile says that they are hardly late."""
    wait_until(page, IS_NEAR, [tile.element_handle(), NEAR_S])
    wait_until(page, PAINTS, tile.locator("video").element_handle())


def open_to_all_calls(resident: Page, edge: OwnEdge, main: str, low: str) -> Place:
    """A camera with two streams, far from the demo's homes and from other journeys', which opens without asking."""
    place = to_place(max((one for one in build_city().buildings if one.is_home), key=lambda one: one.door.x).door)
    status, made = fetch(resident, "/api/cameras", "POST", {
        "name": "Yard", "kind": "fixed", "lat": place.lat, "lon": place.lon, "heading_deg": 0, "fov_deg": 360,
        "range_m": 100, "indoor": False, "edge": fetch(resident, "/api/edges")[1][0]["id"],
    })  # fmt: skip
    assert status == 201, made
    edge.add_camera(made["id"], main, low_url=low)
    wait_until(resident, ONLINE)
    resident.goto(f"/home/cameras/{made['id']}/consent")
    for stated in (
        "Open without asking me", "It does not look into a room", "It does not show a neighbour", "I have read this",
    ):  # fmt: skip
        resident.get_by_label(stated).check()
    resident.get_by_role("button", name="Sign with this device").click()
    resident.wait_for_url(f"**/home/cameras/{made['id']}")
    return place


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
