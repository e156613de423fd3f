"""A bad network between a viewer and a gateway: a UDP relay that loses, delays and disorders what passes.

It does what `tc netem` does, for kernels that have none and tests that are not root.
"""

import asyncio
import random

QUEUE_S = 2.0


class LossyPath:
    """Listens on `port`; whoever sends there talks with `target` through it. `lost`, `passed`: datagrams, both ways.

    `rate_bps`: what the way to the viewer carries; up to `QUEUE_S` of it wait, as in a router that has too much memory.
    """

    def __init__(
        self, target: tuple[str, int], *, loss: float = 0, delay_s: float = 0.01, jitter_s: float = 0,
        rate_bps: float | None = None,
    ) -> None:  # fmt: skip
        self.target, self.loss, self.delay_s, self.jitter_s = target, loss, delay_s, jitter_s
        self.rate_bps, self._free_s = rate_bps, 0.0
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
        after_s = self._queue_s(len(data)) if to is not None else 0.0
        if self._dice.random() < self.loss or after_s > QUEUE_S:
            self.lost += 1
            return
        self.passed += 1
        after_s += self.delay_s + self._dice.random() * self.jitter_s
        asyncio.get_running_loop().call_later(after_s, lambda: way.is_closing() or way.sendto(data, to))

    def _queue_s(self, size_bytes: int) -> float:
        """How long a datagram to the viewer waits for its turn."""
        if self.rate_bps is None:
            return 0.0
        now_s = asyncio.get_running_loop().time()
        waits_s = max(0.0, self._free_s - now_s)
        if waits_s <= QUEUE_S:
            self._free_s = now_s + waits_s + 8 * size_bytes / self.rate_bps
        return waits_s


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
