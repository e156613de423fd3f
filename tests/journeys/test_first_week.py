"""A resident's first week on one phone, in French and in one go: join, pair a box, register and sign, hear the bell,
answer a request while a neighbour says nothing, post, be told, correct, withdraw. The desk reads nothing of the silent.
"""

import json
import os
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import DESKTOP, PHONE, Open
from tests.journeys.devtools_push import PushToWorker, wait
from tests.journeys.neighbours import asked_homes
from tests.journeys.own_edge import OwnEdge
from tests.journeys.people import Analyst, fetch, wait_until
from tests.journeys.second_factor import become_resident, code_to, new_address
from tests.journeys.stage import Stage
from tests.journeys.test_box_sends import HAS_REQUEST, ONLINE, STATE, ask, keep_a_clip
from tests.journeys.test_door_events import Door, push_of
from tests.journeys.test_neighbors import join, wait_for_notice

from consentry.kernel.canonical import to_b64
from consentry.kernel.geo import Place

# How far the map is moved: away from the demo's live homes, which are asked three times a week at most.
AWAY_PX = 90
NAME = uuid4().hex[:8]


def look(page: Page, name: str) -> None:
    """No rule of accessibility is broken and nothing is wider than the phone; a picture for whoever wants to look."""
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, name
    if folder := os.environ.get("JOURNEYS_PICTURES"):
        page.screenshot(path=Path(folder) / f"week-{name}.png", full_page=True)


def join_in_french(page: Page, stage: Stage) -> None:
    """Make an account by the code of the e-mail."""
    address = new_address()
    page.goto("/")
    page.get_by_role("button", name="Je suis nouveau ici").click()
    page.get_by_label("Adresse e-mail").fill(address)
    look(page, "join")
    page.get_by_role("button", name="M’envoyer un code").click()
    page.get_by_label("Code reçu par e-mail").fill(code_to(stage.mail, address))
    page.get_by_role("button", name="Continuer", exact=True).click()
    page.wait_for_url("**/home")


def pair(page: Page, stage: Stage, edge: OwnEdge) -> None:
    """The box's code, typed at the box."""
    page.goto("/home/pair")
    page.get_by_role("button", name="Afficher le code").click()
    look(page, "pair")
    assert "Paired with" in edge.pair(stage.origin, page.locator(".pair-code").inner_text())


def register_and_sign(page: Page, url: str) -> tuple[str, Place]:
    """A camera in a quarter of its own, found on the map, and its terms; its id and where it hangs."""
    page.goto("/home/add")
    page.get_by_label("Nom", exact=True).fill("Portail")
    middle = page.get_by_role("button", name="Elle est au milieu")
    middle.scroll_into_view_if_needed()
    box = page.locator(".picker .map").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 10, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 10 + AWAY_PX, y, steps=6)
    page.wait_for_timeout(200)  # held still, so that the map does not glide on
    page.mouse.up()
    middle.click()
    page.get_by_label("Adresse de la caméra").fill(url)
    look(page, "register")
    page.get_by_role("button", name="Inscrire cette caméra").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Donner son consentement")
    for stated in (
        "Elle ne regarde pas dans une pièce",
        "Elle ne montre pas le logement d’un voisin",
        "J’ai lu ce texte",
    ):
        page.get_by_label(stated).check()
    look(page, "sign")
    page.get_by_role("button", name="Signer avec cet appareil").click()
    page.wait_for_url("**/home/cameras/cam_*")
    (camera,) = fetch(page, "/api/cameras")[1]
    return str(camera["id"]), Place(lat=camera["lat"], lon=camera["lon"])


def hear_the_bell(door: Door, stage: Stage) -> None:
    """It rings at the box; the open page and the phone's notification tell it."""
    page, service = door.page, push_of(stage)
    ours = service.browser(f"week-{NAME}")
    body = {"endpoint": ours.endpoint, "p256dh": to_b64(ours.p256dh), "auth": to_b64(ours.auth)}
    assert fetch(page, "/api/notices/browsers", "POST", body)[0] == 204
    page.goto("/home")
    page.get_by_role("button", name="Les montrer sur cet appareil").click()
    expect(page.get_by_role("heading", name="Les sonneries sur cet appareil")).to_have_count(0)
    page.reload()
    wait_until(page, "() => navigator.serviceWorker.controller !== null")
    before = len(service.taken)
    door.ring()
    expect(page.get_by_text("On a sonné")).to_be_visible()
    expect(page.get_by_alt_text("Ce que Portail a vu alors")).to_be_visible()
    look(page, "rang")
    wait(page, lambda: len(service.taken) > before, "the push service got it")
    shown = PushToWorker(page, stage.origin).push(**service.messages()[-1] | {"language": "fr"})
    assert (shown["title"], shown["body"]) == ("On a sonné", "Portail")


def silent_neighbour(page: Page, stage: Stage, place: Place) -> str:
    """Somebody next door with a camera that may be asked, and who never looks; the camera's id."""
    become_resident(page, stage.mail, new_address())
    status, made = fetch(page, "/api/cameras", "POST", {
        "name": "Neighbour’s yard", "kind": "fixed", "lat": place.lat, "lon": place.lon, "heading_deg": 0,
        "fov_deg": 90, "range_m": 25, "indoor": False, "edge": None,
    })  # fmt: skip
    assert status == 201, made
    page.goto(f"/home/cameras/{made['id']}/consent")
    page.get_by_role("radio", name="Requests only").check()
    for stated in ("It does not look into a room", "It does not show a neighbour", "I have read this and agree"):
        page.get_by_label(stated).check()
    page.get_by_role("button", name="Sign with this device").click()
    page.wait_for_url(f"**/home/cameras/{made['id']}")
    return str(made["id"])


