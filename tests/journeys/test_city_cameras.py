"""A manager says that a city camera may be turned and heard; an analyst turns it during a look, and no longer after."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.conftest import DESKTOP, Open
from tests.journeys.doorbell import WHO, doorbell
from tests.journeys.people import Analyst, come_in
from tests.journeys.stage import Stage


@pytest.mark.slow
def test_a_city_camera_is_turned_where_its_manager_says_so_and_the_places_it_remembers_are_offered(
    stage: Stage, analyst: Analyst, open_page: Open
) -> None:
    manager, page = come_in(open_page(DESKTOP), "Programme manager"), analyst.page
    manager.get_by_role("link", name="City cameras").click()
    card = manager.get_by_role("listitem").filter(has_text="Those who look may turn it").first
    name = card.get_by_role("heading").inner_text()
    with doorbell(f"{stage.cameras_url}/public-1") as motors:
        try:
            card.get_by_label("Those who look may turn it").check()
            address = card.get_by_label("Address of the motors")
            address.fill("not an address")
            card.get_by_role("button", name="Allow turning").click()
            expect(card.get_by_role("alert")).to_be_visible()
            address.fill(motors.address.replace("://", f"://{WHO.user}:{WHO.password}@"))
            card.get_by_role("button", name="Allow turning").click()
            expect(address).to_have_count(0)
            expect(card.get_by_label("Those who look may turn it")).to_be_checked()
            card.get_by_label("Those who look may also hear").check()
            card.get_by_label("Has a smaller stream for weak links").check()
            card.get_by_label("Address of the smaller stream").fill("rtsp://viewer:small-secret@10.0.0.9/sub")
            picture(manager, "city-cameras")
            card.get_by_role("button", name="Use it").click()
            expect(card.get_by_label("Address of the smaller stream")).to_have_count(0)
            expect(card.get_by_label("Has a smaller stream for weak links")).to_be_checked()
            assert "small-secret" not in manager.content()
            assert WHO.password not in manager.content()

            call = stage.report()
            analyst.call(call.number).click()
            chosen = page.get_by_role("checkbox", name=name)
            chosen.or_(page.get_by_role("button", name="Show all")).first.wait_for()
            if not chosen.count():
                page.get_by_role("button", name="Show all").click()
            chosen.check()
            analyst.ask(call.number)
            tile = analyst.tiles.filter(has_text=name)
            analyst.see(tile)
            tile.get_by_label("Turn to a place that the camera remembers").select_option(label="Door")
            right = tile.get_by_role("button", name="Turn right")
            right.hover()
            page.mouse.down()
            page.wait_for_timeout(600)
            picture(page, "city-turning")
            page.mouse.up()
            page.wait_for_timeout(600)
            assert "preset 1" in motors.head.moves
            assert "move" in motors.head.moves
            assert motors.head.moves[-1] == "stop"
        finally:
            card.get_by_label("Those who look may turn it").uncheck()
            card.get_by_label("Those who look may also hear").uncheck()
            card.get_by_label("Has a smaller stream for weak links").uncheck()
        expect(tile).to_contain_text("The camera does not turn now")
        stage.close(call)


def picture(page: Page, name: str) -> None:
    """For whoever wants to look at it."""
    folder = os.environ.get("JOURNEYS_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
