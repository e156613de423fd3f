"""An officer's phone sends, an analyst looks: the whole way from the page to the wall."""

from playwright.sync_api import Browser, expect
from tests.journeys.people import PLAYS, Analyst, wait_until
from tests.journeys.phone import sending
from tests.journeys.stage import Stage


def test_a_phone_sends_and_an_analyst_looks(stage: Stage, with_camera: Browser, analyst: Analyst) -> None:
    with sending(stage, with_camera) as phone:
        call = stage.report()
        analyst.call(call.number).click()
        analyst.page.get_by_role("checkbox", name="Car 12").check()
        analyst.page.locator(".segments label").filter(has_text="0").click()
        analyst.page.get_by_label("Purpose").select_option(label="Crime in progress")
        analyst.page.get_by_role("button", name="Ask to look").click()
        tile = analyst.tiles.first
        expect(tile).to_contain_text("Car 12")
        expect(tile).to_have_class("tile live")
        wait_until(analyst.page, PLAYS, arg=tile.locator("video").element_handle())
        expect(phone.get_by_text("1 person looks")).to_be_visible()

        phone.get_by_role("button", name="Stop sending").click()
        expect(phone.get_by_text("Nothing is sent")).to_be_visible()
        expect(tile).to_contain_text("No pictures from the camera just now")
