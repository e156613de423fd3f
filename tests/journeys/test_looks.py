"""The spine in a browser: a call, an ask, a live marked look, and every way in which its owner ends it."""

import re

from playwright.sync_api import expect
from tests.journeys.conftest import Open
from tests.journeys.people import Analyst, Owner, wait_until
from tests.journeys.stage import Stage

# Counts what the map draws; to be there before the map is.
COUNT_DRAWS = """() => {
  window.draws = 0;
  const draw = WebGL2RenderingContext.prototype.drawElements;
  WebGL2RenderingContext.prototype.drawElements = function (...words) {
    window.draws += 1;
    return draw.apply(this, words);
  };
}"""
STILL_MS, MOST_WINDOWS = 3_000, 8


def test_the_map_is_painted_when_something_changes_and_not_at_each_second(stage: Stage, open_page: Open) -> None:
    page = open_page()
    page.add_init_script(f"({COUNT_DRAWS})()")
    analyst = Analyst.enter(page)
    expect(page.locator("canvas.maplibregl-canvas")).to_be_visible()
    wait_until(page, "() => window.draws > 0")

    def draws(doing_ms: int) -> int:
        before = page.evaluate("() => window.draws")
        page.wait_for_timeout(doing_ms)
        return int(page.evaluate("() => window.draws")) - before

    assert 0 in (draws(STILL_MS) for _ in range(MOST_WINDOWS)), "the map is painted although nothing changes"
    before = page.evaluate("() => window.draws")
    call = stage.report()
    expect(analyst.call(call.number)).to_be_visible()
    wait_until(page, "before => window.draws > before", arg=before)


def test_a_call_comes_onto_the_list_and_map_without_a_reload(stage: Stage, analyst: Analyst) -> None:
    analyst.page.evaluate("window.stayed = true")
    call = stage.report()
    expect(analyst.call(call.number)).to_contain_text("Burglary")
    analyst.call(call.number).click()
    expect(analyst.page.locator("canvas.maplibregl-canvas")).to_be_visible()
    assert analyst.page.evaluate("window.stayed") is True
    stage.close(call)
    expect(analyst.call(call.number)).to_have_count(0)


def test_look_plays_marked_and_measured_until_the_owner_stops_it(stage: Stage, analyst: Analyst, owner: Owner) -> None:
    call = stage.report()
    analyst.ask(call.number)
    tile = analyst.tiles.first
    analyst.see(tile)
    expect(tile.locator(".tile-mark span").first).to_contain_text(re.compile(r"\d{4} · \w{8} · "))
    expect(tile).to_contain_text(re.compile(r"\d:\d\d left"))
    expect(tile).to_contain_text(re.compile(r"\d\.\d\d s behind"))

    expect(owner.watched).to_contain_text("Somebody looks through")
    expect(owner.watched).to_contain_text("Analyst")
    expect(owner.watched).to_contain_text("Crime in progress")
    expect(owner.watched).to_contain_text("Port Meridian Police")
    owner.page.get_by_role("button", name="Stop").click()
    expect(tile).to_contain_text("The owner stopped it")
    assert tile.locator("video").evaluate("video => video.currentSrc === '' || video.readyState === 0")
    expect(owner.page.get_by_role("heading", name="Nobody is looking")).to_be_visible()


def test_pausing_the_camera_ends_the_look(stage: Stage, analyst: Analyst, owner: Owner) -> None:
    call = stage.report()
    analyst.ask(call.number)
    analyst.see(analyst.tiles.first)
    expect(owner.watched).to_be_visible()
    watched = owner.page.locator(".camera-card").filter(has_text="Live now")
    watched.get_by_role("button", name="Pause").click()
    expect(analyst.tiles.first).to_contain_text("The owner paused the camera")
    expect(owner.page.get_by_role("button", name="Resume")).to_have_count(1)
    owner.set_in_order()


def test_closing_the_call_ends_the_look_and_reveals_it_in_public(stage: Stage, analyst: Analyst) -> None:
    call = stage.report()
    analyst.ask(call.number)
    analyst.see(analyst.tiles.first)
    stage.close(call)
    expect(analyst.tiles.first).to_contain_text("The call was closed")
    page = analyst.page
    page.get_by_role("link", name="Public log").click()
    row = page.get_by_role("table", name="Looks").get_by_role("row").nth(1)
    expect(row).to_contain_text("Port Meridian Police")
    expect(row).to_contain_text("Crime in progress")
    text = page.locator("main").inner_text()
    assert "Nadia" not in text, "the asker's name is in public"
    assert not re.search(r"\d{1,3}\.\d{3,}", text), "a coordinate is in public"
