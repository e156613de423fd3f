"""A French phone hears the bell: a ring at the real edge, its picture on the page and in the notification, quiet hours,
letters that are stopped without signing in, and the list without network.
"""

import os
import re
import secrets
import shutil
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import DESKTOP, PHONE, new_page
from tests.journeys.devtools_push import PushToWorker, wait
from tests.journeys.own_edge import OwnEdge, move_in
from tests.journeys.people import fetch, wait_until
from tests.journeys.second_factor import letters_to
from tests.journeys.stage import Stage
from tests.notices.push_service import PushService

from consentry.edge.hook import HEADER, hook_signature
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.limits import EVENT_QUIET_MS

PAGE = "127.0.0.1:{}"
PICTURE = "Ce que Portail a vu alors"
# What the notification of the newest event shows, with its picture once that has come.
NOTICED = """async () => {
  const worker = await navigator.serviceWorker.ready;
  return (await worker.getNotifications()).map(one => [one.title, one.body, String(one.image ?? "").slice(0, 22)]);
}"""


@dataclass
class Door:
    """A resident's phone, the box at home that is on, and its bell."""

    page: Page
    edge: OwnEdge
    at: str
    camera: str
    secret: str
    address: str
    rang_at_s: float = 0.0

    def ring(self) -> None:
        """Press the bell: a signed webhook at the box, as a smart home sends it; not twice in ten seconds."""
        body = b'{"kind":"doorbell"}'
        time.sleep(max(0.0, self.rang_at_s + EVENT_QUIET_MS / 1_000 + 0.1 - time.monotonic()))
        header = hook_signature(self.secret, self.camera, to_ms(utc_now()), secrets.token_hex(16), body)
        request = urllib.request.Request(f"http://{self.at}/hook/{self.camera}", body, {HEADER: header})
        with urllib.request.urlopen(request) as reply:
            assert reply.status == 204
        self.rang_at_s = time.monotonic()


