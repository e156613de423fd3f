"""What people do at the console, by the words and roles that they see; nothing here knows an id."""

import time
from typing import Any

from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=30_000)

PLAYS = """async video => {
  if (!(video.videoWidth > 0) || video.paused) return false;
  const before = video.currentTime;
  await new Promise(resolve => setTimeout(resolve, 700));
  return video.currentTime > before;
}"""


IS_LOGGED = """async number => {
  const calls = await (await fetch("/api/incidents?open=true")).json();
  return calls.some(call => call.number === number && call.ledger_index !== null);
}"""


def come_in(page: Page, role: str) -> Page:
    """Enter by the demo's door of `role`, as its button says."""
    page.goto("/")
    page.locator(".door-card").filter(has_text=role).first.click()
    page.wait_for_url(lambda url: not url.endswith("/"))
    return page


def fetch(page: Page, path: str, method: str = "GET", body: Any = None) -> tuple[int, Any]:
    """What the page's own `fetch` gets with its cookies: status and JSON."""
    script = """async ([path, method, body]) => {
      const token = document.cookie.split("; ").find(part => part.startsWith("csrftoken="))?.slice(10) ?? "";
      const headers = {"Content-Type": "application/json", "X-CSRFToken": token};
      const init = method === "GET" ? {} : {method, headers, body: JSON.stringify(body ?? {})};
      const reply = await fetch(path, init);
      const text = await reply.text();
      return [reply.status, text ? JSON.parse(text) : null];
    }"""
    status, said = page.evaluate(script, [path, method, body])
    return int(status), said


def wait_until(page: Page, holds: str, arg: Any = None, *, timeout_s: float = 30) -> None:
    """Until the script `holds` of `arg` is true; it may be async.

    Playwright's `wait_for_function` takes an async function's promise itself for the truth and waits for nothing.
    """
    ends_s = time.monotonic() + timeout_s
    while not page.evaluate(holds, arg):
        assert time.monotonic() < ends_s, f"it never held: {holds}"
        page.wait_for_timeout(100)


class Analyst:
    """The analyst at the desk: calls on the left, the map, the ask on the right, tiles below."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    def enter(cls, page: Page) -> "Analyst":
        """Come in and wait until the desk stands."""
        desk = cls(come_in(page, "Analyst"))
        expect(page.get_by_role("button", name="Ask to look")).to_be_visible()
        return desk

    def call(self, number: str) -> Locator:
        """The call on the list."""
        return self.page.locator("button.call").filter(has_text=number)

    def ask(self, number: str, *, views: int = 2, purpose: str = "Crime in progress") -> None:
        """Choose the call, say why and how many, ask once the call stands in the log.

        Near the demo's burglary the first view's owner wants to be asked, the second opens by itself; both are the
        resident's whom the door lets in.
        """
        self.call(number).click()
        wait_until(self.page, IS_LOGGED, number)
        expect(self.page.locator(".ask header")).to_contain_text(number)
        self.page.get_by_label("Purpose").select_option(label=purpose)
        if views != 2:
            self.page.locator(".segments label").filter(has_text=str(views)).click()
        self.page.get_by_role("button", name="Ask to look").click()

    @property
    def tiles(self) -> Locator:
        """The tiles on the wall, newest ask first."""
        return self.page.locator("article.tile")

    def see(self, tile: Locator) -> None:
        """Wait until the tile's video really plays: it has a size and its time goes on."""
        expect(tile).to_have_class("tile live")
        video = tile.locator("video").element_handle()
        wait_until(self.page, PLAYS, video)


class Owner:
    """The resident on the phone."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    def enter(cls, page: Page) -> "Owner":
        """Come in and wait until the cameras stand there."""
        owner = cls(come_in(page, "Camera owner"))
        expect(page.locator(".camera-card").first).to_be_visible()
        return owner

    def set_in_order(self) -> None:
        """Switch on again what an earlier test left paused."""
        resume = self.page.get_by_role("button", name="Resume")
        while left := resume.count():
            expect(resume.first).not_to_have_attribute("aria-busy", "true")
            resume.first.click()
            expect(resume).to_have_count(left - 1)

    @property
    def watched(self) -> Locator:
        """What the page says while somebody looks."""
        return self.page.locator(".watched")

    def answer(self, word: str) -> None:
        """Open the question that waits and tap Yes or No."""
        self.page.locator(".ask-link").first.click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("May they look through")
        expect(self.page.get_by_alt_text("A picture of now from this camera")).to_be_visible()
        self.page.get_by_role("button", name=word, exact=True).click()
        self.page.wait_for_url("**/home")
