"""A resident on a phone, in French, answers a request with a span of their own recording; the box at home sends it by
itself while the phone is closed, the page says how far it is, and taking it back on the way stops the box.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import DESKTOP, PHONE, new_page
from tests.journeys.own_edge import OwnEdge, move_in
from tests.journeys.people import IS_LOGGED, Analyst, fetch, wait_until
from tests.journeys.stage import Stage
from tests.journeys.test_own_look import drag
from tests.journeys.test_owner_passkey import _consent

from consentry.demo.city import build_city
from consentry.demo.ground import to_place
from consentry.kernel.geo import Place

WAIT_MS = 60_000
ONLINE = """async () => (await (await fetch("/api/home")).json()).cameras[0].state === "online" """
HAS_REQUEST = (
    """async (id) => (await (await fetch("/api/home/requests")).json()).some((one) => one.request.id === id)"""
)
STATE = """async ([id, state]) => {
  const asked = await (await fetch(`/api/home/requests/${id}`)).json();
  return asked.answers.some((one) => one.state === state);
}"""


@dataclass
class House:
    """A resident's phone, and their box, which is on."""

    page: Page
    edge: OwnEdge
    camera: str


def picture(page: Page, name: str) -> None:
    """A screenshot for whoever wants to look."""
    folder = os.environ.get("JOURNEYS_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"box-{name}.png", full_page=True)


@pytest.fixture(scope="module")
def house(chromium: Browser, platform: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """In a quarter of its own, with a recording, and a consent that goes as far as requests."""
    page = new_page(chromium, platform, PHONE)
    edge = OwnEdge(tmp_path_factory.mktemp("box") / "edge")
    move_in(page, platform, edge)
    with edge.running():
        door = elsewhere()
        _, edges = fetch(page, "/api/edges")
        status, made = fetch(page, "/api/cameras", "POST", {
            "name": "Portail", "kind": "doorbell", "lat": door.lat, "lon": door.lon, "heading_deg": 0, "fov_deg": 360,
            "range_m": 100, "indoor": False, "edge": edges[0]["id"],
        })  # fmt: skip
        assert status == 201, made
        hung = json.loads((platform.data / "homes" / "hung.json").read_text())
        edge.add_camera(made["id"], f"{hung['cameras_url']}/private-1")
        wait_until(page, ONLINE)
        _consent(page, made["id"])
        page.evaluate("localStorage.setItem('consentry-language', 'fr')")
        yield House(page, edge, str(made["id"]))
    page.context.close()


def elsewhere() -> Place:
    """Far from the demo's live homes, which are asked at most three times a week and by other journeys as well."""
    city = build_city()
    return to_place(min((home.door for home in city.buildings if home.is_home), key=lambda door: door.x))


def ask(desk: Page, stage: Stage, place: Place) -> str:
    """A request for the last two hours around `place`, up to now, by what the desk's page sends; its id."""
    call = stage.report(place=place)
    wait_until(desk, IS_LOGGED, arg=call.number)
    incidents = fetch(desk, "/api/incidents?open=true")[1]
    (incident,) = (one["id"] for one in incidents if one["number"] == call.number)
    now = datetime.now(UTC)
    status, made = fetch(desk, "/api/requests", "POST", {
        "incident": incident, "case_number": call.number, "contact": "desk", "looking_for": ["vehicle"],
        "window_start": (now - timedelta(hours=2)).isoformat(), "window_end": now.isoformat(),
        "area_sq_m": 258_999, "words": "", "answer_days": 7,
    })  # fmt: skip
    assert status == 201, made
    return str(made["id"])


def keep_a_clip(page: Page, request: str) -> None:
    """Mark a span on the time-line, see it, keep it."""
    page.goto(f"/home/requests/{request}")
    again = page.get_by_role("button", name="En envoyer un autre")
    first = page.get_by_role("button", name="Envoyer un enregistrement")
    expect(first.or_(again).first).to_be_visible()
    first.or_(again).first.click()
    page.get_by_role("button", name="Montrer mes enregistrements").click()
    expect(page.locator(".reel-span").first).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="5 min").click()
    drag(page)
    page.get_by_role("button", name="En faire un extrait").click()
    expect(page.get_by_label("Votre extrait")).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="Le garder, signé").click()
    expect(page.get_by_text("C’est cet extrait qui serait envoyé")).to_be_visible()


def sent_by(page: Page) -> list[str]:
    """Parts that the page itself sends from now on."""
    parts: list[str] = []

    def keep(request: Request) -> None:
        if request.method == "PATCH":
            parts.append(request.url)

    page.on("request", keep)
    return parts


def answers(page: Page, request: str) -> list[Any]:
    """One's own answers to the request."""
    return list(fetch(page, f"/api/home/requests/{request}")[1]["answers"])


@pytest.mark.slow
def test_the_box_sends_the_clip_by_itself_and_the_desk_has_it(house: House, stage: Stage, chromium: Browser) -> None:
    desk = Analyst.enter(new_page(chromium, stage, DESKTOP)).page
    page = house.page
    page.wait_for_timeout(12_000)  # something to send is recorded by now
    request = ask(desk, stage, elsewhere())
    page.goto("/home")
    wait_until(page, HAS_REQUEST, request)
    parts = sent_by(page)
    keep_a_clip(page, request)
    assert violations(page) == []
    picture(page, "kept-fr")
    page.get_by_role("button", name="Envoyer à").click()
    expect(page.locator("article").filter(has_text="Habitant")).to_be_visible()
    picture(page, "sending-fr")
    page.goto("about:blank")  # the phone is put away
    page.wait_for_timeout(1_000)
    page.goto(f"/home/requests/{request}")
    expect(page.get_by_role("heading", name="Chez la police")).to_be_visible(timeout=WAIT_MS)
    assert violations(page) == []
    picture(page, "arrived-fr")
    assert parts == [], "not a byte of it went through the phone"
    (answer,) = answers(page, request)
    assert (answer["kind"], answer["by_box"], answer["state"]) == ("clip", True, "sent")
    desk.goto(f"/requests/{request}")
    expect(desk.locator("article.answer")).to_contain_text("Custody: Sealed", timeout=WAIT_MS)
    desk.context.close()


@pytest.mark.slow
def test_what_the_box_sent_is_taken_back_and_the_desk_never_saw_it_opened(
    house: House, stage: Stage, chromium: Browser
) -> None:
    desk = Analyst.enter(new_page(chromium, stage, DESKTOP)).page
    page = house.page
    request = ask(desk, stage, elsewhere())
    page.goto("/home")
    wait_until(page, HAS_REQUEST, request)
    keep_a_clip(page, request)
    page.get_by_role("button", name="Envoyer à").click()
    wait_until(page, STATE, [request, "sent"], timeout_s=60)
    page.get_by_role("button", name="Le reprendre").click()
    page.get_by_role("button", name="Oui, le reprendre").click()
    expect(page.get_by_role("heading", name="Vous l’avez repris")).to_be_visible()
    picture(page, "taken-back-fr")
    desk.goto(f"/requests/{request}")
    expect(desk.get_by_role("heading", level=1)).to_be_visible()
    assert fetch(desk, f"/api/requests/{request}/answers")[1][0]["opened_at"] is None
    desk.context.close()
