"""From a ring at a real edge to its owner's open phone page, and what that page weighs, in Chromium.

Run by `bench` as a process of its own; prints rounds as JSON. The owner is a new resident: signs in by the code of an
e-mail, pairs an edge that runs as a process of its own, registers one of the demo's cameras, allows this browser.
"""

import argparse
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

from consentry.edge.hook import HEADER, hook_signature
from consentry.kernel.errors import Unavailable
from consentry.kernel.limits import EVENT_QUIET_MS
from consentry.project.story.timings import ARGUMENTS, CHROMIUM, WAIT_MS
from consentry.project.up.plan import Ports

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PHONE = {"width": 390, "height": 844}
RINGS_PER_ROUND = 12
CODE = re.compile(rb"^\s*([A-Z0-9]{3,}(?:-[A-Z0-9]+)*)\s*$", re.MULTILINE)
EDGE = (sys.executable, "-m", "consentry.project.cli", "edge")
# Resolves with the wall clock (ms) at which one more event stands in the list, and at which its picture is shown.
WATCH = """([known, most_ms]) => new Promise((done, fail) => {
  setTimeout(() => fail(new Error("no event: " + document.body.innerText)), most_ms);
  let listed = 0;
  const look = () => {
    const first = document.querySelector(".events > li");
    const marks = document.querySelectorAll(".events .event-mark.doorbell, .events .event-mark.motion").length;
    if (!listed && marks > known) listed = Date.now();
    const image = first?.querySelector("img");
    if (listed && image?.complete && image.naturalWidth > 0) return done([listed, Date.now()]);
    requestAnimationFrame(look);
  };
  look();
})"""


@dataclass
class Bell:
    """A box at home that is on, at its page's address, and the secret that signs its camera's hook."""

    at: str
    camera: str
    secret: str

    def ring(self, kind: str) -> float:
        """Tell the box; the wall clock (ms) just before."""
        body, now_ms = json.dumps({"kind": kind}).encode(), time.time() * 1_000
        header = hook_signature(self.secret, self.camera, int(now_ms), secrets.token_hex(16), body)
        request = urllib.request.Request(f"{self.at}/hook/{self.camera}", body, {HEADER: header})  # noqa: S310 ours
        with urllib.request.urlopen(request):  # noqa: S310 ours
            return now_ms


def become_resident(page: "Page", origin: str, mail: Path) -> None:
    """Sign up by the code of the e-mail, which the demo writes into a folder."""
    address = f"{secrets.token_hex(6)}@example.org"
    page.goto(origin)
    page.get_by_role("button", name="I am new here").click()
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code from the e-mail").fill(_code_to(mail, address))
    page.get_by_role("button", name="Go on", exact=True).click()
    page.wait_for_url("**/home")


def _code_to(mail: Path, address: str) -> str:
    over_s = time.monotonic() + WAIT_MS / 1_000
    while time.monotonic() < over_s:
        for file in mail.glob("*.log"):
            letter = message_from_bytes(file.read_bytes(), policy=policy.default)
            found = CODE.search(file.read_bytes()) if address in str(letter["To"]) else None
            if found:
                return found[1].decode()
        time.sleep(0.1)
    raise Unavailable("no code came")


@contextmanager
def bell_at_home(page: "Page", origin: str, camera_url: str) -> Iterator[Bell]:
    """Pair a box, switch it on, register a camera of its, let this browser hear of it."""
    with tempfile.TemporaryDirectory(prefix="consentry-bench-edge-") as folder:
        at = f"127.0.0.1:{Ports.free().web}"
        env = {**os.environ, "CONSENTRY_EDGE_DATA": folder, "CONSENTRY_EDGE_PAGE": at}
        page.goto(f"{origin}/home/pair")
        page.get_by_role("button", name="Show the code").click()
        code = page.locator(".pair-code").inner_text()
        subprocess.run([*EDGE, "pair", "--server", origin, code], env=env, check=True, capture_output=True)
        running = subprocess.Popen([*EDGE, "run"], env=env, stderr=subprocess.DEVNULL)
        try:
            camera = _register(page, origin, camera_url)
            hook = subprocess.run(
                [*EDGE, "events", "hook", camera], env=env, check=True, capture_output=True, text=True
            )
            page.goto(f"{origin}/home/events")
            page.get_by_role("button", name="Show them on this device").click()
            page.get_by_role("button", name="Show them on this device").wait_for(state="detached", timeout=WAIT_MS)
            page.wait_for_timeout(2_000)  # the letter that names this browser's key is on its way to the box
            yield Bell(f"http://{at}", camera, hook.stdout.split()[-1])
        finally:
            running.terminate()
            running.wait()


def _register(page: "Page", origin: str, camera_url: str) -> str:
    page.goto(f"{origin}/home/add")
    page.get_by_label("Name", exact=True).fill("Front door")
    page.get_by_role("button", name="It hangs in the middle").click()
    page.get_by_label("The camera’s address").fill(camera_url)
    page.get_by_role("button", name="Register this camera").click()
    page.get_by_role("heading", name="Give consent").wait_for(timeout=WAIT_MS)
    # Not `wait_for_function`: there a condition that waits itself is its own promise, which always holds.
    is_online = """async () => (await (await fetch("/api/home")).json()).cameras[0].state === "online" """
    until_s = time.monotonic() + 4 * WAIT_MS / 1_000
    while not page.evaluate(is_online):
        if time.monotonic() > until_s:
            raise Unavailable("the camera never worked")
        time.sleep(0.2)
    return str(page.evaluate("""async () => (await (await fetch("/api/home")).json()).cameras[0].id"""))


def measure_events(page: "Page", bell: Bell, rounds: int, *, with_picture: bool) -> list[list[float]]:
    """ms from the ring to the open page's list, or to its picture; rings and movements in turn: the box takes both."""
    measured, known = [], 0
    for _ in range(rounds):
        values = []
        for turn in range(RINGS_PER_ROUND):
            page.evaluate(f"args => {{ window.shown = ({WATCH})(args); }}", [known, 2 * WAIT_MS])
            rang_ms = bell.ring("doorbell" if turn % 2 else "motion")
            listed_ms, pictured_ms = page.evaluate("() => window.shown")
            values.append((pictured_ms if with_picture else listed_ms) - rang_ms)
            known += 1
            page.wait_for_timeout(EVENT_QUIET_MS / 2 + 100)
        measured.append(values)
    return measured


def run(name: str, rounds: int, origin: str, data: Path) -> list[list[float]]:
    """`home.event` or `home.event_picture`."""
    from playwright.sync_api import sync_playwright

    camera_url = f"{json.loads((data / 'homes' / 'hung.json').read_text())['cameras_url']}/private-1"
    with sync_playwright() as playwright:
        browser: Browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = browser.new_page(viewport=PHONE)  # type: ignore[arg-type] # a TypedDict of the same keys
        page.set_default_timeout(WAIT_MS)
        become_resident(page, origin, data / "mail")
        with bell_at_home(page, origin, camera_url) as bell:
            measured = measure_events(page, bell, rounds, with_picture=name == "home.event_picture")
        browser.close()
    return measured


def main() -> None:
    """Measure and print the rounds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("rounds", type=int)
    said = parser.parse_args()
    measured = run(said.name, said.rounds, os.environ["CONSENTRY_ORIGIN"], Path(os.environ["CONSENTRY_DATA"]))
    sys.stdout.write(json.dumps(measured))


if __name__ == "__main__":
    main()
