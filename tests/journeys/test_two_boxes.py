"""A copied edge: two real boxes under one key; the owner is told on the page and shuts the key out."""

import shutil
from pathlib import Path

from playwright.sync_api import expect
from tests.journeys.conftest import PHONE, Open
from tests.journeys.own_edge import OwnEdge
from tests.journeys.second_factor import become_resident, new_address
from tests.journeys.stage import Stage


def test_two_boxes_with_one_key_are_told_to_the_owner_who_shuts_it_out(
    stage: Stage, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(PHONE)
    mine, thief = (OwnEdge(tmp_path / who / "edge") for who in ("mine", "thief"))
    for edge in (mine, thief):
        edge.folder.parent.mkdir()
    become_resident(page, stage.mail, new_address())
    page.goto("/home/pair")
    page.get_by_role("button", name="Show the code").click()
    mine.pair(stage.origin, page.locator(".pair-code").inner_text())
    shutil.copytree(mine.folder, thief.folder)
    with mine.running():
        expect(page.get_by_role("heading", name="Paired edges")).to_be_visible()
        expect(page.get_by_text("Not seen yet")).to_have_count(0)
        page.goto("/home")
        expect(page.get_by_role("link", name="Add a camera")).to_be_visible()
        expect(page.get_by_text("Two boxes")).to_have_count(0)
        with thief.running():
            expect(page.get_by_text("Two boxes with the key of")).to_be_visible()
            page.get_by_role("link", name="See your edges").click()
            page.get_by_role("button", name="Remove this edge").click()
            page.get_by_role("button", name="Yes, remove it").click()
            expect(page.get_by_role("heading", name="Paired edges")).to_have_count(0)
            page.goto("/account")
            expect(page.get_by_text("Two boxes with the key of your edge")).to_be_visible()
