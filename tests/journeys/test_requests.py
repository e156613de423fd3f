"""A video request, every process real: the desk asks, one home answers in French with a clip, one refuses, one is
silent; nothing at the desk tells the two apart; the one who answered reads that it was used.
"""

import os
import re
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import PHONE, Open
from tests.journeys.neighbours import asked_homes, phone_of
from tests.journeys.people import IS_LOGGED, Analyst, fetch, wait_until
from tests.journeys.stage import Stage

READ = """async (paths) => Promise.all(paths.map(async (path) => {
  const answer = await fetch(path, { cache: "no-store" });
  return [answer.status, [...answer.headers].filter(([name]) => name !== "date"), await answer.text()];
}))"""
HEARD = """() => {
  window.heard = [];
  const take = async () => {
    const answer = await fetch("/api/events");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const kinds = value.split("\\n").filter((line) => line.startsWith("event: ")).map((line) => line.slice(7));
      // The city goes on meanwhile: its drone flies, its cameras and calls come and go.
      window.heard.push(...kinds.filter((kind) => !/^(place|camera|incident|edge)\\./.test(kind)));
    }
  };
  void take();
}"""


def picture(page: Page, name: str) -> None:
    """A screenshot for whoever wants to look."""
    folder = os.environ.get("JOURNEYS_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/requests-{name}.png", full_page=True)


def film(path: Path) -> Path:
    """Three seconds as a phone films them: a bright square that crosses a street."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(30):
            frame = np.full((240, 320, 3), 60, dtype=np.uint8)
            frame[100:140, 8 * number : 8 * number + 40] = 230
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(stream.encode())
    return path


def compose(stage: Stage, page: Page) -> str:
    """Ask for what was recorded around a burglary; the request's id."""
    call = stage.report()
    wait_until(page, IS_LOGGED, arg=call.number)
    page.get_by_role("link", name="Requests", exact=True).click()
    page.get_by_role("link", name="New request").click()
    choice = page.get_by_label("For which call")
    option = choice.locator("option").filter(has_text=call.number)
    choice.select_option(value=str(option.get_attribute("value")))
    expect(page.get_by_text("It cannot be published yet:")).to_be_visible()
    expect(page.get_by_text("Give the case number.")).to_be_visible()
    page.get_by_label("Case number").fill(call.number)
    page.get_by_label("Who answers residents’ questions").fill("+1 555 0100, request desk")
    page.get_by_label("Area around the block").select_option(label="0.5 square miles")
    page.get_by_role("checkbox", name="A vehicle").check()
    page.get_by_label("In your own words").fill("A white van with a ladder on its roof")
    page.get_by_label("Language of the preview").select_option(label="Français")
    seen = page.get_by_label("What a resident reads")
    expect(seen).to_contain_text("demande des enregistrements")
    expect(seen).to_contain_text(re.compile("On recherche\\s: Un véhicule"))
    expect(seen).to_contain_text("A white van with a ladder on its roof")
    expect(page.get_by_role("button", name="Publish the request")).to_be_enabled()
    assert violations(page) == []
    picture(page, "compose")
    page.get_by_role("button", name="Publish the request").click()
    page.wait_for_url("**/requests/req_*")
    expect(page.get_by_text("Nothing has been sent")).to_be_visible()
    return page.url.rsplit("/", 1)[1]


def what_the_desk_reads(page: Page, request: str) -> Any:
    """Status, headers and bytes of everything about the request that the analyst's browser can fetch."""
    paths = [
        "/api/requests", f"/api/requests/{request}", f"/api/requests/{request}/answers", "/api/items?kind=answer",
        f"/api/public/requests/{request}", "/api/public/requests", "/api/notices", "/api/cells",
    ]  # fmt: skip
    return page.evaluate(READ, paths)


