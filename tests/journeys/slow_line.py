"""A slow line to the platform’s gateway: of a browser, as a phone’s in a bad place, or of a home’s box."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from playwright.sync_api import Browser
from tests.gateway.slow_path import SlowPath
from tests.journeys.conftest import CHROMIUM, QUIET
from tests.journeys.own_edge import OwnEdge
from tests.journeys.stage import Stage

from consentry.edge.store import Store

GOOD_BPS = 8_000_000


@contextmanager
def slow_line(stage: Stage, *, up: bool = False) -> Iterator[SlowPath]:
    """A router before the gateway; what it carries (`rate_bps`; `up`: away from who dials) may be changed any time."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    path = SlowPath(gateway_port(stage), GOOD_BPS, up=up)
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


def put_behind(edge: OwnEdge, path: SlowPath) -> None:
    """The box, which is off and paired, reaches its gateway over the router when it is switched on."""
    store = Store(edge.folder)
    try:
        pins = store.pins()
        assert pins is not None
        (gateway,) = pins.gateways
        url = urlsplit(gateway.url)._replace(netloc=f"localhost:{path.port}").geturl()
        store.pin(replace(pins, gateways=(replace(gateway, url=url),)), tuple(store.policies()))
    finally:
        store.close()


def gateway_port(stage: Stage) -> int:
    """Where the demo's gateway listens."""
    return (urlsplit(stage.origin).port or 0) + 1
