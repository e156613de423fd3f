"""`events`: from just before COMMIT until each of 500 open streams of a real web process has the bytes."""

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction

from consentry.core.listener import conninfo_of_django
from consentry.core.outbox import tell
from consentry.kernel.bench import Result
from consentry.kernel.errors import Unavailable

STREAMS = 500
EVENTS = 20
ROUNDS = 3
TARGET_MS = 100.0
READY_S = 30.0


def events() -> Result:
    """p99 in milliseconds over 500 streams × 20 commits, median of three rounds."""
    person, cookie = _signed_in_person()
    with _web() as port:
        rounds = asyncio.run(_measure(port, person, cookie))
    value = statistics.median(rounds)
    return Result("events", value, "ms", None, None, f"<= {TARGET_MS:g}", value <= TARGET_MS, tuple(rounds))


def _signed_in_person() -> tuple[str, str]:
    """A resident with a session, straight in the tables: this room stands below the one that signs people in."""
    person = get_user_model()(email=f"bench-{time.time_ns()}@example.org")
    person.set_unusable_password()
    person.save()
    session = SessionStore()
    session[SESSION_KEY] = person.pk
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session["account_authentication_methods"] = [{"method": "code", "at": time.time()}]
    session["account_authentication_methods_user"] = person.pk
    session.save()
    return str(person.pk), str(session.session_key)


async def _measure(port: int, person: str, cookie: str) -> list[float]:
    heard: asyncio.Queue[float] = asyncio.Queue()
    streams = [asyncio.create_task(_read(port, cookie, heard)) for _ in range(STREAMS)]
    for _ in streams:
        await asyncio.wait_for(heard.get(), READY_S)
    rounds = []
    for _ in range(ROUNDS):
        delays_ms: list[float] = []
        for _ in range(EVENTS):
            began = await sync_to_async(_commit)(person)
            delays_ms += [(await asyncio.wait_for(heard.get(), READY_S) - began) * 1_000 for _ in streams]
        rounds.append(statistics.quantiles(delays_ms, n=100)[98])
    for stream in streams:
        stream.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    return rounds


def _commit(person: str) -> float:
    """Commit one event; returns the moment just before COMMIT."""
    with transaction.atomic():
        tell(f"person:{person}", "look.started", "bench")
        return time.perf_counter()


async def _read(port: int, cookie: str, heard: asyncio.Queue[float]) -> None:
    """Put a moment for the first bytes of the stream, then one for each event."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    asked = f"GET /api/events HTTP/1.1\r\nHost: localhost\r\nCookie: {settings.SESSION_COOKIE_NAME}={cookie}\r\n\r\n"
    writer.write(asked.encode())
    while line := await reader.readline():
        if line.startswith((b"retry:", b"event: look.started")):
            heard.put_nowait(time.perf_counter())
    raise Unavailable("the stream ended")


@contextmanager
def _web() -> Iterator[int]:
    """A web process over the scratch database; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        str(Path(sys.executable).with_name("granian")), "--interface", "asgi", "--host", "127.0.0.1",
        "--port", str(port), "--loop", "uvloop", "--no-ws", "--backpressure", "2048",
        "consentry.project.asgi:application",
    ]  # fmt: skip
    with tempfile.NamedTemporaryFile("w") as secret:
        secret.write(settings.SECRET_KEY)
        secret.flush()
        env = {**os.environ, "DATABASE_URL": conninfo_of_django(), "CONSENTRY_SECRET_FILE": secret.name}
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _await_port(port)
            yield port
        finally:
            process.terminate()
            process.wait(10)
            connection.close()


def _await_port(port: int) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise Unavailable("the web process does not serve")


BENCHES: dict[str, Callable[[], Result]] = {"events": events}
