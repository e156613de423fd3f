"""Web push in a real browser: opted in by a tap, the notice carries ids only, and its tap opens the right page."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.conftest import PATIENCE_MS, PHONE, Open
from tests.journeys.people import Owner, fetch
from tests.journeys.stage import Stage

STEP_MS, AGAIN = 50, 100
START = "Show notices on this device"
SHOWN = """async () => {
  const worker = await navigator.serviceWorker.ready;
  return (await worker.getNotifications()).map(({title, body, tag, data, lang}) => ({title, body, tag, data, lang}));
}"""
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


class PushService:
    """Delivers to a page's worker what the browser delivers once it opened what its push service brought."""

    def __init__(self, page: Page, origin: str) -> None:
        self._page, self._origin = page, origin
        self._devtools = page.context.new_cdp_session(page)
        found: list[dict[str, Any]] = []
        self._devtools.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
        self._devtools.send("ServiceWorker.enable")
        wait(page, lambda: bool(found), "the worker is registered")
        (self._ours,) = {one["registrationId"] for one in found if one["scopeURL"].startswith(origin)}

    def push(self, **said: str) -> dict[str, Any]:
        """The notification that a message becomes; a browser on a busy machine may lose one, so it comes again."""
        steps = count()

        def is_shown() -> bool:
            if next(steps) % AGAIN == 0:
                self._deliver(json.dumps(said))
            return bool(self._page.evaluate(SHOWN))

        wait(self._page, is_shown, f"a notice of {said} is shown")
        (shown,) = self._page.evaluate(SHOWN)
        return dict(shown)

    def _deliver(self, data: str) -> None:
        message = {"origin": self._origin, "registrationId": self._ours, "data": data}
        self._devtools.send("ServiceWorker.deliverPushMessage", message)


def wait(page: Page, holds: Callable[[], bool], what: str) -> None:
    """Until `holds`, while the browser goes on; fails saying `what` did not happen."""
    for _ in range(PATIENCE_MS // STEP_MS):
        if holds():
            return
        page.wait_for_timeout(STEP_MS)
    pytest.fail(f"{what}: it did not happen")


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
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    (worker,) = page.context.service_workers
    service = PushService(page, stage.origin)
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
