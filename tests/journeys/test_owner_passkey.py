"""The owner's passkey, pinned at the owner's own edge: it pairs, gives consent and says yes, and nothing else does."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect
from tests.journeys.conftest import PHONE, Open
from tests.journeys.own_edge import OwnEdge
from tests.journeys.people import Analyst, fetch
from tests.journeys.second_factor import Passkeys, become_resident, new_address
from tests.journeys.stage import Stage

from consentry.kernel.owner_record import MAX_SIGNED_CHARS


def _pair_with_passkey(page: Page, edge: OwnEdge, origin: str) -> None:
    page.goto("/home/pair")
    page.get_by_role("button", name="Pair with a passkey").click()
    code = page.locator(".pair-code").inner_text()
    assert "Paired with" in edge.pair(origin, code)


def _register(page: Page, stage: Stage, edge: OwnEdge) -> str:
    """A doorbell beside the door that is broken into, played by the demo's cameras."""
    _, edges = fetch(page, "/api/edges")
    door = stage.burglary
    status, made = fetch(
        page, "/api/cameras", "POST",
        {
            "name": "My own door", "kind": "doorbell", "lat": door.lat, "lon": door.lon, "heading_deg": 0,
            "fov_deg": 360, "range_m": 100, "indoor": False, "edge": edges[0]["id"],
        },
    )  # fmt: skip
    assert status == 201, made
    hung = json.loads((stage.data / "homes" / "hung.json").read_text())
    edge.add_camera(made["id"], f"{hung['cameras_url']}/private-1")
    return str(made["id"])


def _consent(page: Page, camera: str) -> None:
    page.goto(f"/home/cameras/{camera}/consent")
    page.get_by_label("It does not look into a room").check()
    page.get_by_label("It does not show a neighbour").check()
    page.locator("main input[type=checkbox]").last.check()
    page.get_by_role("button", name="Sign", exact=False).last.click()
    page.wait_for_url(f"**/home/cameras/{camera}")


@pytest.mark.slow
def test_the_owners_passkey_says_yes_and_the_edge_opens_for_it_alone(
    stage: Stage, analyst: Analyst, open_page: Open, tmp_path: Path
) -> None:
    page, edge = open_page(PHONE), OwnEdge(tmp_path / "edge")
    passkeys = Passkeys(page)
    become_resident(page, stage.mail, new_address())
    _pair_with_passkey(page, edge, stage.origin)
    assert passkeys.sites() == ["localhost"]
    with edge.running():
        camera = _register(page, stage, edge)
        _consent(page, camera)
        page.goto("/home")
        call = stage.report()
        analyst.ask(call.number, views=1)
        question = page.locator(".ask-link").first
        question.click()
        with passkeys.unverified():
            page.get_by_role("button", name="Yes", exact=True).click()
            expect(page.locator("main [role=alert]").first).to_be_visible()
        answers: list[Request] = []

        def keep(request: Request) -> None:
            if request.url.endswith("/answer"):
                answers.append(request)

        page.on("request", keep)
        page.get_by_role("button", name="Yes", exact=True).click()
        page.wait_for_url("**/home")
        signed = str((answers[0].post_data_json or {})["signature"])
        assert set(json.loads(signed)) == {"record", "passkey"}
        assert 500 < len(signed) <= MAX_SIGNED_CHARS, len(signed)
        analyst.see(analyst.tiles.first)
        expect(page.locator(".watched")).to_contain_text("Somebody looks through")
        page.get_by_role("button", name="Stop").click()
        expect(analyst.tiles.first).to_contain_text("The owner stopped it")
