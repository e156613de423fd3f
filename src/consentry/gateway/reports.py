"""What the gateway tells the web: one signed POST with what happened since the last one.

Events wait in a bounded queue while the web is away; the oldest are dropped and counted, never the pictures' end.
"""

import asyncio
import json
import logging
from collections import deque

import aiohttp

from consentry.gateway.clocks import Clocks
from consentry.gateway.keys import Identity
from consentry.gateway.sessions import Event
from consentry.kernel.gateway_auth import Request, write_header
from consentry.kernel.limits import HEARTBEAT_MS

_log = logging.getLogger(__name__)
PATH = "/internal/gateway/reports"
MAX_WAITING = 4_000
MAX_WAITING_BYTES = 16_777_216
MAX_BATCH, MAX_BATCH_BYTES = 200, 524_288
_RETRY_S, _TIMEOUT_S = 1.0, 5.0


class Reports:
    """Call `add` from anywhere on the loop; `run` sends."""

    def __init__(self, web_url: str, identity: Identity, clocks: Clocks) -> None:
        self.dropped = 0
        self._url, self._identity, self._clocks = web_url + PATH, identity, clocks
        self._waiting: deque[str] = deque()
        self._waiting_bytes = 0
        self._wake = asyncio.Event()

    def add(self, event: Event) -> None:
        """Queue one event; `at_ms` is added. While many wait, where a drone was is of no use to anyone any more."""
        if event.get("type") == "telemetry" and len(self._waiting) >= MAX_BATCH:
            return
        text = json.dumps({"at_ms": self._clocks.now_ms(), **event}, separators=(",", ":"))
        self._waiting.append(text)
        self._waiting_bytes += len(text)
        while len(self._waiting) > MAX_WAITING or self._waiting_bytes > MAX_WAITING_BYTES:
            self._waiting_bytes -= len(self._waiting.popleft())
            self.dropped += 1
        self._wake.set()

    async def run(self, http: aiohttp.ClientSession) -> None:
        """Send what waits, for ever; an event is sent again until the web has taken it.

        Nothing to say for a second is said too: only what we sign proves to the web that we live.
        """
        while True:
            if not await self._woken():
                await self._send(http, [])
                continue
            self._wake.clear()
            while self._waiting:
                batch = self._take_batch()
                if await self._send(http, batch):
                    continue
                self._waiting.extendleft(reversed(batch))
                self._waiting_bytes += sum(map(len, batch))
                await asyncio.sleep(_RETRY_S)

    async def _woken(self) -> bool:
        try:
            async with asyncio.timeout(HEARTBEAT_MS / 1_000):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True

    def _take_batch(self) -> list[str]:
        batch: list[str] = []
        size = 0
        while self._waiting and len(batch) < MAX_BATCH and size + len(self._waiting[0]) <= MAX_BATCH_BYTES:
            batch.append(self._waiting.popleft())
            size += len(batch[-1])
        self._waiting_bytes -= size
        return batch

    async def _send(self, http: aiohttp.ClientSession, batch: list[str]) -> bool:
        body = ('{"events":[' + ",".join(batch) + "]}").encode()
        header = write_header(
            self._identity.gateway, self._identity.key, Request("POST", PATH, body), now_ms=self._clocks.now_ms()
        )
        headers = {"Authorization": header, "Content-Type": "application/json"}
        try:
            limit = aiohttp.ClientTimeout(total=_TIMEOUT_S)
            async with http.post(self._url, data=body, headers=headers, timeout=limit) as answer:
                if answer.status < 300:
                    return True
                _log.warning("the web does not take our reports: status %d", answer.status)
                return answer.status in (400, 413, 422)  # it never will: sending it again would block all others
        except (aiohttp.ClientError, TimeoutError) as error:
            _log.warning("the web cannot be reached: %s", type(error).__name__)
            return False
