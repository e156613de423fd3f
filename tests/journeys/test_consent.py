"""The owner's own doors: the question on the phone, the withdrawal, the proof that the browser checks."""

import json
import re

from playwright.sync_api import Route, expect
from tests.journeys.people import Analyst, Owner
from tests.journeys.stage import Stage


def test_the_owners_signed_yes_opens_an_ask_me_camera(stage: Stage, analyst: Analyst, owner: Owner) -> None:
    call = stage.report()
    analyst.ask(call.number, views=1)
    expect(analyst.page.locator(".stage")).to_contain_text("Asking owners")
    expect(analyst.tiles).to_have_count(0)
    owner.answer("Yes")
    analyst.see(analyst.tiles.first)
    expect(owner.watched).to_be_visible()
    stage.close(call)
    expect(analyst.tiles.first).to_contain_text("The call was closed")


def test_a_no_opens_nothing_and_looks_like_silence(stage: Stage, analyst: Analyst, owner: Owner) -> None:
    call = stage.report()
    analyst.ask(call.number, views=1)
    waiting = analyst.page.locator(".stage")
    expect(waiting).to_contain_text("Asking owners")
    before = _words(waiting.inner_text())
    expect(owner.page.locator(".ask-link").first).to_contain_text("4:")
    questions = owner.page.locator(".ask-link")
    asked = questions.count()
    owner.answer("No")
    expect(questions).not_to_have_count(asked)
    analyst.page.wait_for_timeout(5_000)
    assert _words(waiting.inner_text()) == before
    expect(analyst.tiles).to_have_count(0)


def test_withdrawing_consent_ends_the_look_and_giving_it_again_opens_the_camera(
    stage: Stage, analyst: Analyst, owner: Owner
) -> None:
    call = stage.report()
    analyst.ask(call.number)
    analyst.see(analyst.tiles.first)
    page = owner.page
    page.locator(".camera-card").filter(has_text="Live now").get_by_role("link").first.click()
    page.get_by_role("button", name="Withdraw consent").click()
    page.get_by_role("button", name="Yes, withdraw now").click()
    expect(analyst.tiles.first).to_contain_text("The owner withdrew the camera")
    expect(page.get_by_text("Consent withdrawn")).to_be_visible()

    page.get_by_role("link", name="Give consent", exact=True).click()
    page.get_by_label("Open without asking me").check()
    page.get_by_label("It does not look into a room").check()
    page.get_by_label("It does not show a neighbour").check()
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Sign with this device").click()
    expect(page.get_by_text("Consent given", exact=True)).to_be_visible()


def test_the_browser_verifies_a_proof_and_says_when_it_was_tampered_with(
    stage: Stage, analyst: Analyst, owner: Owner
) -> None:
    call = stage.report()
    analyst.ask(call.number)
    analyst.see(analyst.tiles.first)
    page = owner.page
    page.locator(".camera-card").filter(has_text="Live now").get_by_role("link").first.click()
    page.get_by_role("button", name="Verify the proof").first.click()
    expect(page.get_by_text("Checked: this look is in the public log")).to_be_visible()

    page.route("**/api/home/cameras/*/looks", _say_another_purpose)
    page.reload()
    page.get_by_role("button", name="Verify the proof").first.click()
    expect(page.get_by_text("This does not hold. Tell the auditor.")).to_be_visible()
    expect(page.get_by_text("Checked: this look is in the public log")).to_have_count(0)


def _say_another_purpose(route: Route) -> None:
    reply = route.fetch()
    looks = reply.json()
    for look in looks:
        if look["proof"]:
            for part in ("public", "private"):
                look["proof"][part]["purpose"] = "traffic_crash"
    route.fulfill(response=reply, body=json.dumps(looks))


def _words(text: str) -> list[str]:
    """Without the seconds that pass."""
    return re.sub(r"\d+ seconds?", "", text).split()
