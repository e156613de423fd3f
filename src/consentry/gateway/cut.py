"""Ending a connection so that no picture follows, and keeping little unsent so that this is true.

A close in TCP still delivers what the kernel holds; with SO_LINGER 0 it is a reset and the kernel throws it away.
"""

import asyncio
import contextlib
import fcntl
import socket
import struct
import sys

# What the kernel may hold unsent for one viewer; the rest waits in our own queue, where an end clears it.
UNSENT_BYTES = 32_768
# The same for one whose line was found to be weak: at 100 kbit/s 32 KiB are three seconds of delay.
WEAK_UNSENT_BYTES = 4_096
_SIOCOUTQNSD = 0x894B  # linux/sockios.h: bytes not yet sent
_DRAIN_S, _DRAIN_STEP_S, _FAREWELL_S = 0.04, 0.004, 0.25


def keep_little_unsent(transport: asyncio.Transport, most_bytes: int = UNSENT_BYTES) -> None:
    """Set `TCP_NOTSENT_LOWAT` and no delay."""
    line = transport.get_extra_info("socket")
    if line is not None:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, most_bytes)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def abort(transport: asyncio.Transport) -> None:
    """Reset the connection: nothing that is queued here or in the kernel leaves any more."""
    line = transport.get_extra_info("socket")
    if line is not None and not transport.is_closing():
        with contextlib.suppress(OSError):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def cut(transport: asyncio.Transport, farewell: bytes) -> None:
    """End a connection: with `farewell` when everything before it has left within 40 ms, else at once and without."""
    if transport.is_closing():
        return
    if transport.get_write_buffer_size():
        abort(transport)
        return
    _say_farewell(transport, farewell, asyncio.get_running_loop().time() + _DRAIN_S)


def cut_unsent(transport: asyncio.Transport) -> None:
    """Reset a connection in which something still waits; one that is drained serves other requests on."""
    if not transport.is_closing() and (transport.get_write_buffer_size() or _unsent_bytes(transport)):
        abort(transport)


def _say_farewell(transport: asyncio.Transport, farewell: bytes, until_s: float) -> None:
    if transport.is_closing():
        return
    loop = asyncio.get_running_loop()
    if _unsent_bytes(transport) == 0:
        transport.write(farewell)
        loop.call_later(_FAREWELL_S, abort, transport)
    elif loop.time() < until_s:
        loop.call_later(_DRAIN_STEP_S, _say_farewell, transport, farewell, until_s)
    else:
        abort(transport)


def _unsent_bytes(transport: asyncio.Transport) -> int:
    line = transport.get_extra_info("socket")
    if line is None:
        return 0
    buffer = bytearray(4)
    try:
        fcntl.ioctl(line.fileno(), _SIOCOUTQNSD, buffer)
    except OSError:
        return 1  # cannot tell: treat as unsent, which ends without a farewell
    return int.from_bytes(buffer, sys.byteorder)
