"""A resident's first evening: pair an edge by its code, register a camera, see its picture, give terms, withdraw."""

import json
from pathlib import Path

from playwright.sync_api import Request, expect
from tests.journeys.conftest import PHONE, Open
from tests.journeys.own_edge import OwnEdge
from tests.journeys.second_factor import become_resident, new_address
from tests.journeys.stage import Stage


def test_a_camera_is_paired_registered_seen_agreed_withdrawn_and_removed(
    stage: Stage, open_page: Open, tmp_path: Path
) -> None:
    page, edge = open_page(PHONE), OwnEdge(tmp_path / "edge")
    sent: list[str] = []

    def keep(request: Request) -> None:
        sent.append(request.url + (request.post_data or ""))

    page.on("request", keep)
    become_resident(page, stage.mail, new_address())
    page.goto("/home/pair")
    page.get_by_role("button", name="Show the code").click()
    assert "Paired with" in edge.pair(stage.origin, page.locator(".pair-code").inner_text())
    with edge.running():
        page.goto("/home/add")
        page.get_by_label("Name", exact=True).fill("Garden gate")
        page.get_by_role("button", name="It hangs in the middle").click()
        page.get_by_label("Looks towards").fill("120")
        hung = json.loads((stage.data / "homes" / "hung.json").read_text())
        address = f"{hung['cameras_url']}/private-1"
        page.get_by_label("The camera’s address").fill(address)
        page.get_by_role("button", name="Register this camera").click()

        expect(page.get_by_role("heading", level=1)).to_have_text("Give consent")
        page.get_by_label("It does not look into a room").check()
        page.get_by_label("It does not show a neighbour").check()
        page.get_by_label("I have read this and agree").check()
        page.get_by_role("button", name="Sign with this device").click()
        expect(page.get_by_text("Consent given", exact=True)).to_be_visible()

        page.get_by_role("button", name="Show me a picture").click()
        picture = page.get_by_alt_text("The test picture from this camera")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
        # The address was typed here and works at the edge, and no request carried a word of it.
        host = address.removeprefix("rtsp://")
        assert not [body for body in sent if address in body or host in body or "private-1" in body]

        page.get_by_role("button", name="Withdraw consent").click()
        page.get_by_role("button", name="Yes, withdraw now").click()
        expect(page.get_by_text("Consent withdrawn")).to_be_visible()
        page.get_by_role("button", name="Remove this camera").click()
        page.get_by_role("button", name="Yes, remove it").click()
        page.wait_for_url("**/home")
        expect(page.get_by_text("No camera yet")).to_be_visible()
