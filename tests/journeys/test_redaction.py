"""An officer's film becomes a copy without faces: drawn, looked at, released, disclosed; what is hidden is one grey."""

import io
import os
from collections.abc import Callable
from typing import Any

import av
import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import DESKTOP, PHONE, Open
from tests.journeys.people import come_in, fetch, wait_until

from consentry.evidence.redact.bench_film import Walker, make_film

SIZE, FRAMES = (640, 360), 60
# One walks through the picture, one comes later.
WALKERS = (Walker(64, (60, 80), (4.0, 0.5)), Walker(80, (420, 160), (-1.0, 0.4), first=30))
READ = """async (path) => {
  const answer = await fetch(path, { credentials: "same-origin" });
  return [...new Uint8Array(await answer.arrayBuffer())];
}"""


def picture(page: Page, name: str) -> None:
    """A screenshot for whoever wants to look."""
    folder = os.environ.get("JOURNEYS_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/redaction-{name}.png", full_page=True)


def sent(page: Page, film: bytes) -> str:
    """The officer sends the film; the id of its sealed item."""
    page.goto("/items/send")
    page.get_by_label("Video, picture or sound").set_input_files(
        {"name": "street.mp4", "mimeType": "video/mp4", "buffer": film}
    )
    page.get_by_role("button", name="Send it to the vault").click()
    page.get_by_role("link", name="Look at the item").click(timeout=60_000)
    expect(page.locator("main .chip").first).to_have_text("Sealed", timeout=60_000)
    return page.url.rpartition("/")[2]


def brightness(data: bytes) -> list[np.ndarray]:
    """uint8[height, width] of every frame."""
    with av.open(io.BytesIO(data)) as opened:
        return [frame.to_ndarray(format="yuv420p")[: frame.height] for frame in opened.decode(video=0)]


def bytes_at(page: Page, path: str) -> bytes:
    return bytes(page.evaluate(READ, path))


def drawn(page: Page) -> None:
    """A region drawn in the left lower corner with the mouse, pulled larger by keyboard."""
    stage = page.locator(".overlay")
    box = stage.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 3, box["y"] + box["height"] - 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.75, steps=4)
    page.mouse.up()
    expect(page.locator(".region-box:not(.face)")).to_have_count(1)
    body = page.get_by_role("button", name="Region 1").first
    body.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")


def face_moved(page: Page) -> None:
    """A found face pulled larger by keyboard: it is moved at this picture, and can be put back."""
    face = page.locator(".region-box.face .region-body").first
    for key in ("ArrowLeft", "Shift+ArrowRight", "Shift+ArrowDown"):
        face.focus()
        page.keyboard.press(key)
    expect(page.get_by_text("Moved by hand at 1 place")).to_be_visible()


def on_a_phone(page: Page, shown: Callable[[Page, str], None]) -> None:
    """The same page on a phone, in each language: nothing wider than the glass, nothing that a reader stumbles over."""
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    for language in ("fr", "es", "en"):
        page.locator(".quiet-select").select_option(language)
        expect(page.locator("html")).to_have_attribute("lang", language)
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), language
        assert violations(page) == []
        shown(page, f"phone-{language}")
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})


def edits_of(page: Page, redaction: str) -> Any:
    return fetch(page, f"/api/redactions/{redaction}/edits")[1]


