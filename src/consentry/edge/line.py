"""The line to a gateway, below the WebSocket: nothing that waits in it may leave once nobody may look."""

import asyncio
import contextlib
import fcntl
import socket as stdlib_socket
import struct
import sys

import aiohttp

# What the kernel may hold unsent: at 300 kbit/s that is 0.4 s of delay.
UNSENT_BYTES = 16_384
_SIOCOUTQNSD = 0x894B  # linux/sockios.h: bytes not yet sent
# A line that is just full stands still for half of it on average: 8 KiB in so long are more than homes have upwards.
_STEP_S = 0.003


def abort(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Close without sending what the kernel still holds (SO_LINGER 0 makes the close a reset).

    aiohttp hands out no transport that could be aborted; the loop closes its socket when it finds it shut.
    """
    line = socket.get_extra_info("socket")
    if line is None:
        return
    line.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError), line.dup() as own:  # the loop's own face of it cannot shut (uvloop)
        own.shutdown(stdlib_socket.SHUT_RDWR)


def keep_little_unsent(socket: aiohttp.ClientWebSocketResponse) -> None:
    """What the kernel has not sent yet cannot be called back: keep that small."""
    line = socket.get_extra_info("socket")
    if line is not None:
        line.setsockopt(stdlib_socket.IPPROTO_TCP, stdlib_socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)


async def has_room(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Wait until nearly all that was handed over has left.

    A picture that is handed over can neither be dropped nor overtaken by a smaller one. aiohttp itself waits only once
    64 KiB are there, which are two seconds on a line of 300 kbit/s; and what waits above the kernel is there only while
    that holds more than half of what it may.
    """
    line = socket.get_extra_info("socket")
    while line is not None and _unsent_bytes(line) > UNSENT_BYTES // 2:  # noqa: ASYNC110 the kernel tells the transport only
        await asyncio.sleep(_STEP_S)


def _unsent_bytes(line: stdlib_socket.socket) -> int:
    buffer = bytearray(4)
    with contextlib.suppress(OSError, ValueError):  # a line that is gone: writing says so
        fcntl.ioctl(line.fileno(), _SIOCOUTQNSD, buffer)
    return int.from_bytes(buffer, sys.byteorder)
