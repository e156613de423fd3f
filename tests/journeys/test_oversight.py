"""Who watches the watchers: the second person, the owner's flag and its answer, what the owner's terms kept closed."""

import json

from playwright.sync_api import Route, expect
from tests.journeys.conftest import DESKTOP, Open
from tests.journeys.people import Analyst, Owner, come_in
from tests.journeys.stage import Stage


def test_an_ask_waits_until_its_call_stands_in_the_log(stage: Stage, analyst: Analyst) -> None:
    call, page = stage.report(), analyst.page
    page.route("**/api/incidents/inc_*", _not_logged_yet)
    analyst.call(call.number).click()
    waiting = page.get_by_role("button", name="The call is being logged")
    expect(waiting).to_be_disabled()
    expect(page.get_by_role("button", name="Ask to look")).to_have_count(0)
    page.unroute("**/api/incidents/inc_*")
    expect(page.get_by_role("button", name="Ask to look")).to_be_enabled()
    expect(waiting).to_have_count(0)


def test_a_supervisor_agrees_as_the_second_person_and_the_asker_reads_it(
    stage: Stage, analyst: Analyst, owner: Owner, open_page: Open
) -> None:
    call = stage.report()
    analyst.ask(call.number, views=3)
    expect(analyst.page.locator(".stage")).to_contain_text("Asking owners")
    supervisor = come_in(open_page(DESKTOP), "Supervisor")
    ours = supervisor.get_by_role("region", name="Second person").get_by_role("listitem").filter(has_text=call.number)
    expect(ours).to_contain_text("Crime in progress")
    ours.get_by_role("button", name="I agree").click()
    ours.get_by_role("button", name="Yes, up to ten cameras").click()
    expect(ours).to_contain_text("Agreed")
    expect(ours.get_by_role("button")).to_have_count(0)
    expect(analyst.page.locator(".wall")).to_contain_text("A second person agreed. Ask again for more views.")


def test_the_owner_asks_the_auditor_about_a_look_and_reads_the_answer(
    stage: Stage, analyst: Analyst, owner: Owner, open_page: Open
) -> None:
    call, page = stage.report(), owner.page
    analyst.ask(call.number)
    analyst.see(analyst.tiles.first)
    page.locator(".camera-card").filter(has_text="Live now").get_by_role("link").first.click()
    page.get_by_role("button", name="Ask the auditor about it").first.click()
    words = f"Nothing happened here on {call.number}."
    page.get_by_label("What seems wrong?").fill(words)
    page.get_by_role("button", name="Send to the auditor").click()
    flag = page.locator(".look-acts").filter(has_text=words)
    expect(flag).to_contain_text("The auditor has not answered yet.")

    auditor = come_in(open_page(DESKTOP), "Auditor")
    waiting = auditor.locator("article").filter(has_text=words)
    waiting.get_by_label("Your answer to the owner").fill("A burglary was reported 100 m away.")
    waiting.get_by_role("button", name="Answer", exact=True).click()
    auditor.locator("details").filter(has_text="Answered (").locator("summary").click()
    expect(waiting).to_contain_text("A burglary was reported 100 m away.")
    expect(flag).to_contain_text("A burglary was reported 100 m away.")


def test_the_owner_reads_what_stayed_closed_and_why(stage: Stage, analyst: Analyst, owner: Owner) -> None:
    call, page = stage.report(), owner.page
    analyst.ask(call.number)
    analyst.see(analyst.tiles.first)
    page.get_by_role("button", name="Stop").click()
    expect(analyst.tiles.first).to_contain_text("The owner stopped it")
    analyst.page.get_by_role("button", name="Ask to look").click()
    expect(analyst.page.locator(".stage")).to_have_count(2)
    stopped = "The owner has not stopped the looks for this call."
    for link in page.locator(".camera-card h3 a").all():
        link.click()
        closed = page.locator("section").filter(has=page.get_by_role("heading", name="What stayed closed"))
        expect(closed.locator("li").first).to_be_visible()
        if closed.get_by_text(stopped).count():
            break
        page.goto("/home")
    expect(closed).to_contain_text(stopped)
    assert call.number not in closed.inner_text()


def _not_logged_yet(route: Route) -> None:
    reply = route.fetch()
    route.fulfill(response=reply, body=json.dumps({**reply.json(), "ledger_index": None}))
