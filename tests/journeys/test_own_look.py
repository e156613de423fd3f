"""A resident on a phone, in French: their own camera live from their own box, its recording, a span dragged, a clip."""

import hashlib
import json
import os
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import PHONE, new_page
from tests.journeys.own_edge import OwnEdge, move_in
from tests.journeys.people import wait_until
from tests.journeys.stage import Stage

FRAMES = "video => video.getVideoPlaybackQuality().totalVideoFrames"
WAIT_MS = 30_000


def add_camera(page: Page, stage: Stage) -> None:
    """Register a camera of the demo's street as one's own."""
    page.goto("/home/add")
    page.get_by_label("Name", exact=True).fill("Portail")
    page.get_by_role("button", name="It hangs in the middle").click()
    page.get_by_label("Looks towards").fill("120")
    page.get_by_label("The camera’s address").fill(f"{stage.cameras_url}/private-1")
    page.get_by_role("button", name="Register this camera").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Give consent")


def in_french(page: Page) -> None:
    """The camera's page in French."""
    page.evaluate("localStorage.setItem('consentry-language', 'fr')")
    page.goto("/home")
    page.get_by_role("link", name="Portail", exact=True).click()
    expect(page.get_by_role("heading", name="Voir maintenant")).to_be_visible()


def keep_picture(page: Page, name: str) -> None:
    """For whoever looks at what was built: JOURNEYS_PICTURES names a folder."""
    folder = os.environ.get("JOURNEYS_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"own-{name}.png", full_page=True)


def no_wider_than_the_phone(page: Page) -> bool:
    """Nothing has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_an_owner_looks_now_plays_a_span_and_keeps_a_signed_clip(
    stage: Stage, chromium: Browser, tmp_path: Path
) -> None:
    page = new_page(chromium, stage, PHONE)
    edge = OwnEdge(tmp_path / "edge")
    sent = move_in(page, stage, edge)
    with edge.running():
        add_camera(page, stage)
        in_french(page)
        video = page.get_by_label("Ce que montre Portail").first
        page.get_by_role("button", name="Regarder").click()
        expect(page.get_by_text("En direct, pour vous seul")).to_be_visible(timeout=WAIT_MS)
        wait_until(page, "() => document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames > 20")
        assert video.evaluate(FRAMES) > 20
        assert violations(page) == []
        assert no_wider_than_the_phone(page)
        keep_picture(page, "live")
        page.get_by_role("button", name="Arrêter").click()
        expect(page.get_by_text("Rien n’est affiché")).to_be_visible()

        page.get_by_role("button", name="Montrer mes enregistrements").click()
        expect(page.locator(".reel-span").first).to_be_visible(timeout=WAIT_MS)
        page.get_by_role("button", name="5 min").click()
        drag(page)
        start = page.get_by_role("slider", name="Début du passage")
        expect(start).to_be_visible()
        before = start.get_attribute("aria-valuenow")
        start.press("Shift+ArrowLeft")
        assert int(start.get_attribute("aria-valuenow") or 0) == int(before or 0) - 1
        assert violations(page) == []
        assert no_wider_than_the_phone(page)
        page.get_by_role("button", name="Lire").click()
        expect(page.get_by_text("Votre enregistrement")).to_be_visible(timeout=WAIT_MS)
        wait_until(
            page, "() => [...document.querySelectorAll('video')].at(-1).getVideoPlaybackQuality().totalVideoFrames > 10"
        )

        keep_picture(page, "reel")
        page.get_by_role("button", name="En faire un extrait").click()
        clip = page.get_by_label("Votre extrait")
        expect(clip).to_be_visible(timeout=WAIT_MS)
        assert clip.evaluate("video => new Promise(done => { video.onseeked = () => done(video.videoWidth); "
                             "video.currentTime = 0.2; })") > 100  # fmt: skip
        page.get_by_role("button", name="Le garder, signé").click()
        with page.expect_download() as film:
            page.get_by_role("link", name="Enregistrer le film").click()
        with page.expect_download() as paper:
            page.get_by_role("link", name="Enregistrer sa signature").click()
        said = json.loads(paper.value.path().read_text())["manifest"]
        assert hashlib.sha256(film.value.path().read_bytes()).hexdigest() == said["sha256"]
        assert violations(page) == []
        assert no_wider_than_the_phone(page)
        keep_picture(page, "clip")
        page.get_by_role("button", name="Pendant une heure").click()
        expect(page.get_by_text("En pause jusqu’à")).to_be_visible()
        page.get_by_role("button", name="Reprendre").click()
        expect(page.get_by_role("button", name="Pendant une heure")).to_be_visible()
        page.get_by_role("link", name="Donner mon consentement").click()
        expect(page.get_by_text("Ce soir à 22 h")).to_have_count(1)
        keep_picture(page, "terms")
        page.get_by_role("link", name="Retirer", exact=True).click()
        expect(page.get_by_text("Aucun accord n’est en cours pour cette caméra.")).to_be_visible()
        assert violations(page) == []
        assert no_wider_than_the_phone(page)
        keep_picture(page, "withdraw")
        page.goto("/home")
        page.get_by_role("link", name="Portail", exact=True).click()
    # The signature says which camera; no request to the web carried a time of the recording or a picture.
    assert not [body for body in sent if str(said["asked"][0]) in body]
    page.reload()
    page.get_by_role("button", name="Regarder").click()
    expect(page.get_by_role("alert")).to_contain_text("Votre boîtier n’est pas connecté", timeout=WAIT_MS)
    page.context.close()


def drag(page: Page) -> None:
    """From near the end of what is recorded to the left, as a thumb would."""
    track = page.locator(".reel-track")
    track.scroll_into_view_if_needed()
    last = page.locator(".reel-span").last.bounding_box()
    line = track.bounding_box()
    assert last is not None
    assert line is not None
    y = line["y"] + line["height"] / 2
    right = last["x"] + last["width"] - 1
    page.mouse.move(right, y)
    page.mouse.down()
    page.mouse.move(right - 12, y, steps=4)
    page.mouse.up()
