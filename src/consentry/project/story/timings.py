"""Measures one figure in Chromium on the platform of `CONSENTRY_DATA`; prints a list of rounds as JSON.

Run by `bench` as a process of its own, so that Django sees the measured platform's database and no other.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from consentry.project.django_ready import prepare_django

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip
CALLS_PER_ROUND, LOOKS_PER_ROUND = 20, 8
WAIT_MS = 20_000
# A masked camera is dialled anew; its state is told within a second and its first key frame comes within two.
MASK_S, MASKED_FIRST_PICTURE_S = 60.0, 6.0
# Runs in the page: resolves with the wall clock (ms) of the first picture that any tile shows.
FIRST_PICTURE = """most_ms => new Promise((done, fail) => {
  setTimeout(() => fail(new Error('no picture: ' + document.body.innerText)), most_ms);
  let isOver = false;
  const watch = () => {
    if (isOver) return; // the next look's picture is the next watcher's to see
    for (const video of document.querySelectorAll('video')) {
      if (!video.dataset.timed) {
        video.dataset.timed = '1';
        video.requestVideoFrameCallback(() => { isOver = true; done(Date.now()); });
      }
    }
    requestAnimationFrame(watch);
  };
  watch();
})"""


def time_screen(page: Any, push: Callable[..., str]) -> float:
    """Push a call; ms until its number stands on the open page."""
    accepted_ms: list[float] = []
    number = push(is_open=True, accepted=lambda: accepted_ms.append(time.time() * 1000))
    page.get_by_text(number).first.wait_for(timeout=WAIT_MS)
    return max(0.0, time.time() * 1000 - accepted_ms[0])


def time_first_picture(page: Any, push: Callable[..., str]) -> float:
    """Push a burglary, choose it, ask for one view; ms from the click to the first picture."""
    number = push(is_open=True)
    page.get_by_text(number).first.click(timeout=WAIT_MS)
    page.wait_for_timeout(500)
    ask = page.locator("button[type=submit]:enabled").first
    ask.wait_for(timeout=WAIT_MS)
    page.evaluate(f"() => {{ window.firstPicture = ({FIRST_PICTURE})({WAIT_MS}); }}")
    clicked_ms = time.time() * 1000
    ask.click()
    shown_ms = page.evaluate("() => window.firstPicture")
    push(is_open=False, number=number)
    page.wait_for_timeout(700)
    return float(shown_ms) - clicked_ms


def measure_in_browser(name: str, rounds: int, origin: str, push: Callable[..., str]) -> list[list[float]]:
    """`screen` or `first_frame` on the analyst's page."""
    from playwright.sync_api import sync_playwright

    act, count = (time_screen, CALLS_PER_ROUND) if name == "screen" else (time_first_picture, LOOKS_PER_ROUND)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(origin)
        page.get_by_role("button", name="Analyst").first.click()
        page.wait_for_url("**/watch")
        page.wait_for_timeout(3_000)
        act(page, push)
        measured = [[act(page, push) for _ in range(count)] for _ in range(rounds)]
        browser.close()
    return measured


async def measure_stop(rounds: int, origin: str, push: Callable[..., str]) -> list[list[float]]:
    """Owner's tap → last byte, by the viewer of the story (a browser would not say when its last byte came)."""
    from consentry.project.story import steps
    from consentry.project.story.visitor import enter

    measured: list[list[float]] = []
    async with enter(origin, "analyst") as analyst, enter(origin, "owner") as owner:
        for _ in range(rounds):
            values = []
            for _ in range(LOOKS_PER_ROUND):
                number = await asyncio.to_thread(push, is_open=True)
                incident, _ = await steps.see_call(analyst, number, time.monotonic())
                await steps.wait_for_log(analyst, incident["id"])
                _, looks = await steps.look(analyst, incident["id"], views=5, purpose="crime_in_progress")
                for look in looks:
                    await steps.see_pictures(look)
                camera, seen = await steps.find_running(owner)
                running = next(look for look in looks if look.session == seen["id"])
                values.append(float(await steps.stop(owner, camera, running)))
                await asyncio.to_thread(push, is_open=False, number=number)
                await asyncio.gather(*(look.watching for look in looks))
            measured.append(values)
    return measured


async def wait_for_cameras(origin: str) -> None:
    """A platform that has just started was told of its homes' cameras only when they play; until then none opens."""
    from consentry.project.story import steps
    from consentry.project.story.visitor import enter

    async with enter(origin, "owner") as owner:
        await steps.wait_for_cameras(owner)


def mask_homes() -> None:
    """Give each played home a mask; returns once every edge has taken it and shows pictures under it."""
    from consentry.cameras.queries import get_camera, waiting_letters
    from consentry.demo.masks import mask_played_homes
    from consentry.kernel.clock import utc_now

    cameras = mask_played_homes(now=utc_now())
    edges = sorted({edge for edge in (get_camera(camera).edge for camera in cameras) if edge is not None})
    over_s = time.monotonic() + MASK_S
    while waiting_letters(edges, utc_now()):
        if time.monotonic() > over_s:
            raise TimeoutError("the homes do not take their masks")
        time.sleep(0.2)
    time.sleep(MASKED_FIRST_PICTURE_S)


def main(name: str, rounds: int) -> None:
    """Measure `name` and print the rounds."""
    data, origin = Path(os.environ["CONSENTRY_DATA"]), os.environ["CONSENTRY_ORIGIN"]
    prepare_django(data)
    from consentry.project.story.tell import burglary_pusher

    push = burglary_pusher(origin)
    asyncio.run(wait_for_cameras(origin))
    if name == "first_frame.masked":
        mask_homes()
        asyncio.run(wait_for_cameras(origin))
    measured = (
        asyncio.run(measure_stop(rounds, origin, push))
        if name == "stop"
        else measure_in_browser(name, rounds, origin, push)
    )
    sys.stdout.write(json.dumps(measured))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
