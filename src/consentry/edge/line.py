"""The line to a gateway, below the WebSocket: nothing that waits in it may leave once nobody may look."""

import contextlib
import socket as stdlib_socket
import struct

import aiohttp

UNSENT_BYTES = 16_384


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
