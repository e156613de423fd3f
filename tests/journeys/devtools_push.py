"""What a browser does with a push that it has opened: hand it to its service worker. Chromium's own service is away."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.journeys.conftest import PATIENCE_MS

STEP_MS, AGAIN = 50, 100
SHOWN = """async () => {
  const worker = await navigator.serviceWorker.ready;
  return (await worker.getNotifications()).map(({title, body, tag, data, lang}) => ({title, body, tag, data, lang}));
}"""


class PushToWorker:
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
