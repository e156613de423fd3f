"""A household in French, each on a phone of their own: one is invited to a camera's bell, the owner compares the
letters and allows it, the other sees the ring and nothing else of the camera, and the owner ends it.
"""

import os
import re
import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import PHONE, new_page
from tests.journeys.own_edge import OwnEdge, move_in
from tests.journeys.people import fetch, wait_until
from tests.journeys.second_factor import code_to, letters_to, new_address
from tests.journeys.stage import Stage
from tests.journeys.test_door_events import PAGE, Door, picture_of, register

LETTERS = re.compile(r"^[A-Z2-7]{12}$")
ONLINE = """async () => (await (await fetch("/api/home")).json()).cameras[0].state === "online" """


@pytest.fixture(scope="module")
def door(chromium: Browser, platform: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The owner's phone, in French, and a box with one camera and its bell."""
    page = new_page(chromium, platform, PHONE)
    edge, at = OwnEdge(tmp_path_factory.mktemp("house") / "edge"), PAGE.format(20_000 + os.getpid() % 1_000)
    move_in(page, platform, edge)
    with edge.running(CONSENTRY_EDGE_PAGE=at):
        camera = register(page, f"{platform.cameras_url}/private-1")
        wait_until(page, ONLINE)
        page.evaluate("localStorage.setItem('consentry-language', 'fr')")
        yield Door(page, edge, at, camera, edge.webhook_secret(camera), "")
    page.context.close()


@pytest.fixture(scope="module")
def second(chromium: Browser, platform: Stage) -> Iterator[Page]:
    """The phone of somebody who has no account yet."""
    page = new_page(chromium, platform, PHONE, language="fr")
    yield page
    page.context.close()


def invite(page: Page) -> str:
    """The address that the owner hands on."""
    page.goto("/home/events")
    page.get_by_role("button", name="Inviter quelqu’un à voir Portail").click()
    link = page.locator("output.copyable")
    expect(link).to_contain_text("/home/join#")
    return link.inner_text()


def arrive(page: Page, stage: Stage, link: str) -> None:
    """Follow the link as somebody new: the door first, and then where the link leads."""
    address = new_address()
    page.goto(link)
    before = len(letters_to(stage.mail, address))
    page.get_by_role("button", name="Je suis nouveau ici").click()
    page.get_by_label("Adresse e-mail").fill(address)
    page.get_by_role("button", name="M’envoyer un code").click()
    page.get_by_label("Code reçu par e-mail").fill(code_to(stage.mail, address, after=before))
    page.get_by_role("button", name="Continuer", exact=True).click()


def test_a_second_person_joins_by_a_link_and_sees_the_ring_and_nothing_else(
    door: Door, second: Page, stage: Stage
) -> None:
    owner = door.page
    owner.goto("/home/events")
    owner.get_by_role("button", name="Les montrer sur cet appareil").click()
    expect(owner.get_by_role("heading", name="Les sonneries sur cet appareil")).to_have_count(0)
    door.ring()
    expect(owner.get_by_text("On a sonné").first).to_be_visible()
    link = invite(owner)
    assert violations(owner) == []
    picture_of(owner, "household-invite-fr")

    arrive(second, stage, link)
    expect(second.get_by_role("heading", level=1)).to_have_text("Voir les sonneries chez quelqu’un")
    picture_of(second, "household-join-fr")
    assert violations(second) == []
    second.get_by_role("button", name="Demander avec cet appareil").click()
    letters = second.locator(".pair-code")
    expect(letters).to_have_text(LETTERS)
    assert "#" not in second.url, "the word is used, and stands in no history"
    assert second.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(second) == []
    picture_of(second, "household-letters-fr")
    assert fetch(second, "/api/home/events")[1] == [], "nothing before the owner said yes"

    owner.goto("/home/events")
    same = owner.locator(".fingerprint")
    expect(same).to_have_text(letters.inner_text())
    picture_of(owner, "household-compare-fr")
    owner.get_by_role("button", name="Ce sont les mêmes : autoriser").click()
    expect(owner.get_by_text("Voit les sonneries et mouvements")).to_be_visible()

    second.get_by_role("link", name="À la porte").click()
    expect(second.get_by_text("Portail").first).to_be_visible()
    assert fetch(second, "/api/home/events")[1] == [], "what came before the yes stays the owner's"
    seen = fetch(second, "/api/home/guests")[1]
    assert [one["state"] for one in seen] == ["shared"]
    door.ring()
    expect(second.get_by_text("On a sonné")).to_be_visible()
    shot = second.get_by_alt_text("Ce que Portail a vu alors")
    expect(shot).to_be_visible()
    assert shot.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    assert violations(second) == []
    picture_of(second, "household-member-fr")


def test_a_member_has_no_other_door_to_the_camera(door: Door, second: Page) -> None:
    """No look, terms, place, switch, line or log of it, and no list that names more than it."""
    camera = door.camera
    reads = ["", "/consents?time_zone=UTC"]
    homes = ["/guests", "/line", "/looks", "/officers", "/refusals"]
    paths = [f"/api/cameras/{camera}{tail}" for tail in reads] + [f"/api/home/cameras/{camera}{one}" for one in homes]
    assert {fetch(second, path)[0] for path in paths} <= {403, 404, 405}
    assert fetch(second, f"/api/home/cameras/{camera}/pause", "POST", {})[0] in (403, 404)
    assert fetch(second, f"/api/home/cameras/{camera}/guests", "POST", {})[0] in (403, 404)
    assert fetch(second, "/api/home")[1]["cameras"] == []
    (shared,) = fetch(second, "/api/home/guests")[1]
    assert set(shared) == {"camera", "camera_name", "id", "owner_name", "state"}
    assert fetch(second, f"/api/home/guests/{shared['id']}/share", "POST", {"owner_signature": "x"})[0] in (403, 404)


def test_a_link_is_good_once_and_a_made_up_one_never(door: Door, second: Page, chromium: Browser, stage: Stage) -> None:
    link = invite(door.page)
    other = new_page(chromium, stage, PHONE, language="fr")
    try:
        arrive(other, stage, link)
        other.get_by_role("button", name="Demander avec cet appareil").click()
        expect(other.locator(".pair-code")).to_have_text(LETTERS)
        second.goto("/home/events")
        for word in (link.partition("#")[2], secrets.token_hex(16)):
            second.goto("/home")
            second.goto(f"/home/join#{word}")
            second.get_by_role("button", name="Demander avec cet appareil").click()
            expect(second.get_by_role("alert")).to_be_visible()
            expect(second.locator(".pair-code")).to_have_count(0)
        picture_of(second, "household-used-fr")
        second.goto("/home")
        second.goto("/home/join")
        expect(second.get_by_text("Cette adresse n’est pas entière")).to_be_visible()
        expect(second.get_by_role("button", name="Demander avec cet appareil")).to_have_count(0)
        assert violations(second) == []
        picture_of(second, "household-no-word-fr")
        door.page.goto("/home/events")
        door.page.get_by_role("button", name="Refuser").click()
        expect(door.page.locator(".fingerprint")).to_have_count(0)
        assert [one for one in fetch(other, "/api/home/guests")[1] if one["state"] == "shared"] == []
    finally:
        other.context.close()


def test_the_owner_ends_it_and_nothing_more_comes(door: Door, second: Page) -> None:
    second.goto("/home/events")
    expect(second.get_by_text("On a sonné").first).to_be_visible()
    owner = door.page
    owner.goto("/home/events")
    owner.get_by_role("button", name="Y mettre fin").click()
    expect(owner.get_by_text("Voit les sonneries et mouvements")).to_have_count(0)
    assert fetch(second, "/api/home/events")[1] == []
    rung = len(fetch(owner, "/api/home/events")[1])
    door.ring()
    expect(owner.get_by_text("On a sonné")).to_have_count(rung + 1)
    assert fetch(second, "/api/home/events")[1] == []
    assert fetch(second, "/api/home/guests")[1] == []
    second.goto("/home/events")
    expect(second.get_by_text("On a sonné")).to_have_count(0)
    picture_of(second, "household-ended-fr")
