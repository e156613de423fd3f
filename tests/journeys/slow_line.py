"""A slow line to the platform’s gateway: of a browser, as a phone’s in a bad place."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser
from tests.gateway.slow_path import SlowPath
from tests.journeys.conftest import CHROMIUM, QUIET
from tests.journeys.stage import Stage

GOOD_BPS = 8_000_000


@contextmanager
def slow_line(stage: Stage) -> Iterator[SlowPath]:
    """A router before the gateway; what it carries (`rate_bps`) may be changed at any time."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    path = SlowPath(gateway_port(stage), GOOD_BPS)
    try:
        asyncio.run_coroutine_threadsafe(path.open(), loop).result(10)
        yield path
    finally:
        asyncio.run_coroutine_threadsafe(path.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def browser_behind(stage: Stage, path: SlowPath, like: Browser) -> Iterator[Browser]:
    """Chromium itself is told that the gateway's port is the router's: the page, its addresses and its rules stay."""
    rule = f"--host-resolver-rules=MAP localhost:{gateway_port(stage)} 127.0.0.1:{path.port}"
    browser = like.browser_type.launch(executable_path=CHROMIUM, args=[*QUIET, rule])
    try:
        yield browser
    finally:
        browser.close()


def gateway_port(stage: Stage) -> int:
    """Where the demo's gateway listens."""
    return (urlsplit(stage.origin).port or 0) + 1
