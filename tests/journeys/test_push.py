"""Web push in a real browser: opted in by a tap, the notice carries ids only, and its tap opens the right page."""

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.conftest import PHONE, Open
from tests.journeys.devtools_push import SHOWN, PushToWorker
from tests.journeys.people import Owner, fetch, wait_until
from tests.journeys.stage import Stage

START = "Show notices on this device"
# A real tap on a notification is the desktop's; the worker hears the same event from here, on the same notification.
TAP = """async tag => {
  const [notification] = await self.registration.getNotifications({tag});
  const event = new NotificationEvent("notificationclick", {notification});
  const works = [];
  event.waitUntil = work => works.push(work);
  self.dispatchEvent(event);
  return (await Promise.allSettled(works)).map(done => done.reason?.message ?? "");
}"""

# What the server pushes: kind, object, language; the words that it becomes; the page that a tap opens.
TOLD = [
    ("look.started", "cam_aaaa", "en", "Somebody is looking", "/home"),
    ("edge.doubled", "edg_aaaa", "es", "Dos equipos con una sola clave", "/home/pair"),
    ("ask.opened", "cnd/../x", "fr", "On vous demande un regard", "/home/asks/cnd%2F..%2Fx"),
    ("of.tomorrow", "x", "en", "Consentry", "/home"),
]


@pytest.fixture
def page(open_page: Open, stage: Stage) -> Page:
    """The owner's account page on a phone whose browser allows notices, with the worker in charge of it."""
    opened = open_page(PHONE)
    opened.context.grant_permissions(["notifications"], origin=stage.origin)
    Owner.enter(opened)
    opened.goto("/account")
    return opened


def test_a_browser_without_a_push_service_says_so_and_asks_for_nothing_more(page: Page) -> None:
    page.get_by_role("button", name=START).click()
    expect(page.get_by_role("alert")).to_have_text(
        "This browser has no notice service, or cannot reach it now. E-mail works without one."
    )
    expect(page.get_by_role("button", name=START)).to_be_visible()
    assert fetch(page, "/api/notices/wishes")[1]["browsers"] == 0


def test_a_push_shows_words_of_its_kind_alone_and_its_tap_opens_the_right_page(page: Page, stage: Stage) -> None:
    page.get_by_role("button", name=START).click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.reload()  # from here on the worker is in charge of the page
    wait_until(page, "() => navigator.serviceWorker.controller !== null")
    (worker,) = page.context.service_workers
    service = PushToWorker(page, stage.origin)
    for kind, thing, language, title, at in TOLD:
        shown = service.push(id="7", kind=kind, object=thing, language=language)
        assert (shown["title"], shown["lang"], shown["data"]) == (title, language, {"page": at})
        assert thing not in shown["title"] + shown["body"]
        worker.evaluate(TAP, shown["tag"])
        page.wait_for_url(f"**{at}")
        expect(page.get_by_role("main")).to_be_visible()
        assert page.evaluate(SHOWN) == []


def test_a_browser_that_refuses_or_cannot_says_so_plainly(open_page: Open) -> None:
    page = open_page(PHONE)
    Owner.enter(page)
    page.goto("/account")
    page.get_by_role("button", name=START).click()
    expect(page.get_by_role("alert")).to_have_text(
        "This browser does not allow notices from here. Allow them for this page in its settings."
    )
    page.add_init_script("delete globalThis.PushManager")  # as in a page of an iPhone that is not on its home screen
    page.reload()
    expect(page.get_by_text("This browser cannot show notices while the page is closed.")).to_be_visible()
    expect(page.get_by_role("button", name=START)).to_have_count(0)
