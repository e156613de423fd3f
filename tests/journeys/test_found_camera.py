"""A resident has the box look around at home, picks a doorbell and types its password; the server sees neither."""

import hashlib
import ssl
from pathlib import Path

from playwright.sync_api import Request, expect
from tests.journeys.conftest import PHONE, Open
from tests.journeys.doorbell import WHO, doorbell
from tests.journeys.own_edge import OwnEdge
from tests.journeys.second_factor import become_resident, new_address
from tests.journeys.stage import Stage


def test_a_camera_is_found_chosen_and_seen_and_its_password_is_sealed_to_the_box(
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
    with (
        edge.running(CONSENTRY_EDGE_FIND_ON="lo"),
        doorbell(f"{stage.cameras_url}/private-1", tmp_path / "camera") as camera,
    ):
        page.goto("/home/add")
        page.get_by_label("Name", exact=True).fill("Front door")
        page.get_by_role("button", name="It hangs in the middle").click()
        page.get_by_role("button", name="Look for cameras in my home").click()
        page.get_by_label("Front door").check(timeout=30_000)
        page.get_by_label("The camera’s user name").fill(WHO.user)
        page.get_by_label("The camera’s password").fill(WHO.password)
        fingerprint = _shown_by(camera.address)
        assert page.locator(".fingerprint").inner_text().replace(":", "").lower() == fingerprint
        register = page.get_by_role("button", name="Register this camera")
        register.click()
        expect(page.get_by_label("It is the same. Trust this certificate")).to_be_focused()  # not without confirming
        page.get_by_label("It is the same. Trust this certificate").check()
        register.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Give consent")
        page.goto("/home")
        page.get_by_role("link", name="Front door").first.click()
        page.get_by_role("button", name="Show me a picture").click()
        picture = page.get_by_alt_text("The test picture from this camera")
        expect(picture).to_be_visible(timeout=30_000)
        assert "tr2:GetStreamUri" in camera.calls
        told = [
            body
            for body in sent
            if WHO.password in body or camera.address in body or camera.address.split("/")[2] in body
        ]
        assert told == []


def _shown_by(address: str) -> str:
    host, _, port = address.split("/")[2].partition(":")
    shown = ssl.get_server_certificate((host, int(port)))
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest()
