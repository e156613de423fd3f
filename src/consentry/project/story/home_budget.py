"""What the owner's first page weighs and how soon it is usable on a weak phone, in Chromium on the running demo.

The phone: 1.6 Mbit/s down, 0.75 up, 150 ms there and back, processor four times slower (Lighthouse's "slow 4G"); cache
empty. Weight is gzip of every file of ours that the page loads until it is usable; usable is when the way to stop and
the cameras stand there and the page answers a key within 50 ms.
"""

import gzip
import json
import os
import sys
from typing import TYPE_CHECKING

from consentry.project.story.timings import ARGUMENTS, CHROMIUM, WAIT_MS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Response

PHONE = {"width": 390, "height": 844}
LINE = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
SLOWER = 4
# Time from the start of the navigation, ms, once the page's first camera can be paused.
USABLE = """() => document.querySelector(".camera-card button") ? performance.now() : false"""


def weigh(browser: "Browser", origin: str, *, is_weak: bool) -> tuple[float, float]:
    """kB of gzip and ms until usable, of one visit with an empty cache by an owner who is signed in."""
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type] # a TypedDict of the same keys
    page = context.new_page()
    page.set_default_timeout(2 * WAIT_MS)
    page.goto(origin)
    page.locator(".door-card").filter(has_text="Camera owner").first.click()
    page.wait_for_url("**/home")
    page.locator(".camera-card button").first.wait_for()
    page.close()
    again = context.new_page()
    devtools = context.new_cdp_session(again)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    devtools.send("Network.setBypassServiceWorker", {"bypass": True})
    if is_weak:
        devtools.send("Network.emulateNetworkConditions", LINE)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    loaded: list[Response] = []

    def keep(reply: "Response") -> None:  # a list's own method cannot be wrapped by Playwright
        loaded.append(reply)

    again.on("response", keep)
    again.goto(f"{origin}/home", wait_until="commit")
    usable_ms = float(again.wait_for_function(USABLE, timeout=4 * WAIT_MS).json_value())
    files = [reply for reply in loaded if reply.ok and "/api/events" not in reply.url]
    weight = sum(len(gzip.compress(reply.body(), 9)) for reply in files if not reply.url.startswith(("data:", "blob:")))
    context.close()
    return weight / 1_000, usable_ms


def main(rounds: int) -> None:
    """Print `[[kB, …], [ms, …]]`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        visits = [weigh(browser, os.environ["CONSENTRY_ORIGIN"], is_weak=True) for _ in range(rounds)]
        browser.close()
    sys.stdout.write(json.dumps([list(figures) for figures in zip(*visits, strict=True)]))


if __name__ == "__main__":
    main(int(sys.argv[-1]))