def answer_in_french(page: Page, clip: Path) -> None:
    """Read what is asked, choose a film, look at it, send it as a pseudonym for 30 days."""
    page.goto("/home")
    page.get_by_role("link", name="demande", exact=False).filter(has_text="enregistrement").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Demandes d’enregistrements")
    assert violations(page) == []
    picture(page, "inbox-fr")
    page.locator(".request-row a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("demande des enregistrements")
    expect(page.get_by_text("ne peut pas distinguer un non d’un silence")).to_be_visible()
    expect(page.get_by_role("button", name="Écarter")).to_be_visible()
    assert violations(page) == []
    picture(page, "asked-fr")
    page.get_by_role("button", name="Envoyer un enregistrement").click()
    expect(page.get_by_label("Dans les enregistrements de")).to_be_visible()
    picture(page, "reel-fr")
    page.get_by_role("button", name="Envoyer plutôt un fichier").click()
    page.get_by_label("Choisissez un enregistrement").set_input_files(clip)
    expect(page.locator("video.preview")).to_be_visible()
    wait_until(page, "() => document.querySelector('video.preview')?.readyState >= 2")
    assert violations(page) == []
    picture(page, "answer-fr")
    page.get_by_role("button", name="Envoyer à").click()
    expect(page.get_by_role("heading", name="Chez la police")).to_be_visible()
    expect(page.get_by_text("vous pouvez le reprendre")).to_be_visible()
    assert violations(page) == []
    picture(page, "sent-fr")


def refuse_in_spanish(page: Page, request: str) -> None:
    """Put it away in one tap."""
    page.goto(f"/home/requests/{request}")
    page.get_by_role("button", name="Apartarla").click()
    expect(page.get_by_text("Apartó esta solicitud. No se avisa a nadie.")).to_be_visible()
    assert violations(page) == []
    picture(page, "put-away-es")


def open_and_say_used(page: Page, request: str) -> None:
    """Open the pictures with a reason, then one click: used, with thanks."""
    page.goto(f"/requests/{request}")
    answer = page.locator("article.answer")
    expect(answer).to_contain_text("not opened yet")
    expect(answer).to_contain_text("Custody: Sealed")
    assert violations(page) == []
    picture(page, "desk-answer")
    answer.get_by_role("link", name="Open in the vault").click()
    page.get_by_label("Why do you open it?").fill("To find the van")
    page.get_by_role("button", name="Open the pictures").click()
    wait_until(page, "() => document.querySelector('.reel video')?.readyState >= 2")
    page.goto(f"/requests/{request}")
    page.get_by_role("button", name="Used, with thanks").click()
    expect(answer).to_contain_text("Thanked")
    picture(page, "desk-used")


@pytest.mark.slow
def test_one_home_answers_one_refuses_one_is_silent_and_the_desk_learns_only_of_the_clip(
    stage: Stage, analyst: Analyst, open_page: Open, chromium: Browser, tmp_path: Path
) -> None:
    desk = analyst.page
    request = compose(stage, desk)
    desk.wait_for_timeout(4_000)
    homes = list(asked_homes(stage, request).values())
    assert len(homes) >= 3, "the demo has an owner who answers, one who refuses and one who is silent"
    answering, refusing = (phone_of(chromium, stage, homes[at], language=said) for at, said in ((0, "fr"), (1, "es")))
    try:
        answer_in_french(answering, film(tmp_path / "film.mp4"))
        expect(desk.locator("article.answer")).to_contain_text("Custody: Sealed", timeout=60_000)
        expect(desk.locator("article.answer h3")).to_contain_text("Resident ")
        before = what_the_desk_reads(desk, request)
        desk.evaluate(HEARD)
        desk.wait_for_timeout(1_000)
        heard = desk.evaluate("() => window.heard")
        refuse_in_spanish(refusing, request)
        desk.wait_for_timeout(3_000)
        assert what_the_desk_reads(desk, request) == before, "a refusal is silence, byte for byte"
        assert desk.evaluate("() => window.heard") == heard, "and no event tells of it"
        assert fetch(refusing, f"/api/home/requests/{request}")[1]["declined_at"] is not None

        open_and_say_used(desk, request)
        expect(answering.get_by_text("Il a été utilisé.")).to_be_visible()
        expect(answering.get_by_text("Ils vous remercient.")).to_be_visible()
        expect(answering.get_by_text("Il ne peut plus être repris")).to_be_visible()
        picture(answering, "used-fr")
    finally:
        for page in (answering, refusing):
            page.context.close()

    public = open_page()
    public.goto("/public/requests")
    public.locator(".request-row a").first.click()
    expect(public.get_by_role("heading", level=1)).to_contain_text("asks for recordings")
    expect(public.get_by_text("Figures in bands of five")).to_be_visible()
    assert violations(public) == []
    picture(public, "public")


def test_a_home_that_opted_out_is_never_asked(stage: Stage, analyst: Analyst, open_page: Open) -> None:
    owner = open_page(PHONE, language="fr")
    owner.goto("/")
    owner.locator(".door-card").filter(has_text="Propriétaire").click()
    owner.wait_for_url(lambda url: not url.endswith("/"))
    owner.goto("/home/requests")
    owner.get_by_label("Ne jamais me solliciter").check()
    owner.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(owner.get_by_text("Enregistré", exact=True)).to_be_visible()
    assert violations(owner) == []
    picture(owner, "wishes-fr")
    before = fetch(owner, "/api/home/requests")[1]
    request = compose(stage, analyst.page)
    analyst.page.wait_for_timeout(4_000)
    assert request not in [one["request"]["id"] for one in fetch(owner, "/api/home/requests")[1]]
    assert fetch(owner, "/api/home/requests")[1] == before
    assert fetch(owner, "/api/home/request-wishes", "PUT", {"opted_out": False, "most_per_week": 3})[0] == 204
