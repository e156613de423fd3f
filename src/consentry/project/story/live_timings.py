"""What the analyst's tile does with stream A, in Chromium, by either way: its delay, and its first picture.

Run by `bench_live` as a process of its own on the platform of `CONSENTRY_DATA`; prints a list of rounds as JSON.
"""

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from consentry.project.django_ready import prepare_django
from consentry.project.story.timings import ARGUMENTS, CHROMIUM, WAIT_MS, wait_for_cameras

LOOKS_PER_ROUND, WATCH_S, SETTLE_MS = 8, 12, 3_000
# The moment of the first word to the gateway, and of each new tile's first picture; page time in ms.
HOOK = """(way) => {
  localStorage.setItem('consentry.way', way);
  const dial = () => { window.dialledMs = performance.now(); window.shownMs = undefined; };
  window.WebSocket = class extends WebSocket { constructor(...words) { super(...words); dial(); } };
  const ask = window.fetch;
  window.fetch = (where, ...words) => {
    if (String(where.url ?? where).endsWith('/whep/challenge')) dial();
    return ask(where, ...words);
  };
  new MutationObserver(() => {
    for (const video of document.querySelectorAll('video')) {
      if (video.dataset.timed) continue;
      video.dataset.timed = '1';
      video.requestVideoFrameCallback((now) => { window.shownMs = now; });
    }
  }).observe(document, {childList: true, subtree: true});
}"""


def measure(name: str, way: str, rounds: int, origin: str) -> list[list[float]]:
    """`first_frame` (ms from the dialling to the picture) or `latency` (ms, camera's clock to display)."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(f"({HOOK})({json.dumps(way)})")
        page.goto(origin)
        page.get_by_role("button", name="Analyst").first.click()
        page.wait_for_url("**/watch")
        page.wait_for_timeout(SETTLE_MS)
        act = _first_frames if name == "first_frame" else _latencies
        _look(page)
        measured = [act(page) for _ in range(rounds)]
        browser.close()
    return measured


def _look(page: Any, watch_ms: int = 500) -> None:
    """Ask for the first city camera, watch, end the look and put its tile away."""
    box = page.locator("form input[type=checkbox]").first
    if not box.is_checked():
        box.check(timeout=WAIT_MS)
    page.locator("form button[type=submit]:enabled").first.click(timeout=WAIT_MS)
    page.wait_for_function("() => window.shownMs > window.dialledMs", timeout=WAIT_MS)
    page.wait_for_timeout(watch_ms)


def _end(page: Any) -> None:
    tile = page.locator("article.tile").first
    tile.get_by_role("button", name="Close").click(timeout=WAIT_MS)
    tile.get_by_role("button", name="Put away").click(timeout=WAIT_MS)


def _first_frames(page: Any) -> list[float]:
    values = []
    for _ in range(LOOKS_PER_ROUND):
        _end(page)
        page.evaluate("() => { window.dialledMs = Infinity; }")
        _look(page)
        values.append(float(page.evaluate("() => window.shownMs - window.dialledMs")))
    return values


def _latencies(page: Any) -> list[float]:
    """What the tile says of itself twice a second, by the frame's own time of display."""
    values = []
    for _ in range(2 * WATCH_S):
        page.wait_for_timeout(500)
        said = re.search(r"(\d+[.,]\d+) s", page.locator(".tile-vital").first.inner_text())
        if said:
            values.append(float(said[1].replace(",", ".")) * 1_000)
    return values


def point_cameras(url: str) -> None:
    """All city cameras of this platform show the stream at `url`."""
    from consentry.cameras.queries import public_cameras_for_gateway
    from consentry.cameras.services import move_public_address

    for camera in public_cameras_for_gateway():
        move_public_address(camera.id, url)


def main(name: str, way: str, rounds: int, url: str) -> None:
    """Measure `name` by `way` with the stream at `url` and print the rounds."""
    data, origin = Path(os.environ["CONSENTRY_DATA"]), os.environ["CONSENTRY_ORIGIN"]
    prepare_django(data)
    asyncio.run(wait_for_cameras(origin))
    point_cameras(url)
    sys.stdout.write(json.dumps(measure(name, way, rounds, origin)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
