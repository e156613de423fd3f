"""A recipient goes to any place of a long film at once, sees their name there, and hears it."""

import os
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect
from tests.evidence.named.test_sound import beeping
from tests.journeys.axe import violations
from tests.journeys.conftest import DESKTOP, PHONE, Open
from tests.journeys.people import come_in, fetch, wait_until
from tests.journeys.test_redaction import on_a_phone, sent

FRAMES = 3_000
HEARD = "() => document.querySelector('.reel video').webkitAudioDecodedByteCount > 0"


def picture(page: Page, name: str) -> None:
    """A screenshot for whoever wants to look."""
    folder = os.environ.get("JOURNEYS_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/named-{name}.png", full_page=True)


def on_phones(page: Page, name: str) -> None:
    """The page on a phone in each language; its pictures are named `name`."""
    on_a_phone(page, lambda page, size: picture(page, f"{name}-{size}"))


@pytest.mark.slow
def test_the_vaults_pages_are_whole_on_a_phone_in_each_language(open_page: Open) -> None:
    officer = come_in(open_page(DESKTOP), "Officer")
    item = sent(officer, beeping(100))
    picture(officer, "item")
    on_phones(officer, "item")
    officer.goto("/items")
    officer.locator(".item-row").first.get_by_role("checkbox").check()
    expect(officer.get_by_label("A note on each of them")).to_be_visible()
    picture(officer, "items")
    on_phones(officer, "items")
    for name in ("whole", "send"):
        officer.goto(f"/items/{name}")
        expect(officer.get_by_role("heading", level=1)).to_be_visible()
        on_phones(officer, name)
    supervisor = come_in(open_page(DESKTOP), "Supervisor")
    supervisor.goto(f"/items/{item}")
    expect(supervisor.get_by_role("region", name="Can it be relied on?")).to_contain_text("entry")
    picture(supervisor, "supervisor")
    on_phones(supervisor, "supervisor")
    supervisor.get_by_role("button", name="Show to somebody outside").click()
    supervisor.get_by_role("dialog").get_by_label("Side").select_option("other")
    picture(supervisor, "disclose")


@pytest.mark.slow
def test_a_recipient_goes_anywhere_in_a_film_and_hears_it(open_page: Open) -> None:
    officer = come_in(open_page(DESKTOP), "Officer")
    item = sent(officer, beeping(FRAMES))
    supervisor = come_in(open_page(DESKTOP), "Supervisor")
    supervisor.goto(f"/items/{item}")
    supervisor.get_by_role("button", name="Show to somebody outside").click()
    dialog = supervisor.get_by_role("dialog")
    dialog.get_by_label("Who it is for").fill("Ms Ode, counsel for the defence")
    supervisor.get_by_role("button", name="Make the link").click()
    link = dialog.get_by_label("Link", exact=True).inner_text()
    phrase = dialog.get_by_label("Pass-phrase", exact=True).inner_text()

    counsel = open_page(PHONE, language="es")
    counsel.goto(link)
    counsel.locator("input").first.fill(phrase)
    counsel.get_by_role("button", name="Continuar").click()
    counsel.get_by_role("button", name="Firmar").click()
    counsel.get_by_role("button", name="Reproducir").click()
    wait_until(counsel, "() => document.querySelector('.reel video')?.readyState >= 2", timeout_s=60)
    assert counsel.evaluate("() => document.querySelector('.reel video').duration") >= FRAMES / 25 - 1
    counsel.evaluate("() => { document.querySelector('.reel video').currentTime = 100.5; }")
    picture(counsel, "ahead")
    wait_until(counsel, "() => document.querySelector('.reel video').readyState >= 2", timeout_s=60)
    _, said = fetch(counsel, f"/api/disclosed/items/{item}/watch?at_ms=100500", "POST")
    shown = counsel.get_by_label("Cuándo se tomó esta imagen").inner_text()
    there, start = (datetime.fromisoformat(text) for text in (shown.replace(" UTC", "+00:00"), said["start"]))
    assert abs((there - start).total_seconds() - 100.5) < 0.1
    counsel.evaluate("() => document.querySelector('.reel video').play()")
    wait_until(counsel, "() => document.querySelector('.reel video').currentTime > 101.5")
    wait_until(counsel, HEARD)
    assert counsel.evaluate("() => document.querySelector('.reel video').error") is None
    expect(counsel.get_by_text("no tiene sonido")).to_have_count(0)
    assert violations(counsel) == []
    picture(counsel, "plays")
