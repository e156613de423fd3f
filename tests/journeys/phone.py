"""A phone with a made-up camera that sends by WHIP from the page that officers use."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect
from tests.journeys.conftest import DESKTOP, PATIENCE_MS, PHONE
from tests.journeys.drone import forget
from tests.journeys.people import come_in, fetch
from tests.journeys.stage import Stage


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


@contextmanager
def sending(stage: Stage, browser: Browser) -> Iterator[Page]:
    """Add the city camera *Car 12* as its manager and send as it meanwhile; the phone's page."""
    manager = come_in(open_at(browser, stage, DESKTOP), "Programme manager")
    expect(manager.get_by_role("heading", level=1)).to_be_visible()
    manager.get_by_role("link", name="Send").click()
    manager.get_by_label("Name on the map").fill("Car 12")
    manager.get_by_role("button", name="Add camera").click()
    expect(manager.get_by_label("Send as")).to_be_visible()
    (added,) = [it for it in fetch(manager, "/api/pushed-cameras")[1] if it["name"] == "Car 12"]
    manager.context.close()

    phone = come_in(open_at(browser, stage, PHONE), "Programme manager")
    phone.goto("/field")
    expect(phone.get_by_text("Each look is written into the public log")).to_be_visible()
    phone.get_by_role("button", name="Start sending").click()
    expect(phone.get_by_text("Sending live")).to_be_visible()
    expect(phone.get_by_text("0 people look")).to_be_visible()
    expect(phone.get_by_text("Your place is on the agency’s map")).to_be_visible()
    try:
        yield phone
    finally:
        phone.context.close()
        forget(stage, added["id"])
