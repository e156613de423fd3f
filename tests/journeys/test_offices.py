"""The programme manager's desk: a feed with its key, papers and a vote. Nobody else's page changes by it."""

import uuid
from pathlib import Path

from playwright.sync_api import Page, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import DESKTOP, PHONE, Open
from tests.journeys.people import come_in
from tests.journeys.stage import Stage

from consentry.demo.calls import DemoCall, eido_of
from consentry.demo.dispatch import Sender
from consentry.kernel.canonical import from_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import FeedId


def _add_feed(page: Page, origin: str) -> tuple[str, str, Sender]:
    """The manager adds a feed; its name, its key as it was shown, and who sends with it."""
    page.get_by_role("link", name="Feeds and held rows").click()
    name = f"County {uuid.uuid4().hex[:6]}"
    # The page before has a form with a name too: only the new page's form adds a feed.
    form = page.locator("form").filter(has_text="Add this feed")
    form.get_by_label("Name").fill(name)
    form.get_by_role("button", name="Add this feed").click()
    secret = page.get_by_label("Its key, shown only now").inner_text()
    address = page.locator(".command").last.inner_text()
    feed = FeedId(address.split("/feeds/")[1].split("/")[0])
    page.get_by_role("button", name="I have kept the key").click()
    return name, secret, Sender(origin, feed, from_b64(secret))


def test_a_new_feed_shows_its_key_once_takes_signed_calls_and_stops(stage: Stage, open_page: Open) -> None:
    page = come_in(open_page(DESKTOP), "Programme manager")
    name, secret, sender = _add_feed(page, stage.origin)
    expect(page.get_by_text(secret)).to_have_count(0)

    call = DemoCall(f"CO-{uuid.uuid4().hex[:8]}", "FSTRU", "STRUCTURE FIRE", stage.burglary, "100 block of OAK ST")
    now = utc_now()
    sender.push(eido_of(call, reported_at=now, updated_at=now, is_open=True))
    sender.push(eido_of(call, reported_at=now, updated_at=now, is_open=False))
    page.reload()
    ours = page.locator("article").filter(has_text=name)
    expect(ours).to_contain_text("call")
    expect(ours).to_contain_text("On")
    assert secret not in page.content()
    ours.get_by_role("button", name="Stop this feed").click()
    ours.get_by_role("button", name="Yes, take nothing more from it").click()
    expect(ours).to_contain_text("Off")
    expect(ours.get_by_role("button")).to_have_count(0)


def test_a_feeds_own_call_type_gets_a_meaning_and_the_next_call_has_it(stage: Stage, open_page: Open) -> None:
    page = come_in(open_page(PHONE), "Programme manager")
    name, _, sender = _add_feed(page, stage.origin)
    _send(sender, stage, "BREAK AND ENTER")
    page.reload()
    page.get_by_role("link", name=f"Call types of {name}").click()
    line = page.get_by_role("listitem").filter(has_text="BREAK AND ENTER")
    expect(line).to_contain_text("Opens nothing")
    line.get_by_role("button", name="Choose: BREAK AND ENTER").click()
    page.get_by_label("Search by name or code").fill("burglary")
    assert violations(page) == []
    page.get_by_role("button", name="Burglary BURGLARY Can open private cameras").click()
    expect(line).to_contain_text("Not saved yet")
    expect(page.get_by_text("open private cameras nearby")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Save 1 type").click()
    expect(page.get_by_text("Saved. It counts from the next call on.")).to_be_visible()
    expect(line).to_contain_text("Can open private cameras")
    expect(page.get_by_text("Every type that came has a meaning")).to_be_visible()

    _send(sender, stage, "BREAK AND ENTER")
    line.get_by_role("button", name="Means nothing: BREAK AND ENTER").click()
    expect(line).to_contain_text("Opens nothing")
    page.get_by_role("button", name="Save 1 type").click()
    # The first call still means nothing; the second was taken as a burglary.
    expect(line).to_contain_text("1 call")


def _send(sender: Sender, stage: Stage, said: str) -> None:
    """A call whose type is the feed's own, opened and closed."""
    call, now = DemoCall(f"CO-{uuid.uuid4().hex[:8]}", "", said, stage.burglary, "100 block of OAK ST"), utc_now()
    for is_open in (True, False):
        sender.push(eido_of(call, reported_at=now, updated_at=now, is_open=is_open))


def test_a_draft_gets_its_papers_contacts_and_vote_and_says_what_it_lacks(open_page: Open, tmp_path: Path) -> None:
    page = come_in(open_page(DESKTOP), "Programme manager")
    name = f"Library pilot {uuid.uuid4().hex[:6]}"
    form = page.locator("form").filter(has_text="New programme")
    form.get_by_label("Name").fill(name)
    form.get_by_label("Starts from").select_option("registry_only")
    form.get_by_role("button", name="Make a draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Papers and votes")
    expect(page.get_by_text("No vote is recorded.")).to_be_visible()

    report = tmp_path / "report.txt"
    report.write_text("abc")
    page.get_by_label("Impact report").set_input_files(report)
    # The well-known digest of "abc" (FIPS 180-4): the browser's own, of the file that stays here.
    expect(page.get_by_text("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")).to_be_visible()
    page.get_by_label("Complaints").fill("complaints@example.org")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    page.get_by_text("Record a vote").click()
    page.get_by_label("Who voted").fill("City council")
    page.get_by_label("Resolution or ordinance").fill("Resolution 27-1")
    page.get_by_label("Held on").fill("2026-10-01")
    page.get_by_label("Allows until").fill("2027-10-01")
    record = page.get_by_role("button", name="Record this vote")
    expect(record).to_be_disabled()
    page.get_by_label("Its text").set_input_files(report)
    record.click()
    expect(page.locator("dl").filter(has_text="Resolution 27-1")).to_contain_text("City council")
    _move(page, "Open for comment")
    _move(page, "Published")
    _move(page, "Active")
    lacking = page.get_by_role("alert")
    expect(lacking).to_contain_text("It still lacks:")
    expect(lacking).to_contain_text("the use policy")
    expect(lacking).not_to_contain_text("the impact report")
    _move(page, "Draft")


def _move(page: Page, state: str) -> None:
    page.get_by_role("button", name=f"Make it: {state}").click()
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
