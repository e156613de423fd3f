"""A person at the platform: enters by a demo door, calls the API, hears events; nothing that a browser could not do."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import aiohttp

from consentry.kernel.errors import Unavailable


class Unexpected(Unavailable):
    """The platform answered otherwise than the story needs."""

    kind = "unexpected"


@dataclass
class Heard:
    """One event as heard: its kind, its object and when (monotonic seconds)."""

    kind: str
    object_id: str
    at_s: float


@dataclass
class Visitor:
    """One signed-in person. `http` keeps the session cookie; `events` fills while `listening`."""

    origin: str
    http: aiohttp.ClientSession
    welcome: dict[str, Any]
    events: asyncio.Queue[Heard] = field(default_factory=asyncio.Queue)

    async def get(self, path: str) -> Any:
        """The JSON at `path`; Unexpected unless it answers 200."""
        async with self.http.get(f"{self.origin}{path}") as reply:
            return await _json(reply, path)

    async def post(self, path: str, body: Any = None) -> Any:
        """Post JSON with the CSRF token; Unexpected unless it answers 2xx."""
        async with self.http.post(f"{self.origin}{path}", json=body or {}, headers=self._csrf()) as reply:
            return await _json(reply, path)

    async def hear(self, kind: str, *, within_s: float) -> Heard:
        """The next event of `kind`; Unexpected when none comes in time. Others are skipped."""
        deadline = monotonic() + within_s
        while True:
            try:
                heard = await asyncio.wait_for(self.events.get(), deadline - monotonic())
            except TimeoutError as error:
                raise Unexpected(f"no event {kind} within {within_s:g} s") from error
            if heard.kind == kind:
                return heard

    async def listen(self, ready: asyncio.Event) -> None:
        """Fill `events` from the stream until cancelled; sets `ready` once the stream is open."""
        timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
        async with self.http.get(f"{self.origin}/api/events", timeout=timeout) as reply:
            if reply.status != 200:
                raise Unavailable(f"the event stream answers {reply.status}")
            ready.set()
            kind = ""
            async for raw in reply.content:
                line = raw.decode().rstrip("\n")
                if line.startswith("event:"):
                    kind = line.removeprefix("event:").strip()
                elif line.startswith("data:"):
                    said = json.loads(line.removeprefix("data:"))
                    self.events.put_nowait(Heard(kind, str(said.get("id", "")), monotonic()))

    def _csrf(self) -> dict[str, str]:
        cookies = {cookie.key: cookie.value for cookie in self.http.cookie_jar}
        return {"X-CSRFToken": cookies.get("csrftoken", ""), "Origin": self.origin}


@asynccontextmanager
async def enter(origin: str, role: str) -> AsyncIterator[Visitor]:
    """Come in by the demo door of `role` and listen to events until the block ends."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=20)) as http:
        visitor = Visitor(origin, http, {})
        await visitor.get("/api/session")
        visitor.welcome = await visitor.post(f"/api/demo/doors/{role}")
        ready = asyncio.Event()
        listening = asyncio.create_task(visitor.listen(ready))
        opened = asyncio.create_task(ready.wait())
        await asyncio.wait({listening, opened}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        if not ready.is_set():
            opened.cancel()
            await listening
            raise Unavailable("the event stream does not open")
        try:
            yield visitor
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def _json(reply: aiohttp.ClientResponse, path: str) -> Any:
    text = await reply.text()
    if not 200 <= reply.status < 300:
        raise Unexpected(f"{path} answers {reply.status}: {text[:300]}")
    return json.loads(text) if text else None
