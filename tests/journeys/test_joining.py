"""Taking part, in French on a phone: the ways side by side, a box paired by its square, a shop's cameras by table."""

import os
from pathlib import Path

from playwright.sync_api import Page, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import PHONE, Open
from tests.journeys.own_edge import OwnEdge, listen_in
from tests.journeys.people import fetch
from tests.journeys.second_factor import become_resident, new_address
from tests.journeys.stage import Stage

SHEET = """name;latitude;longitude;heading;address
Quai;{lat};{lon};90;{url}
Entrée;{lat};{lon};vers la rue;
Parking;{lat};{lon};180;"""


def _keep_picture(page: Page, name: str) -> None:
    if folder := os.environ.get("JOURNEYS_PICTURES"):
        page.screenshot(path=Path(folder) / f"joining-{name}.png", full_page=True)


def test_a_shop_joins_by_square_and_table_and_signs_once_for_each(
    stage: Stage, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(PHONE)
    become_resident(page, stage.mail, new_address())
    page.goto("/account")
    page.locator("select.quiet-select").first.select_option("fr")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.goto("/home")
    page.get_by_role("link", name="Participer").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Participer")
    for way in ("Inscrite seulement", "Demandes seulement", "Regards en direct"):
        expect(page.get_by_role("heading", name=way)).to_be_visible()
    assert violations(page) == []
    _keep_picture(page, "ways")

    box, sent = OwnEdge(tmp_path / "edge"), listen_in(page)
    with box.showing_square(stage.origin) as (link, said):
        secret = link.partition("#")[2]
        page.goto(link)
        expect(page.get_by_text("N’associez qu’un boîtier qui est devant vous")).to_be_visible()
        _keep_picture(page, "square")
        page.get_by_role("button", name="Associer ce boîtier").click()
        expect(page.get_by_text("Votre boîtier a le code")).to_be_visible()
        assert "Paired with" in said()
    assert "#" not in page.url
    assert not [body for body in sent if secret in body], "the square's secret never left the phone"
    expect(page.get_by_role("button", name="Retirer")).to_be_visible()

    _fill_table(page, stage)
    _sign_for_all(page)
    _, cameras = fetch(page, "/api/cameras")
    assert sorted(camera["name"] for camera in cameras) == ["Parking", "Quai"]
    for camera in cameras:
        _, held = fetch(page, f"/api/cameras/{camera['id']}/consents?time_zone=Europe/Paris")
        assert [(one["state"], one["terms"]["tier"]) for one in held["consents"]] == [("given", "request")]


def _fill_table(page: Page, stage: Stage) -> None:
    page.goto("/home/many")
    _, city = fetch(page, "/api/city")
    lat, lon = city["centre"]
    url = f"{stage.cameras_url}/private-1"
    page.get_by_label("Ou collez ce que vous avez copié").fill("name\nQuai")
    expect(page.get_by_text("La première ligne doit nommer les colonnes")).to_be_visible()
    page.get_by_label("Ou collez ce que vous avez copié").fill(SHEET.format(lat=lat, lon=lon, url=url))
    expect(page.get_by_text("Veuillez revoir : Regarde vers (°).")).to_be_visible()
    page.get_by_label("Aucune de ces caméras ne regarde dans une pièce").check()
    assert violations(page) == []
    _keep_picture(page, "table")
    page.get_by_role("button", name="Enregistrer 2 caméras").click()
    expect(page.get_by_text("2 caméras sont enregistrées.")).to_be_visible()
    expect(page.get_by_label("Nom, ligne 1")).to_have_value("Entrée")


def _sign_for_all(page: Page) -> None:
    page.get_by_role("link", name="Fixer les conditions pour toutes").click()
    page.get_by_role("button", name="Tout choisir").click()
    page.get_by_role("radio", name="Demandes seulement").check()
    expect(page.get_by_text("À chaque demande")).to_have_count(0)
    for stated in (
        "Elle ne regarde pas dans une pièce",
        "Elle ne montre pas le logement d’un voisin",
        "J’ai lu ce texte",
    ):
        page.get_by_label(stated).check()
    assert violations(page) == []
    _keep_picture(page, "terms")
    page.get_by_role("button", name="Signer pour 2 caméras").click()
    expect(page.get_by_text("Signé pour 2 caméras.")).to_be_visible()