def answer_with_a_clip(page: Page, request: str) -> None:
    """Read, mark a span, see it, send it; the box brings it."""
    page.goto("/home")
    wait_until(page, HAS_REQUEST, request)
    keep_a_clip(page, request)
    look(page, "clip")
    page.get_by_role("button", name="Envoyer à").click()
    wait_until(page, STATE, [request, "sent"], timeout_s=60)
    expect(page.get_by_role("heading", name="Chez la police")).to_be_visible()
    look(page, "sent")


def what_the_desk_holds(desk: Page, request: str) -> str:
    """All that the desk can read of the request, as text."""
    paths = (f"/api/requests/{request}", f"/api/requests/{request}/answers", "/api/items?kind=answer", "/api/notices")
    desk.goto(f"/requests/{request}")
    expect(desk.locator("article.answer")).to_contain_text("Custody: Sealed", timeout=60_000)
    return json.dumps([fetch(desk, path) for path in paths]) + desk.locator("main").inner_text()


FRENCH = ("Écrire un message", "Perdu et trouvé", "Ce qui s’est passé", "Publier")
ENGLISH = ("Write a post", "Lost and found", "What happened", "Post")


def write(page: Page, text: str, words: tuple[str, str, str, str]) -> None:
    """A post of something found."""
    begin, category, what, publish = words
    page.goto("/neighbors")
    page.get_by_role("link", name=begin).click()
    page.get_by_label(category).check()
    page.get_by_label(what).fill(text)
    look(page, f"write-{page.locator('html').get_attribute('lang')}")
    page.get_by_role("button", name=publish, exact=True).click()
    page.wait_for_url("**/neighbors/posts/pst_*")


def be_told(page: Page, text: str) -> None:
    """The neighbour's post comes as a notice, whose tap opens it."""
    wait_for_notice(page, "post.made")
    page.goto("/account")
    page.get_by_role("link", name="Un voisin a publié un message").first.click()
    expect(page.get_by_text(text)).to_be_visible()
    look(page, "told")


@pytest.mark.slow
def test_join_pair_ring_answer_post_correct_and_withdraw_on_one_phone(
    stage: Stage, open_page: Open, tmp_path: Path, unused_tcp_port: int
) -> None:
    page, next_door = open_page(PHONE, language="fr"), open_page(PHONE)
    page.context.grant_permissions(["notifications"], origin=stage.origin)
    edge, at = OwnEdge(tmp_path / "edge"), f"127.0.0.1:{unused_tcp_port}"
    join_in_french(page, stage)
    pair(page, stage, edge)
    with edge.running(CONSENTRY_EDGE_PAGE=at):
        camera, place = register_and_sign(page, f"{stage.cameras_url}/private-1")
        wait_until(page, ONLINE)
        hear_the_bell(Door(page, edge, at, camera, edge.webhook_secret(camera), ""), stage)

        other = silent_neighbour(next_door, stage, place)
        desk = Analyst.enter(open_page(DESKTOP)).page
        request = ask(desk, stage, place)
        me, them = (str(fetch(one, "/api/session")[1]["person"]) for one in (page, next_door))
        assert {me, them} <= set(asked_homes(stage, request)), "both were asked"
        answer_with_a_clip(page, request)
    held = what_the_desk_holds(desk, request)
    assert not [word for word in (them, other, me, camera, "Neighbour’s yard") if word in held]

    join(page, ("Mon lieu est au milieu", "C’est mon quartier", "Chaque message"))
    join(next_door, ("My place is at the middle", "This is my quarter", "Every post"))
    name = uuid4().hex[:8]
    lost, found = f"Un chat du nom de {name} a été vu rue du marché.", f"Le chat {name} est rentré, merci à tous."
    seen = f"A parcel for {name} lay in front of our door, we have it here."
    write(page, lost, FRENCH)
    wait_for_notice(next_door, "post.made")
    next_door.goto("/neighbors")
    expect(next_door.get_by_text(lost)).to_be_visible()
    page.get_by_role("button", name="Corriger", exact=True).click()
    page.locator("#n-correct").fill(found)
    page.get_by_role("button", name="Enregistrer la correction").click()
    expect(page.locator("p.said", has_text=found)).to_be_visible()  # its form may still be open, with the same words
    look(page, "corrected")
    wait_for_notice(next_door, "post.corrected")
    write(next_door, seen, ENGLISH)
    be_told(page, seen)

    page.get_by_role("link", name="Retirer", exact=True).click()
    page.get_by_role("button", name="Retirer maintenant : Portail").click()
    expect(page.get_by_text("Aucun accord n’est en cours pour cette caméra.")).to_be_visible()
    look(page, "withdrawn")
    status, consents = fetch(page, f"/api/cameras/{camera}/consents?time_zone=Europe/Paris")
    assert (status, [one["state"] for one in consents["consents"]]) == (200, ["withdrawn"])
