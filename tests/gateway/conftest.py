"""A gateway with a city camera and an edge, all real and on free ports."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.gateway.world import ORIGIN, Authority, Edge, Viewer, Web, until

from consentry.gateway.keys import load_identity
from consentry.gateway.main import Gateway
from consentry.gateway.settings import Settings
from consentry.kernel.ids import CameraId, EdgeId, new_id
from consentry.media.carry import to_wire
from consentry.media.file_source import Loop, load_loop, play
from consentry.media.rtsp_server import RtspServer
from consentry.media.units import AccessUnit

VIDEO = Path(__file__).resolve().parents[3] / "shared" / "data" / "video" / "car-detection.mp4"


def pytest_asyncio_loop_factories() -> dict[str, object]:
    """The loop that runs in production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def cars() -> Loop:
    if not VIDEO.exists():
        pytest.skip("needs ../shared/data/video/car-detection.mp4")
    return load_loop(VIDEO, key_every_s=0.4, most_s=2, height_px=216)


class City:
    """Everything around and inside one gateway."""

    def __init__(self, folder: Path, cars: Loop) -> None:
        self.folder, self.cars = folder, cars
        self.authority = Authority()
        self.web = Web(self.authority)
        self.rtsp = RtspServer()
        self.public = CameraId(new_id("camera"))
        self.private = CameraId(new_id("camera"))
        self.edge_id, self.edge_key = EdgeId(new_id("edge")), Ed25519PrivateKey.generate()
        self.identity = load_identity(folder / "gateway")
        self.open: list[Viewer | Edge] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.gateway: Gateway

    async def start_around(self) -> None:
        """Camera and web."""
        self.web.gateway_key = self.identity.key.public_key()
        await self.rtsp.start()
        self.web.public[self.public] = self.rtsp.url_of("cars")
        self.feed(lambda unit: self.rtsp.publish("cars", unit), awaits_key=lambda: self.rtsp.awaits_key("cars"))
        await self.web.start()

    async def start_beside(self, port: int) -> None:
        """All but the gateway, which is a process of its own at `port`."""
        self.gateway = type("Elsewhere", (), {"port": port, "stop": lambda self: asyncio.sleep(0)})()
        await self.start_around()

    async def start(self, **settings: object) -> None:
        self.web.edges[self.edge_id] = (self.edge_key, [self.private])
        await self.start_around()
        chosen = {"data": self.folder, "origin": ORIGIN, "web_url": self.web.url, "port": 0, "lease_s": 1.0}
        self.gateway = Gateway(Settings(**(chosen | settings)), self.identity)
        await self.gateway.start()
        await until(
            lambda: self.gateway.control.is_alive and self.gateway.sources.states().get(self.public) == "online"
        )

    def feed(self, sink, **words) -> None:
        self.tasks.append(asyncio.create_task(play(self.cars, sink, **words)))

    def viewer(self, camera: CameraId | None = None, **private: object) -> Viewer:
        viewer = Viewer(self.authority, self.identity.gateway, self.gateway.port, camera or self.public, **private)
        self.web.leased.add(viewer.session)
        self.open.append(viewer)
        return viewer

    async def looking(self, camera: CameraId | None = None, count: int = 3) -> Viewer:
        viewer = await (await self.viewer(camera).dial()).present()
        await viewer.pictures(count)
        return viewer

    async def edge(self) -> Edge:
        edge = Edge(self.edge_id, self.edge_key, self.identity.gateway, self.gateway.port)
        self.open.append(edge)
        await edge.dial()
        await until(lambda: self.edge_id in self.gateway.edges.online() or edge.reading.done())
        return edge

    async def sending(self) -> Edge:
        """An edge that sends its camera all the time, wanted or not."""
        edge = await self.edge()
        queue: asyncio.Queue[AccessUnit] = asyncio.Queue()
        self.feed(queue.put_nowait)

        async def send() -> None:
            while True:
                await edge.socket.send_bytes(to_wire(self.private, await queue.get()))

        self.tasks.append(asyncio.create_task(send()))
        return edge

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for end in self.open:
            await end.close()
        await self.gateway.stop()
        await self.rtsp.stop()
        await self.web.stop()


@pytest.fixture
def lease_s() -> float:
    """How long the gateway believes a silent web; a test module may say otherwise."""
    return 1.0


@pytest_asyncio.fixture
async def city(tmp_path: Path, cars: Loop, lease_s: float) -> AsyncIterator[City]:
    made = City(tmp_path, cars)
    try:
        await made.start(lease_s=lease_s)
        yield made
    finally:
        await made.stop()
