"""A shop that an ordinance obliges: recorded by the agency, connected by its owner alone, never called consent."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import DESKTOP, PHONE, Open
from tests.journeys.own_edge import OwnEdge
from tests.journeys.people import Analyst, come_in, fetch, wait_until
from tests.journeys.second_factor import become_resident, new_address
from tests.journeys.stage import Stage

from consentry.kernel.geo import Place


@pytest.mark.slow
def test_an_obliged_camera_is_recorded_connected_by_its_owner_seen_and_disconnected(
    stage: Stage, open_page: Open, tmp_path: Path
) -> None:
    owner, edge = open_page(PHONE), OwnEdge(tmp_path / "edge")
    become_resident(owner, stage.mail, new_address())
    owner.goto("/home/pair")
    owner.get_by_role("button", name="Show the code").click()
    edge.pair(stage.origin, owner.locator(".pair-code").inner_text())
    with edge.running():
        number = _register(owner, stage)
        expect(owner.get_by_text("No obligation is on record")).to_be_visible()
        _record(come_in(open_page(DESKTOP), "Programme manager"), number, tmp_path)

        owner.get_by_role("link", name="Read the terms and connect").click()
        expect(owner.get_by_text("This is not consent")).to_be_visible()
        expect(owner.get_by_text("Shops open at night")).to_be_visible()
        owner.get_by_label("How long a look may last").fill("7")
        owner.get_by_label("It does not look into a room").check()
        owner.get_by_label("It does not show a neighbour").check()
        owner.get_by_label("I connect the camera myself").check()
        assert violations(owner) == []
        owner.get_by_role("button", name="Sign with this device").click()
        expect(owner.get_by_text("Connected", exact=True)).to_be_visible()
        expect(owner.get_by_text("At most 7 minutes per look")).to_be_visible()
        expect(owner.get_by_text("Consent given")).to_have_count(0)
        assert violations(owner) == []

        _, camera = fetch(owner, f"/api/cameras/{number}")
        wait_until(owner, IS_ONLINE, arg=number)
        call = stage.report(place=Place(camera["lat"], camera["lon"]))
        analyst = Analyst.enter(open_page(DESKTOP))
        analyst.ask(call.number)
        owner.goto("/home")
        expect(owner.locator(".watched")).to_contain_text("Somebody looks through Shop door")
        owner.goto(f"/home/cameras/{number}")
        look = owner.locator("article").filter(has=owner.get_by_role("button", name="Verify the proof"))
        expect(look).to_contain_text("Under a mandate, not consent")

        owner.get_by_role("button", name="Disconnect").click()
        owner.get_by_role("button", name="Yes, disconnect now").click()
        expect(owner.get_by_text("Disconnected", exact=True)).to_be_visible()
        expect(look).to_contain_text("The owner withdrew the camera")
        expect(analyst.tiles.filter(has_text="The owner withdrew the camera")).to_have_count(1)
        stage.close(call)
        public = open_page(DESKTOP)
        public.goto("/public")
        expect(public.get_by_role("table", name="Looks")).to_contain_text("Under a mandate, not consent")


IS_ONLINE = """async camera => (await (await fetch(`/api/cameras/${camera}`)).json()).health === "online" """


def _register(page: Page, stage: Stage) -> str:
    """Register a camera as obliged; the number that its page shows."""
    page.goto("/home/add")
    page.get_by_label("Name", exact=True).fill("Shop door")
    page.get_by_role("button", name="It hangs in the middle").click()
    page.get_by_label("Angle of view").fill("360")
    page.get_by_label("How far it sees").fill("200")
    hung = json.loads((stage.data / "homes" / "hung.json").read_text())
    page.get_by_label("The camera’s address").fill(f"{hung['cameras_url']}/private-1")
    expect(page.get_by_label("Because I choose to")).to_be_checked()
    page.get_by_label("An ordinance obliges me").check()
    page.get_by_role("button", name="Register this camera").click()
    number = page.get_by_label("The camera’s number")
    expect(number).to_have_text(re.compile("^cam_"))
    return number.inner_text()


def _record(page: Page, number: str, folder: Path) -> None:
    """The manager records the obligation with the number and the ordinance's text."""
    ordinance = folder / "ordinance.txt"
    ordinance.write_text("Shops that are open after 22:00 connect the camera at their entrance.")
    page.locator("article").filter(has_text="Active").get_by_role("link", name="Papers and votes").click()
    page.get_by_text("Record an obligation").click()
    page.get_by_label("The camera’s number").fill(number)
    page.get_by_label("Section").fill("§ 12-3")
    page.get_by_label("What it obliges to").fill("Shops open at night")
    record = page.get_by_role("button", name="Record it")
    expect(record).to_be_disabled()
    page.get_by_label("The ordinance’s text").set_input_files(ordinance)
    record.click()
    expect(page.get_by_text("Recorded. The owner sees it now.")).to_be_visible()
    expect(page.get_by_role("table", name="Obliged cameras")).to_contain_text(number)
    assert violations(page) == []
