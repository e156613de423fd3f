"""A real web process (granian) over the test's own database, and readers of its event stream."""

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
from django.conf import settings

from consentry.core.listener import conninfo_of_django

READY_S = 20.0


@contextmanager
def serving(folder: Path, **env: str) -> Iterator[str]:
    """Start one process; yields its origin, stops it at the end."""
    secret = folder / "secret"
    secret.write_text(settings.SECRET_KEY)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("granian")), "--interface", "asgi", "--host", "127.0.0.1",
        "--port", str(port), "--no-ws", "consentry.project.asgi:application",
    ]  # fmt: skip
    said = {
        "DATABASE_URL": conninfo_of_django(), "CONSENTRY_DATA": str(settings.DATA),
        "CONSENTRY_SECRET_FILE": str(secret), "CONSENTRY_ORIGIN": f"http://localhost:{port}", **env,
    }  # fmt: skip
    with (folder / "granian.log").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, **said}, stdout=log, stderr=log)
    try:
        _await_health(f"http://localhost:{port}", process, folder / "granian.log")
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _await_health(origin: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{origin}/api/health", timeout=2).close()
            return
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the web process does not serve: {log.read_text()[-2000:]}")


@asynccontextmanager
async def stream(origin: str, cookie: str, last_id: str = "") -> AsyncIterator[AsyncIterator[dict[str, str]]]:
    """An open event stream of whoever holds the session `cookie`."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    jar = {settings.SESSION_COOKIE_NAME: cookie}
    timeout = aiohttp.ClientTimeout(total=None, sock_read=20)
    async with (
        aiohttp.ClientSession(cookies=jar, timeout=timeout) as session,
        session.get(f"{origin}/api/events", headers=headers) as reply,
    ):
        reply.raise_for_status()
        yield _events(reply)


async def _events(reply: aiohttp.ClientResponse) -> AsyncIterator[dict[str, str]]:
    event: dict[str, str] = {}
    async for raw in reply.content:
        line = raw.decode().rstrip("\n")
        if line:
            key, _, value = line.partition(": ")
            event[key] = value
        elif event:
            yield event
            event = {}


async def next_of(events: AsyncIterator[dict[str, str]], kind: str) -> dict[str, str]:
    """The next event of `kind` within 10 s."""
    async with asyncio.timeout(10):
        async for event in events:
            if event.get("event") == kind:
                return event
    raise AssertionError(f"the stream ended before {kind}")