def picture_of(page: Page, name: str) -> None:
    """Leave a picture of the page for whoever looks at it."""
    folder = os.environ.get("JOURNEYS_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def register(page: Page, url: str) -> str:
    """A camera by the page's own form; its id."""
    page.goto("/home/add")
    page.get_by_label("Name", exact=True).fill("Portail")
    page.get_by_role("button", name="It hangs in the middle").click()
    page.get_by_label("The camera’s address").fill(url)
    page.get_by_role("button", name="Register this camera").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Give consent")
    return str(fetch(page, "/api/home")[1]["cameras"][0]["id"])


@pytest.fixture(scope="module")
def door(chromium: Browser, platform: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The phone speaks French from here on; the box has one camera that gives pictures, and may tell of a bell."""
    page = new_page(chromium, platform, PHONE)
    page.context.grant_permissions(["notifications"], origin=platform.origin)
    edge, at = OwnEdge(tmp_path_factory.mktemp("door") / "edge"), PAGE.format(19_000 + os.getpid() % 1_000)
    move_in(page, platform, edge)
    with edge.running(CONSENTRY_EDGE_PAGE=at):
        camera = register(page, f"{platform.cameras_url}/private-1")
        wait_until(page, """async () => (await (await fetch("/api/home")).json()).cameras[0].state === "online" """)
        secret = edge.webhook_secret(camera)
        page.evaluate("localStorage.setItem('consentry-language', 'fr')")
        address = str(fetch(page, "/_allauth/browser/v1/auth/session")[1]["data"]["user"]["email"])
        yield Door(page, edge, at, camera, secret, address)
    page.context.close()


def push_of(stage: Stage) -> PushService:
    """The push service that the platform knows, where it was started by these journeys."""
    if stage.push is None:
        pytest.skip("this platform knows no push service of ours")
    return stage.push


def test_a_ring_shows_on_the_open_page_with_a_picture_that_only_this_phone_opens(door: Door) -> None:
    page = door.page
    page.goto("/home")
    expect(page.get_by_role("heading", name="Les sonneries sur cet appareil")).to_be_visible()
    picture_of(page, "door-hear-fr")
    page.get_by_role("button", name="Les montrer sur cet appareil").click()
    expect(page.get_by_role("heading", name="Les sonneries sur cet appareil")).to_have_count(0)
    door.ring()
    expect(page.get_by_text("On a sonné")).to_be_visible()
    picture = page.get_by_alt_text(PICTURE)
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    assert violations(page) == []
    picture_of(page, "door-rang-fr")
    page.get_by_role("link", name="Tout voir").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("À la porte")
    expect(page.get_by_alt_text(PICTURE)).to_be_visible()
    assert violations(page) == []
    picture_of(page, "events-fr")
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    picture_of(page, "events-desktop-fr")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    # The servers carry it, and what they carry is not a picture.
    event = fetch(page, "/api/home/events")[1][0]
    sealed = fetch(page, f"/api/home/events/{event['id']}/picture")[1]["sealed"]
    assert "/9j/" not in sealed[:60]
    assert {len(box) for box in event["boxes"]} == {466}


@pytest.mark.slow
def test_a_ring_reaches_the_phone_by_push_and_quiet_hours_hold_it_back(door: Door, stage: Stage) -> None:
    page, service = door.page, push_of(stage)
    ours = service.browser(f"door-{os.getpid()}")
    body = {"endpoint": ours.endpoint, "p256dh": to_b64(ours.p256dh), "auth": to_b64(ours.auth)}
    assert fetch(page, "/api/notices/browsers", "POST", body)[0] == 204
    page.goto("/home/events")
    page.reload()
    wait_until(page, "() => navigator.serviceWorker.controller !== null")
    before = len(service.taken)
    door.ring()
    wait(page, lambda: len(service.taken) > before, "the push service got it")
    said = service.messages()[-1]
    assert (said["kind"], said["object"], said["language"]) == ("camera.event", door.camera, "en")
    shown = PushToWorker(page, stage.origin).push(**said | {"language": "fr"})
    assert (shown["title"], shown["body"], shown["data"]) == ("On a sonné", "Portail", {"page": "/home/events"})
    wait(page, lambda: page.evaluate(NOTICED)[0][2].startswith("data:image/jpeg;base64"), "the picture is in it")

    page.goto("/notices")
    page.get_by_label("Retenir les avis la nuit, ou quand vous voulez du calme").check()
    page.get_by_label("De", exact=True).fill("00:00")
    page.get_by_label("À", exact=True).fill("23:59")
    picture_of(page, "notices-fr")
    assert violations(page) == []
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Enregistré.", exact=True)).to_be_visible()
    known, rung = len(service.taken), len(fetch(page, "/api/home/events")[1])
    page.goto("/home/events")
    door.ring()
    expect(page.get_by_text("On a sonné")).to_have_count(rung + 1)
    page.goto("/notices")
    page.get_by_label("Retenir les avis la nuit, ou quand vous voulez du calme").uncheck()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Enregistré.", exact=True)).to_be_visible()
    door.ring()
    wait(page, lambda: len(service.taken) > known, "the push service got the one after the quiet hours")
    # They go in the order in which they were told: had the one in between left, it would stand there too.
    assert len(service.taken) == known + 1


def test_the_list_is_there_without_network_and_nothing_else_is(door: Door) -> None:
    page = door.page
    page.goto("/home/events")
    expect(page.get_by_text("On a sonné").first).to_be_visible()
    kept = page.evaluate(
        """async () => {
          const urls = [];
          for (const name of await caches.keys())
            for (const request of await (await caches.open(name)).keys()) urls.push(new URL(request.url).pathname);
          return urls;
        }"""
    )
    assert all(re.match(r"/(assets/|index\.html|icon|manifest|offline-list)", url) for url in kept), kept
    page.context.set_offline(True)
    try:
        page.goto("/home")
        expect(page.get_by_role("heading", level=1)).to_have_text("Pas de réseau")
        expect(page.get_by_text("On a sonné").first).to_be_visible()
        expect(page.get_by_text("Portail").first).to_be_visible()
        expect(page.get_by_role("img")).to_have_count(0)
        assert violations(page) == []
        picture_of(page, "offline-fr")
    finally:
        page.context.set_offline(False)
    page.get_by_role("button", name="Réessayer").click()
    expect(page.get_by_text("On a sonné").first).to_be_visible()


def test_e_mails_are_stopped_by_the_link_in_one_of_them_without_signing_in(
    door: Door, stage: Stage, chromium: Browser, tmp_path: Path
) -> None:
    page = door.page
    page.goto("/account")
    page.get_by_label("M’avertir par e-mail").click()
    expect(page.get_by_label("M’avertir par e-mail")).to_be_checked()
    stolen = OwnEdge(tmp_path / "edge")
    shutil.copytree(door.edge.folder, stolen.folder)
    came = len(letters_to(stage.mail, door.address))
    with stolen.running():
        wait(page, lambda: len(letters_to(stage.mail, door.address)) > came, "an e-mail says that a box was copied")
    letter = letters_to(stage.mail, door.address)[came]
    link = re.search(r"(/unsubscribe#[0-9a-f]+-[0-9a-f]{32})", letter)
    assert link is not None, letter
    stranger = new_page(chromium, stage, PHONE, language="es")
    stranger.goto(link[1])
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Dejar los correos")
    expect(stranger.get_by_role("button", name="No más correos de este tipo")).to_be_visible()
    assert violations(stranger) == []
    picture_of(stranger, "unsubscribe-es")
    stranger.get_by_role("button", name="No más correos", exact=True).click()
    expect(stranger.get_by_role("status")).to_have_text("Hecho. No llegarán más correos de estos.")
    stranger.context.close()
    assert fetch(page, "/api/notices/wishes")[1]["by_email"] is False


def test_leaving_takes_the_list_off_the_device(door: Door) -> None:
    page = door.page
    page.goto("/home/events")
    expect(page.get_by_text("On a sonné").first).to_be_visible()
    page.goto("/account")
    page.get_by_role("button", name="Se déconnecter").click()
    page.wait_for_url(lambda url: url.endswith("/"))
    assert page.evaluate("caches.has('consentry-offline-list')") is False
