"""The control channel: an SSE stream that we open to the web. While it is silent nothing new opens and leases lapse."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass

import aiohttp

from consentry.gateway.clocks import Clocks
from consentry.gateway.keys import Identity
from consentry.gateway.lease_age import LeaseAge
from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import ConsentryError, Malformed
from consentry.kernel.gateway_auth import Request, write_header

_log = logging.getLogger(__name__)
PATH = "/internal/gateway/control"
MAX_EVENT_BYTES = 33_554_432
FIRST_RETRY_S, LAST_RETRY_S = 0.2, 1.0


@dataclass(frozen=True)
class ControlEvent:
    """One event of the stream; `data` is checked by whoever takes it."""

    kind: str
    data: Mapping[str, object]


class Control:
    """Follows the stream and hands its events on; `is_alive` says whether the web spoke within `silence_s`."""

    def __init__(
        self, url: str, identity: Identity, take: Callable[[ControlEvent], None], silence_s: float, clocks: Clocks
    ) -> None:
        self._url, self._identity, self._take = url + PATH, identity, take
        self._silence_s, self._clocks = silence_s, clocks
        self._heard_s: float | None = None
        self.age = LeaseAge(clocks.steady_s)

    @property
    def is_alive(self) -> bool:
        """Did the web speak lately?"""
        return self._heard_s is not None and self._clocks.steady_s() - self._heard_s < self._silence_s

    @property
    def silent_s(self) -> float | None:
        """Seconds since the web last spoke; None before its first word."""
        return None if self._heard_s is None else self._clocks.steady_s() - self._heard_s

    async def run(self, http: aiohttp.ClientSession) -> None:
        """Stay connected, for ever."""
        delay_s = FIRST_RETRY_S
        while True:
            try:
                async with contextlib.aclosing(self._events(http)) as events:
                    async for event in events:
                        self._take(event)
                        self._heard_s, delay_s = self._clocks.steady_s(), FIRST_RETRY_S
            except ConsentryError as error:
                _log.error("the web's control stream is not to be believed: %s", error)
            except (aiohttp.ClientError, TimeoutError) as error:
                _log.warning("control stream: %s", type(error).__name__)
            delay_s = min(2 * delay_s, LAST_RETRY_S)
            await asyncio.sleep(delay_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads reconnects, guards nothing

    async def _events(self, http: aiohttp.ClientSession) -> AsyncGenerator[ControlEvent, None]:
        header = write_header(
            self._identity.gateway, self._identity.key, Request("GET", PATH), now_ms=self._clocks.now_ms()
        )
        limit = aiohttp.ClientTimeout(total=None, sock_connect=self._silence_s, sock_read=self._silence_s)
        headers = {"Authorization": header, "Accept": "text/event-stream"}
        async with http.get(self._url, headers=headers, timeout=limit, allow_redirects=False) as answer:
            if answer.status != 200:
                _log.warning("the web refuses the control stream: status %d", answer.status)
                return
            reader = SseReader()
            self.age.begin()
            async for chunk in answer.content.iter_any():
                for event in reader.feed(chunk):
                    yield event


class SseReader:
    """Cuts a byte stream into events (WHATWG server-sent events; `event` and `data` fields only)."""

    def __init__(self) -> None:
        self._rest = b""
        self._kind = ""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[ControlEvent]:
        """The events that `chunk` completes; Malformed for anything that is not what the web sends."""
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        events = [event for line in lines if (event := self._take_line(line.rstrip(b"\r"))) is not None]
        if len(self._rest) + self._size > MAX_EVENT_BYTES:
            raise Malformed("an event is too large")
        return events

    def _take_line(self, line: bytes) -> ControlEvent | None:
        if not line:
            return self._finish()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"event":
            self._kind = value.decode("ascii", "replace")
        elif name == b"data":
            self._data.append(value)
            self._size += len(value)
        return None

    def _finish(self) -> ControlEvent | None:
        kind, data = self._kind, b"\n".join(self._data)
        self._kind, self._data, self._size = "", [], 0
        if not data:
            return None
        return ControlEvent(kind, parse_object(data, max_bytes=MAX_EVENT_BYTES))
