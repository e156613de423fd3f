"""A recipient goes to any place of a long film at once, sees their name there, and hears it."""

import os
from datetime import datetime

from playwright.sync_api import Page, expect
from tests.evidence.named.test_sound import beeping
from tests.journeys.axe import violations
from tests.journeys.conftest import DESKTOP, PHONE, Open
from tests.journeys.people import come_in, fetch, wait_until
from tests.journeys.test_redaction import sent

FRAMES = 3_000
HEARD = "() => document.querySelector('.reel video').webkitAudioDecodedByteCount > 0"


def picture(page: Page, name: str) -> None:
    """A screenshot for whoever wants to look."""
    folder = os.environ.get("JOURNEYS_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/named-{name}.png", full_page=True)


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
