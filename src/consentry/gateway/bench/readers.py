"""Viewers as plain as can be: they shake hands, count bytes, and note when the last one came. A process of its own.

Run as `python -m consentry.gateway.bench.readers PORT COUNT [tls] [stalled]`; prints `{}` once all receive, then one
JSON object when every connection is over (the `stalled` one stops reading at once; its end is when its line broke).
"""

import asyncio
import base64
import json
import os
import socket
import ssl
import sys
import time
from typing import cast

import uvloop

_STALL_BYTES = 4_096


class _Reader(asyncio.Protocol):
    """One viewer; `last_s` is the monotonic time of its last byte."""

    def __init__(self) -> None:
        self.received_bytes = 0
        self.last_s = 0.0
        self.over = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        cast("asyncio.Transport", transport).write(_handshake())  # uvloop's is one, but not by class

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self.received_bytes += len(data)
        self.last_s = time.monotonic()

    def connection_lost(self, _reason: Exception | None) -> None:
        """Called by asyncio."""
        self.over.set()


def _handshake() -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /view HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


async def _read(port: int, count: int, *, tls: bool, stalled: bool) -> None:
    loop = asyncio.get_running_loop()
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if tls else None
    if secured is not None:  # the certificate is the benchmark's own, made a moment ago
        secured.check_hostname, secured.verify_mode = False, ssl.CERT_NONE
    readers = [(await loop.create_connection(_Reader, "127.0.0.1", port, ssl=secured))[1] for _ in range(count)]
    lazy = asyncio.create_task(asyncio.to_thread(_stall, port)) if stalled else None
    while not all(reader.received_bytes > 500_000 for reader in readers):  # noqa: ASYNC110 - counters, not events
        await asyncio.sleep(0.05)
    _say({})
    await asyncio.gather(*(reader.over.wait() for reader in readers))
    ends_s = [reader.last_s for reader in readers]
    _say({"last_s": max(ends_s), "stalled_s": await lazy if lazy else None})


def _stall(port: int) -> float:
    """Shake hands, read a little, then nothing; the monotonic time at which the line broke under us."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(_handshake())
        line.recv(_STALL_BYTES)
        while True:
            # Looks at the line's state without reading from it.
            if line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) != b"\x01":
                return time.monotonic()
            time.sleep(0.001)


def _say(value: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    port, count = int(sys.argv[1]), int(sys.argv[2])
    uvloop.run(_read(port, count, tls="tls" in sys.argv, stalled="stalled" in sys.argv))
