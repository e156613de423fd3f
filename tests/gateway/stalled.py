"""Viewers on raw sockets, for what a well-behaved client would not do."""

import asyncio
import json
import socket

from tests.gateway.world import Viewer

from consentry.kernel.canonical import from_b64


class Stalled(Viewer):
    """A viewer on a raw socket that reads nothing after the handshake, with a tiny receive buffer."""

    async def stall(self) -> socket.socket:
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        line.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(line, ("127.0.0.1", self.port))
        head = (
            "GET /view HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: http://console.test\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: consentry.view.1\r\n\r\n"
        )
        await loop.sock_sendall(line, head.encode())
        taken = b""
        while b"}" not in taken:
            taken += await loop.sock_recv(line, 4_096)
        body = taken[taken.index(b"{") : taken.index(b"}") + 1]
        self.nonce = from_b64(json.loads(body)["nonce"])
        text = json.dumps(self.message()).encode()
        await loop.sock_sendall(line, b"\x81\xfe" + len(text).to_bytes(2, "big") + bytes(4) + text)
        return line


async def read_all(line: socket.socket) -> int:
    """How many bytes still come."""
    loop, total = asyncio.get_running_loop(), 0
    try:
        while data := await asyncio.wait_for(loop.sock_recv(line, 65_536), 2):
            total += len(data)
    except ConnectionResetError:
        pass
    return total
