"""A bad network between a viewer and a gateway: a UDP relay that loses, delays and disorders what passes.

It does what `tc netem` does, for kernels that have none and tests that are not root.
"""

import asyncio
import random


class LossyPath:
    """Listens on `port`; whoever sends there talks with `target` through it. `lost`, `passed`: datagrams, both ways."""

    def __init__(self, target: tuple[str, int], *, loss: float, delay_s: float, jitter_s: float) -> None:
        self.target, self.loss, self.delay_s, self.jitter_s = target, loss, delay_s, jitter_s
        self.lost = self.passed = self.port = 0
        self._dice = random.Random(7)
        self._ways: dict[tuple[str, int], asyncio.DatagramTransport] = {}
        self._near: asyncio.DatagramTransport

    async def open(self) -> "LossyPath":
        loop = asyncio.get_running_loop()
        self._near, _ = await loop.create_datagram_endpoint(lambda: _Near(self), local_addr=("127.0.0.1", 0))
        self.port = self._near.get_extra_info("sockname")[1]
        return self

    def close(self) -> None:
        self._near.close()
        for way in self._ways.values():
            way.close()

    def out(self, data: bytes, source: tuple[str, int]) -> None:
        way = self._ways.get(source)
        if way is not None:
            self._pass(data, way, None)
            return
        made = asyncio.ensure_future(self._open_way(source))
        made.add_done_callback(lambda done: self._pass(data, done.result(), None))

    def back(self, data: bytes, source: tuple[str, int]) -> None:
        self._pass(data, self._near, source)

    async def _open_way(self, source: tuple[str, int]) -> asyncio.DatagramTransport:
        loop = asyncio.get_running_loop()
        way, _ = await loop.create_datagram_endpoint(lambda: _Far(self, source), remote_addr=self.target)
        return self._ways.setdefault(source, way)

    def _pass(self, data: bytes, way: asyncio.DatagramTransport, to: tuple[str, int] | None) -> None:
        if self._dice.random() < self.loss:
            self.lost += 1
            return
        self.passed += 1
        after_s = self.delay_s + self._dice.random() * self.jitter_s
        asyncio.get_running_loop().call_later(after_s, lambda: way.is_closing() or way.sendto(data, to))


class _Near(asyncio.DatagramProtocol):
    def __init__(self, path: LossyPath) -> None:
        self._path = path

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._path.out(data, addr)


class _Far(asyncio.DatagramProtocol):
    def __init__(self, path: LossyPath, source: tuple[str, int]) -> None:
        self._path, self._source = path, source

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._path.back(data, self._source)
