"""An officer's phone sends, an analyst looks: the whole way from the page to the wall."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journeys.conftest import CHROMIUM, DESKTOP, PATIENCE_MS, PHONE, QUIET
from tests.journeys.people import PLAYS, Analyst, come_in
from tests.journeys.stage import Stage

FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@pytest.fixture
def with_camera(chromium: Browser) -> Iterator[Browser]:
    """A browser with a made-up camera."""
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*QUIET, *FAKE])
    yield browser
    browser.close()


def open_at(browser: Browser, stage: Stage, size: tuple[int, int]) -> Page:
    """A page of somebody who stands at the burglary."""
    place = stage.burglary
    context = browser.new_context(
        base_url=stage.origin, viewport={"width": size[0], "height": size[1]}, locale="en",
        geolocation={"latitude": place.lat, "longitude": place.lon}, permissions=["geolocation", "camera"],
    )  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    return page


def test_a_phone_sends_and_an_analyst_looks(stage: Stage, with_camera: Browser, analyst: Analyst) -> None:
    manager = come_in(open_at(with_camera, stage, DESKTOP), "Programme manager")
    manager.get_by_role("link", name="Send").click()
    manager.get_by_label("Name on the map").fill("Car 12")
    manager.get_by_role("button", name="Add camera").click()
    expect(manager.get_by_label("Send as")).to_be_visible()
    manager.context.close()

    phone = come_in(open_at(with_camera, stage, PHONE), "Programme manager")
    phone.goto("/field")
    expect(phone.get_by_text("Each look is written into the public log")).to_be_visible()
    phone.get_by_role("button", name="Start sending").click()
    expect(phone.get_by_text("Sending live")).to_be_visible()
    expect(phone.get_by_text("0 people look")).to_be_visible()
    expect(phone.get_by_text("Your place is on the agency’s map")).to_be_visible()

    call = stage.report()
    analyst.call(call.number).click()
    analyst.page.get_by_role("checkbox", name="Car 12").check()
    analyst.page.locator(".segments label").filter(has_text="0").click()
    analyst.page.get_by_label("Purpose").select_option(label="Crime in progress")
    analyst.page.get_by_role("button", name="Ask to look").click()
    tile = analyst.tiles.first
    expect(tile).to_contain_text("Car 12")
    expect(tile).to_have_class("tile live")
    analyst.page.wait_for_function(PLAYS, arg=tile.locator("video").element_handle())
    expect(phone.get_by_text("1 person looks")).to_be_visible()

    phone.get_by_role("button", name="Stop sending").click()
    expect(phone.get_by_text("Nothing is sent")).to_be_visible()
    expect(tile).to_contain_text("No pictures from the camera just now")
    phone.context.close()