@pytest.mark.slow
def test_a_film_leaves_without_its_faces_after_somebody_looked_at_every_picture(open_page: Open) -> None:
    film = make_film(SIZE, FRAMES, WALKERS, tone_hz=440)
    page = come_in(open_page(DESKTOP), "Officer")
    item = sent(page, film)
    page.get_by_label("Why is it redacted?").fill("Neighbours can be seen")
    page.get_by_role("button", name="Begin the redaction").click()
    expect(page.get_by_role("region", name="Look at all of it")).to_be_visible(timeout=90_000)
    redaction = page.url.rpartition("/")[2]
    wait_until(page, "() => document.querySelector('.redaction-stage video')?.readyState >= 2", timeout_s=60)
    expect(page.locator(".region-box.face").first).to_be_visible()
    drawn(page)
    face_moved(page)
    expect(page.get_by_role("button", name="Release the copy")).to_be_disabled()
    page.wait_for_timeout(1_200)
    picture(page, "draw")
    assert violations(page) == []
    on_a_phone(page, picture)
    edits = edits_of(page, redaction)["edits"]
    (region,), (move,) = edits["regions"], edits["moves"]
    assert move["frame"] == 0
    assert region["keys"][0]["corners"][1][0] > 2_500

    # Moved at another picture it gets a second key position.
    page.get_by_label("Place in the film").fill("40")
    body = page.get_by_role("button", name="Region 1").first
    body.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("2 positions")).to_be_visible()
    page.get_by_label("Keep the sound").click()  # what is decided is shown a moment later, on a busy machine too late
    expect(page.get_by_label("Keep the sound")).to_be_checked()
    page.get_by_role("button", name="Take out sound from").click()
    expect(page.get_by_role("group", name="Sound taken out 1")).to_be_visible()

    looked_at_and_released(page)
    derivative = page.url.rpartition("/")[2]
    picture(page, "derivative")
    assert violations(page) == []
    expect(page.locator(".custody")).to_contain_text("Redaction reviewed, pictures")

    page.get_by_label("Why do you open it?").fill("To check")
    page.get_by_role("button", name="Open the pictures").click()
    wait_until(page, "() => document.querySelector('.reel video')?.readyState >= 2")
    faces_are_gone(bytes_at(page, f"/api/items/{derivative}/files/0"))
    assert fetch(page, f"/api/items/{item}")[1]["derivatives"] == [derivative]
    disclosed(open_page, page.url, derivative)


def looked_at_and_released(page: Page) -> None:
    """Every part is played as it will go out, and somebody says so; then the copy is released and sealed."""
    page.get_by_role("button", name="Look at what is left").click()
    release = page.get_by_role("button", name="Release the copy")
    while release.is_disabled():
        seen = page.get_by_role("button", name="I looked at this part")
        expect(seen).to_be_disabled()
        wait_until(page, "() => document.querySelector('.redaction-stage video')?.readyState >= 2", timeout_s=60)
        page.get_by_role("button", name="Play").click()
        expect(seen).to_be_enabled(timeout=60_000)
        left = page.get_by_text("Not looked at", exact=True).count()
        picture(page, "review")
        assert violations(page) == []
        seen.click()
        expect(page.get_by_text("Not looked at", exact=True)).to_have_count(left - 1)
    release.click()
    picture(page, "summary")
    assert violations(page) == []
    page.get_by_role("dialog").get_by_role("button", name="Release it").click()
    page.get_by_role("link", name="Open the released copy").click(timeout=90_000)
    expect(page.locator("main .chip").first).to_have_text("Sealed", timeout=60_000)


def faces_are_gone(data: bytes) -> None:
    """The middle of each drawn head is the covers' grey in every picture, and the street elsewhere is not."""
    pictures = brightness(data)
    assert len(pictures) == FRAMES
    for number, shown in enumerate(pictures):
        for face in filter(None, (walker.face_at(number) for walker in WALKERS)):
            left, top, right, bottom = (round(side) for side in face)
            inside = shown[top + 4 : bottom - 4, max(left + 4, 0) : right - 4].astype(int)
            assert np.abs(inside - 64).max() <= 16, (number, face)
        assert np.std(shown[0:40, 560:640]) > 3, "what is not covered can be seen"


def disclosed(open_page: Open, address: str, derivative: str) -> None:
    """The defence, in another browser on a phone, plays the very same film."""
    supervisor = come_in(open_page(DESKTOP), "Supervisor")
    supervisor.goto(address)
    supervisor.get_by_role("button", name="Show to somebody outside").click()
    supervisor.get_by_role("dialog").get_by_label("Who it is for").fill("Ms Ode, counsel for the defence")
    supervisor.get_by_role("button", name="Make the link").click()
    link = supervisor.get_by_role("dialog").get_by_label("Link", exact=True).inner_text()
    phrase = supervisor.get_by_role("dialog").get_by_label("Pass-phrase", exact=True).inner_text()
    counsel = open_page(PHONE, language="es")
    counsel.goto(link)
    counsel.locator("input").first.fill(phrase)
    counsel.get_by_role("button", name="Continuar").click()
    counsel.get_by_role("button", name="Firmar").click()
    counsel.get_by_role("button", name="Reproducir").click()
    wait_until(counsel, "() => document.querySelector('.reel video')?.readyState >= 2")
    assert violations(counsel) == []
    picture(counsel, "disclosed")
    faces_are_gone(bytes_at(counsel, f"/api/disclosed/items/{derivative}/files/0"))
