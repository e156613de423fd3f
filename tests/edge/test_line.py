"""The line to a gateway is cut so that nothing which waits in it leaves, on the loop that runs in production."""

import asyncio
import base64
import contextlib
import hashlib
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest

from consentry.edge.line import UNSENT_BYTES, abort, has_room, keep_little_unsent

WAITING_BYTES = 8_000_000
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


async def _shake_hands(listening: socket.socket) -> socket.socket:
    """A gateway that says yes and then reads nothing."""
    loop = asyncio.get_running_loop()
    line, _ = await loop.sock_accept(listening)
    line.setblocking(False)
    head = b""
    while b"\r\n\r\n" not in head:
        head += await loop.sock_recv(line, 4_096)
    key = next(row.split(b": ")[1] for row in head.split(b"\r\n") if row.lower().startswith(b"sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())
    upgrade = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    await loop.sock_sendall(line, upgrade + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
    return line


@contextlib.asynccontextmanager
async def _dialled() -> AsyncIterator[tuple[aiohttp.ClientWebSocketResponse, socket.socket]]:
    """An edge's end of a line and the other one, which reads nothing by itself."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/edge"
        async with aiohttp.ClientSession() as http:
            dialling = asyncio.create_task(http.ws_connect(url, compress=0))
            line = await _shake_hands(listening)
            socket_ = await dialling
            keep_little_unsent(socket_)
            yield socket_, line
            line.close()


async def test_what_waits_in_a_line_that_is_cut_never_arrives() -> None:
    async with _dialled() as (socket_, line):
        sending = asyncio.create_task(socket_.send_bytes(bytes(WAITING_BYTES)))
        await asyncio.sleep(0.2)
        assert not sending.done()
        abort(socket_)
        async with asyncio.timeout(5):
            await asyncio.gather(sending, return_exceptions=True)  # the loop found its socket shut and closed it
            assert await _read_out(line) < WAITING_BYTES
        abort(socket_)  # a line that is gone already is no fault


async def test_a_picture_is_handed_over_when_nearly_all_before_it_has_left() -> None:
    async with _dialled() as (socket_, line):
        await asyncio.wait_for(has_room(socket_), 1)
        with pytest.raises(TimeoutError):
            await _fill(socket_)
        waiting = asyncio.create_task(has_room(socket_))
        while not waiting.done():
            await asyncio.get_running_loop().sock_recv(line, 1 << 20)
            await asyncio.sleep(0.001)
        abort(socket_)
        await asyncio.wait_for(has_room(socket_), 1)  # a line that is gone holds nobody up


async def _fill(socket_: aiohttp.ClientWebSocketResponse) -> None:
    """Until the reader's window is full and the line holds the rest."""
    while True:
        await socket_.send_bytes(bytes(UNSENT_BYTES))
        await asyncio.wait_for(has_room(socket_), 0.2)


async def _read_out(line: socket.socket) -> int:
    """How many bytes still come before the line is reset."""
    loop, came = asyncio.get_running_loop(), 0
    while True:
        try:
            data = await loop.sock_recv(line, 1 << 20)
        except ConnectionResetError:
            return came
        assert data, "closed in order: the kernel delivers what it held"
        came += len(data)
