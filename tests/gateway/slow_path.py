"""A slow line between a viewer, or a home, and a gateway: a TCP relay that carries so much a second.

It keeps next to nothing.
"""

import asyncio
import socket

STEP_BYTES = 1_024
_BUFFER_BYTES = 4_096
# What a listener gives the line from its first packet on, in small ones. Set later, or with the packets of 64 KiB that
# are usual within one machine, the window opens and shuts as a whole, and each picture waits for a probe of 0.2 s.
_WINDOW_BYTES, _PACKET_BYTES = 8_192, 1_000


class SlowPath:
    """Listens on `port`; `rate_bps` of the way to who dials (`up`: of the way from it) may be changed while it runs."""

    def __init__(self, target_port: int, rate_bps: float, *, up: bool = False) -> None:
        self._is_up, self.dialled = up, 0
        self.target_port, self.rate_bps, self.port = target_port, rate_bps, 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener = socket.socket()

    async def open(self) -> "SlowPath":
        if self._is_up:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WINDOW_BYTES)
            self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _PACKET_BYTES)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(4)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._start(self._accept())
        return self

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._listener.close()

    def _start(self, work) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            near, _ = await loop.sock_accept(self._listener)
            self.dialled += 1
            far = socket.socket()
            taking, giving = (near, far) if self._is_up else (far, near)
            giving.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
            if not self._is_up:
                taking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
            for line in (taking, giving):
                line.setblocking(False)
            await loop.sock_connect(far, ("127.0.0.1", self.target_port))
            self._start(self._carry(near, far, paced=self._is_up))
            self._start(self._carry(far, near, paced=not self._is_up))

    async def _carry(self, source: socket.socket, sink: socket.socket, *, paced: bool) -> None:
        loop = asyncio.get_running_loop()
        free_s = loop.time()
        with source:
            while data := await loop.sock_recv(source, STEP_BYTES):
                if paced:
                    free_s = max(free_s, loop.time() - 0.05) + 8 * len(data) / self.rate_bps
                    await asyncio.sleep(max(0.0, free_s - loop.time()))
                await loop.sock_sendall(sink, data)
