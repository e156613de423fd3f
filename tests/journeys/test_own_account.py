"""All of one's own data and the end of one's account, in French on a phone, with a passkey and with the keys alone."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import PHONE, Open
from tests.journeys.people import fetch, wait_until
from tests.journeys.second_factor import Passkeys, become_resident, new_address
from tests.journeys.stage import Stage, _environment

POST = f"Le réverbère {uuid4().hex[:8]} au coin de la place est éteint depuis deux nuits."
SIZE = "button => [button.getBoundingClientRect().width, button.getBoundingClientRect().height]"
# In a process of its own, as its Django belongs to the platform: as if the person had signed in an hour ago.
AGE = """
import sys
from pathlib import Path
from consentry.project.cli import prepare_django
prepare_django(Path(sys.argv[1]))
from django.contrib.sessions.backends.db import SessionStore
session = SessionStore(sys.argv[2])
for proof in session["account_authentication_methods"]:
    proof["at"] -= 3_600
session.save()
"""


def look(page: Page, name: str) -> None:
    """No rule of accessibility is broken here, it fits the phone; a picture is kept when somebody wants to look."""
    assert violations(page) == []
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, f"{name} is wider than its window"
    if folder := os.environ.get("JOURNEYS_PICTURES"):
        page.screenshot(path=Path(folder) / f"account-{name}.png", full_page=True)


def let_an_hour_pass(page: Page, stage: Stage) -> None:
    """The sign-in of this page is an hour old from now on."""
    (cookie,) = [one for one in page.context.cookies() if one["name"] == "consentry"]
    words = [sys.executable, "-c", AGE, str(stage.data), cookie["value"]]
    subprocess.run(words, env=_environment(), check=True, capture_output=True, text=True)


def settle_in(page: Page, stage: Stage, address: str) -> None:
    """A new resident with a passkey, a camera and a post, in French."""
    become_resident(page, stage.mail, address)
    page.evaluate("localStorage.setItem('consentry-language', 'fr')")
    page.goto("/account")
    page.get_by_role("button", name="Ajouter une clé d’accès ou une application").click()
    page.get_by_role("button", name="Ajouter une clé d’accès", exact=True).click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("button", name="Je les ai conservés").click()
    lat, lon = fetch(page, "/api/city")[1]["centre"]
    view = {"heading_deg": 90, "fov_deg": 70, "range_m": 30, "indoor": False}
    camera = {"name": "Portail", "kind": "fixed", "lat": lat, "lon": lon, **view}
    assert fetch(page, "/api/cameras", "POST", camera)[0] == 201
    assert fetch(page, "/api/neighbors/me", "PUT", {"lat": lat, "lon": lon})[0] == 200
    assert fetch(page, "/api/neighbors/posts", "POST", {"category": "safety", "text": POST})[0] == 201


@pytest.mark.slow
def test_a_resident_takes_their_data_and_leaves_and_comes_back_as_somebody_new(
    stage: Stage, open_page: Open, tmp_path: Path
) -> None:
    page, address = open_page(PHONE), new_address()
    Passkeys(page)
    settle_in(page, stage, address)
    page.reload()
    _take_data(page, stage, address, tmp_path)
    post = fetch(page, "/api/neighbors/mine")[1][0]["id"]
    _leave(page, stage)
    assert fetch(page, "/api/session")[1]["person"] is None

    anew = open_page(PHONE)
    become_resident(anew, stage.mail, address)
    assert fetch(anew, "/api/cameras") == (200, [])
    assert fetch(anew, "/api/neighbors/me")[1]["joined"] is False
    assert fetch(anew, f"/api/neighbors/posts/{post}")[0] == 404
    assert fetch(anew, "/api/account/export")[1]["export"] is None


def _take_data(page: Page, stage: Stage, address: str, folder: Path) -> None:
    mine = page.get_by_role("region", name="Mes données")
    expect(mine).to_contain_text("Vos enregistrements n’y sont pas")
    mine.get_by_role("button", name="Rassembler mes données").click()
    expect(mine.get_by_role("status")).to_contain_text("Prêt")
    expect(mine).to_contain_text("Un par jour")
    let_an_hour_pass(page, stage)
    page.reload()
    expect(mine.get_by_role("heading", name="Montrez que c’est bien vous")).to_be_visible()
    expect(mine.get_by_role("link", name="Télécharger")).to_have_count(0)
    look(page, "old-sign-in")
    mine.get_by_role("button", name="Utiliser une clé d’accès").click()
    expect(mine.get_by_role("link", name="Télécharger")).to_be_visible()
    look(page, "data")
    with page.expect_download() as download:
        mine.get_by_role("link", name="Télécharger").click()
    kept = folder / "data.zip"
    download.value.save_as(kept)
    with ZipFile(kept) as book:
        assert book.testzip() is None
        assert json.loads(book.read("data/profile.json"))[0]["email"] == address
        assert [row["name"] for row in json.loads(book.read("data/cameras.json"))] == ["Portail"]
        assert [row["text"] for row in json.loads(book.read("data/posts.json"))] == [POST]
        book.extractall(folder / "data")
    reader = page.context.new_page()
    reader.goto((folder / "data" / "index.html").as_uri())
    expect(reader.get_by_role("heading", level=1)).to_have_text("Tout ce que Consentry sait de vous")
    expect(reader.get_by_text(POST)).to_be_visible()
    look(reader, "offline-page")
    reader.close()


def _leave(page: Page, stage: Stage) -> None:
    page.get_by_role("link", name="Supprimer mon compte").click()
    expect(page.get_by_role("heading", name="Ce qui reste, et pourquoi")).to_be_visible()
    look(page, "what-goes")
    keep, go = (page.get_by_role("button", name=name) for name in ("Garder mon compte", "Aller à la dernière étape"))
    sizes = [page.evaluate(SIZE, one.element_handle()) for one in (keep, go)]
    assert sizes[0] == sizes[1]
    assert keep.get_attribute("class") == go.get_attribute("class")
    keep.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/account")
    page.get_by_role("link", name="Supprimer mon compte").focus()
    page.keyboard.press("Enter")
    go.focus()
    page.keyboard.press("Enter")
    word = page.get_by_label("Tapez le mot « supprimer »")
    word.fill("suprimer")
    word.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Tapez le mot exactement")
    look(page, "word")
    word.fill("supprimer")
    page.get_by_role("button", name="Supprimer mon compte").click()
    expect(page.get_by_role("heading", name="Votre compte est supprimé")).to_be_visible()
    wait_until(page, "async () => (await (await fetch('/api/session')).json()).person === null")
    look(page, "done")
