"""Two neighbours on their phones, in French and Spanish: join, post with a covered face, be told, correct, appeal."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import av
import pytest
from playwright.sync_api import Page, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import DESKTOP, PHONE, Open
from tests.journeys.people import come_in, fetch, wait_until
from tests.journeys.second_factor import become_resident, new_address
from tests.journeys.stage import Stage


@pytest.fixture
def faces(shared_data: Path, tmp_path: Path) -> Iterator[Path]:
    """A picture of people in a street."""
    with av.open(str(shared_data / "video" / "vtest.avi")) as film:
        picture = next(film.decode(video=0))
        path = tmp_path / "street.png"
        with av.open(str(path), "w", format="image2") as target:
            track = target.add_stream("png")
            track.width, track.height, track.pix_fmt = picture.width, picture.height, "rgb24"
            target.mux(track.encode(picture.reformat(format="rgb24")))
            target.mux(track.encode(None))
    return path


def look(page: Page, name: str) -> None:
    """No rule of accessibility is broken here; a picture is kept when somebody wants to look."""
    assert violations(page) == []
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, f"{name} is wider than its window"
    if folder := os.environ.get("JOURNEYS_PICTURES"):
        page.screenshot(path=Path(folder) / f"neighbors-{name}.png", full_page=True)


def speak(page: Page, language: str) -> None:
    """Choose the language as the page keeps it, and see that it holds."""
    page.evaluate("language => localStorage.setItem('consentry-language', language)", language)
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", language)


def kinds(page: Page) -> list[str]:
    """What this person was told, newest first."""
    return [notice["kind"] for notice in fetch(page, "/api/notices")[1]]


def join(page: Page, words: tuple[str, str, str]) -> None:
    """Say where one lives: the middle of the map; `words` are the two buttons and what one is told."""
    if fetch(page, "/api/neighbors/me")[1]["joined"]:
        return
    page.goto("/neighbors")
    middle, done, every = words
    page.get_by_role("button", name=middle).click()
    page.get_by_label(every).check()
    look(page, f"join-{page.locator('html').get_attribute('lang')}")
    page.get_by_role("button", name=done).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def wait_for_notice(page: Page, kind: str) -> None:
    """Until the worker has told it."""
    wait_until(
        page, "async kind => (await (await fetch('/api/notices')).json()).some(one => one.kind === kind)", arg=kind
    )


def test_neighbours_post_cover_are_told_correct_and_appeal(stage: Stage, open_page: Open, faces: Path) -> None:
    name = uuid4().hex[:8]
    first = f"Un chien du nom de {name} court sans laisse sur la place du marché."
    second = f"{name} a retrouvé sa maison près de la place, merci à tous."
    author = come_in(open_page(PHONE, language="fr"), "Propriétaire de caméra")
    join(author, ("Mon lieu est au milieu", "C’est mon quartier", "Chaque message"))
    reader = open_page(PHONE)
    become_resident(reader, stage.mail, new_address())
    speak(reader, "es")
    join(reader, ("Aquí, en el centro", "Este es mi barrio", "Cada publicación"))

    author.goto("/neighbors")
    author.get_by_role("link", name="Écrire un message").click()
    author.get_by_label("Perdu et trouvé").check()
    author.get_by_label("Ce qui s’est passé").fill("Un homme louche devant chez nous")
    author.get_by_role("button", name="Publier").click()
    expect(author.get_by_role("alert")).to_contain_text("Dites ce qui a été fait")
    author.get_by_label("Ce qui s’est passé").fill(first)
    author.get_by_label("Ajouter une photo").set_input_files(faces)
    cover = author.get_by_role("button", name="Couvrir tous les visages")
    expect(cover).to_be_visible()
    look(author, "faces-fr")
    cover.click()
    expect(author.get_by_text("Couvert.")).to_be_visible()
    look(author, "covered-fr")
    reader.goto("/account")
    expect(reader.get_by_text("Nada por ahora.")).to_be_visible()
    author.get_by_role("button", name="Publier").click()
    author.wait_for_url("**/neighbors/posts/pst_*")
    expect(author.get_by_text(first)).to_be_visible()

    # The open page hears of it by itself.
    reader.get_by_role("link", name="Un vecino publicó algo").click()
    expect(reader.get_by_text(first)).to_be_visible()
    picture = reader.get_by_role("img", name="Foto de la publicación")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 0
    look(reader, "post-es")
    reader.get_by_role("button", name="Gracias").click()
    reader.get_by_label("Su respuesta").fill("Lo he visto cerca del puente.")
    reader.get_by_role("button", name="Responder").click()
    expect(reader.get_by_text("Lo he visto cerca del puente.")).to_be_visible()

    author.reload()
    author.get_by_role("button", name="Corriger", exact=True).click()
    author.locator("#n-correct").fill(second)
    author.get_by_role("button", name="Enregistrer la correction").click()
    expect(author.locator("p.said", has_text=second)).to_be_visible()  # its form may still be open, with the same words
    wait_for_notice(reader, "post.corrected")
    reader.reload()
    expect(reader.get_by_text(second)).to_be_visible()
    reader.get_by_text("Lo que decía antes").click()
    expect(reader.get_by_text(first)).to_be_visible()
    look(reader, "corrected-es")
    reader.goto("/neighbors")
    expect(reader.get_by_text(second)).to_be_visible()
    look(reader, "feed-es")
    reader.locator("article").filter(has_text=second).get_by_role("link", name="respuesta").click()
    reader.get_by_role("button", name="Denunciar").first.click()
    reader.get_by_label("No es verdad").check()
    look(reader, "report-es")
    reader.get_by_role("button", name="Enviar a moderación").click()
    expect(reader.get_by_role("status")).to_contain_text("Lo verá una persona")

    moderator = come_in(open_page(DESKTOP), "Moderator")
    case = moderator.locator("article").filter(has_text=name)
    case.get_by_role("button", name="Look at this").click()
    case.get_by_label("Which rule").select_option(label="It is not true")
    case.get_by_label("What you tell the author").fill("The dog belongs to the market.")
    look(moderator, "moderate-en")
    case.get_by_role("button", name="Remove it").click()
    expect(case).to_have_count(0)

    wait_for_notice(reader, "post.retracted")
    wait_for_notice(author, "post.removed")
    author.reload()
    expect(author.get_by_text("The dog belongs to the market.")).to_be_visible()
    author.get_by_label("Pourquoi c’était une erreur").fill("Il a vraiment retrouvé sa maison.")
    look(author, "removed-fr")
    author.get_by_role("button", name="Faire un recours").click()
    expect(author.get_by_text("Votre recours attend")).to_be_visible()
    moderator.reload()
    expect(case.get_by_text("The author objects")).to_be_visible()
    expect(case.get_by_role("button", name="Look at this")).to_have_count(0)
    look(moderator, "appealed-en")
    assert name not in str(fetch(reader, "/api/neighbors/feed")[1])


def test_an_agency_warns_an_area_and_neighbours_read_it(stage: Stage, open_page: Open) -> None:
    reader = come_in(open_page(PHONE, language="fr"), "Propriétaire de caméra")
    join(reader, ("Mon lieu est au milieu", "C’est mon quartier", "Chaque message"))
    desk = come_in(open_page(DESKTOP), "Supervisor")
    desk.get_by_role("link", name="Neighbours").click()
    desk.get_by_role("button", name="New alert").click()
    canvas = desk.locator(".picker canvas")
    expect(canvas).to_be_visible()
    desk.get_by_role("button", name="Corner at the middle").wait_for()
    for at in ({"x": 120, "y": 80}, {"x": 420, "y": 80}, {"x": 420, "y": 260}, {"x": 120, "y": 260}):
        canvas.click(position=at)
    desk.get_by_label("Name of the area").first.fill("Around the station")
    desk.get_by_label("Kind of danger").select_option(label="Gas, water, power")
    desk.get_by_label("What it is, in a few words").first.fill("Gas leak")
    desk.get_by_label("Headline").first.fill("Gas leak at the station")
    desk.get_by_label("What happens").first.fill("Gas comes out of the street. Crews are on their way.")
    desk.get_by_label("What to do").first.fill("Keep away and close the windows.")
    desk.get_by_text("français", exact=True).click()
    french = desk.get_by_role("group", name="français")
    french.get_by_label("What it is, in a few words").fill("Fuite de gaz")
    french.get_by_label("Headline").fill("Fuite de gaz à la gare")
    french.get_by_label("What happens").fill("Du gaz sort de la rue. Les équipes arrivent.")
    french.get_by_label("Name of the area").fill("Autour de la gare")
    look(desk, "alert-form-en")
    desk.get_by_role("button", name="Publish to the area").click()
    expect(desk.get_by_role("heading", name="Gas leak at the station")).to_be_visible()
    look(desk, "desk-en")
    wait_for_notice(reader, "alert.issued")
    reader.goto("/neighbors")
    expect(reader.get_by_role("heading", name="Fuite de gaz à la gare")).to_be_visible()
    expect(reader.get_by_text("Autour de la gare")).to_be_visible()
    look(reader, "alert-fr")
    desk.get_by_label("Why it is taken back").fill("The leak is closed.")
    desk.get_by_label("Why, in français (optional)").fill("La fuite est colmatée.")
    desk.get_by_role("button", name="Take it back", exact=True).click()
    desk.get_by_role("button", name="Take this alert back for everybody").click()
    expect(desk.get_by_text("No official alert is in force.")).to_be_visible()
    wait_for_notice(reader, "alert.cancelled")
    public = open_page(PHONE, language="es")
    public.goto("/alerts")
    expect(public.get_by_text("The leak is closed.")).to_be_visible()  # nobody said it in Spanish: the first
    look(public, "alerts-es")
    reader.goto("/alerts")
    expect(reader.get_by_text("La fuite est colmatée.")).to_be_visible()


def test_masks_rules_and_ones_own_posts_on_a_phone(stage: Stage, open_page: Open) -> None:
    page = come_in(open_page(PHONE, language="es", dark=True), "Propietario de cámara")
    join(page, ("Aquí, en el centro", "Este es mi barrio", "Solo alertas"))
    page.goto("/neighbors/masks")
    page.get_by_role("button", name="Aquí, en el centro").click()
    page.get_by_role("button", name="Pedir una máscara").click()
    expect(page.get_by_role("status")).to_contain_text("Si una cámara registrada puede verlo")
    look(page, "masks-es")
    for path, name in (("/neighbors/guidelines", "guidelines-es"), ("/neighbors/mine", "mine-es"),
                       ("/neighbors/area", "area-es")):  # fmt: skip
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        look(page, name)
