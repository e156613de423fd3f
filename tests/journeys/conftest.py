"""One platform for all journeys, one browser per file, one fresh person per test."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.journeys.people import Analyst, Owner
from tests.journeys.stage import Stage, running_stage

CONSOLE = Path(__file__).resolve().parents[2] / "console"
CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
DESKTOP, PHONE = (1440, 900), (390, 844)
PATIENCE_MS = 30_000

Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder is journeys."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.journey)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Keep how a test ended, so that a failed journey leaves its pictures."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]  # pluggy's result, typed as None by the generator form
    if report.when == "call":
        item.stash[FAILED] = report.failed


FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def platform() -> Iterator[Stage]:
    """The running demo with the console of this working tree."""
    if not (CONSOLE / "dist" / "index.html").exists():
        npm = Path(sys.executable).with_name("npm")
        subprocess.run([npm, "run", "--silent", "build"], cwd=CONSOLE, check=True)
    with running_stage() as running:
        yield running


@pytest.fixture
def stage(platform: Stage) -> Iterator[Stage]:
    """The platform, for one test: what it reported is closed afterwards, and with it each look and question."""
    yield platform
    for call in [*platform.open_calls]:
        platform.close(call)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    if CHROMIUM is None:
        pytest.skip("the journeys need Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def with_camera(chromium: Browser) -> Iterator[Browser]:
    """A browser with a made-up camera."""
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*QUIET, *FAKE_CAMERA])
    yield browser
    browser.close()


def new_page(
    browser: Browser, stage: Stage, size: tuple[int, int], *, language: str = "en", dark: bool = False
) -> Page:
    """A page in a context of its own, which the caller closes."""
    context = browser.new_context(
        base_url=stage.origin, viewport={"width": size[0], "height": size[1]}, locale=language,
        color_scheme="dark" if dark else "light",
    )  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    return page


@pytest.fixture
def open_page(chromium: Browser, stage: Stage, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens pages, each in a context of its own: `open_page(PHONE, language="fr", dark=True)`."""
    pages: list[Page] = []

    def make(size: tuple[int, int] = DESKTOP, *, language: str = "en", dark: bool = False) -> Page:
        pages.append(new_page(chromium, stage, size, language=language, dark=dark))
        return pages[-1]

    yield make
    folder = os.environ.get("JOURNEYS_PICTURES")
    for number, page in enumerate(pages):
        if folder and request.node.stash.get(FAILED, False):
            page.screenshot(path=Path(folder) / f"{request.node.name}-{number}.png")
        page.context.close()


@pytest.fixture
def analyst(open_page: Open) -> Analyst:
    """The analyst at the desk."""
    return Analyst.enter(open_page(DESKTOP))


@pytest.fixture
def owner(open_page: Open) -> Owner:
    """The resident, on a phone, with every camera on and consented."""
    found = Owner.enter(open_page(PHONE))
    found.set_in_order()
    return found
