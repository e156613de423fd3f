"""A resident's own edge as a process of its own, paired by the code that the resident's page shows."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, Request
from tests.journeys.second_factor import become_resident, new_address
from tests.journeys.stage import CONSENTRY, Stage

STOP_S, COMMAND_S = 20, 60


@dataclass(frozen=True)
class OwnEdge:
    """The box at home; `folder` is its own."""

    folder: Path

    def pair(self, server: str, code: str) -> str:
        """Type the code at the box; what it said."""
        return self._say("pair", "--server", server, code)

    @contextmanager
    def showing_square(self, server: str) -> Iterator[tuple[str, Callable[[], str]]]:
        """The box shows a square in its terminal: the link in it, and a way to wait for what it said in the end."""
        process = subprocess.Popen(
            [CONSENTRY, "edge", "pair", "--server", server], env=self._environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            link = next(line.strip() for line in process.stdout if "/home/pair#" in line)
            yield link, lambda: process.communicate(timeout=COMMAND_S)[0]
        finally:
            process.kill()
            process.wait(STOP_S)

    def add_camera(self, camera: str, url: str, *, low_url: str | None = None) -> None:
        """Tell the box where the camera is, and its smaller stream if there is one."""
        low = [] if low_url is None else ["--low-url", low_url]
        self._say("camera", "add", camera, "--rtsp", url, *low)

    def webhook_secret(self, camera: str) -> str:
        """The secret that signs this camera's webhook, as the box shows it once."""
        return self._say("events", "hook", camera).split()[-1]

    @contextmanager
    def running(self, **settings: str) -> Iterator[None]:
        """Switched on meanwhile, with `settings` in its environment."""
        with (self.folder.parent / "edge.log").open("ab") as log:
            process = subprocess.Popen(
                [CONSENTRY, "edge", "run"], env=self._environment() | settings, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log,
            )  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            process.wait(STOP_S)

    def _say(self, *words: str) -> str:
        done = subprocess.run(
            [CONSENTRY, "edge", *words], env=self._environment(), timeout=COMMAND_S, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "CONSENTRY_EDGE_DATA": str(self.folder), "CONSENTRY_EDGE_PAGE": "off",
                "PYTHONUNBUFFERED": "1"}  # fmt: skip


def listen_in(page: Page) -> list[str]:
    """From now on each request's address and body are in the list."""
    sent: list[str] = []

    def keep(request: Request) -> None:
        sent.append(request.url + (request.post_data or ""))

    page.on("request", keep)
    return sent


def move_in(page: Page, stage: Stage, edge: OwnEdge) -> list[str]:
    """Become a resident on `page` and pair the box; what left the page is in the list."""
    sent = listen_in(page)
    become_resident(page, stage.mail, new_address())
    page.goto("/home/pair")
    page.get_by_role("button", name="Show the code").click()
    assert "Paired with" in edge.pair(stage.origin, page.locator(".pair-code").inner_text())
    return sent
