"""The process that plays all ten live cameras over real RTSP on loopback, in real time."""

import asyncio
import contextlib
import os
import signal
import time
import zlib
from collections.abc import Callable

from consentry.demo.city import DemoCamera, build_city
from consentry.demo.render import PERIOD_US, Encoder, Picture
from consentry.demo.scenes import door_scene, street_scene
from consentry.media.rtsp_server import RtspServer
from consentry.media.units import AccessUnit

Now = Callable[[], int]


def system_us() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1_000


class LiveCamera:
    """One simulated camera: `step` draws and encodes the moment."""

    def __init__(self, camera: DemoCamera) -> None:
        seed = zlib.crc32(camera.key.encode()) % 1_000
        scene = door_scene(seed) if camera.is_private else street_scene(seed)
        self.path = camera.key
        self._picture, self._encoder = Picture(scene, camera.name.partition(":")[0], seed), Encoder()
        self._started_us: int | None = None

    def step(self, at_us: int, *, key: bool = False) -> list[AccessUnit]:
        """The access unit of the moment `at_us`; a key unit if `key`, else when it is its turn."""
        self._started_us = at_us if self._started_us is None else self._started_us
        frame = self._picture.draw(at_us)
        return self._encoder.encode(frame, ts_us=at_us - self._started_us, at_us=at_us, key=key)


async def play(camera: LiveCamera, server: RtspServer, *, now_us: Now = system_us, offset_us: int = 0) -> None:
    """Draw `camera` twelve times a second until cancelled; pictures that would come late are left out."""
    due_us = (now_us() // PERIOD_US + 1) * PERIOD_US + offset_us
    while True:
        await asyncio.sleep(max(0.0, (due_us - now_us()) / 1_000_000))
        for unit in camera.step(now_us(), key=server.awaits_key(camera.path)):
            server.publish(camera.path, unit)
        due_us = max(due_us + PERIOD_US, now_us() - PERIOD_US)


async def serve(
    port: int, *, stop: asyncio.Event, ready: Callable[[RtspServer], object] = lambda _server: None
) -> None:
    """Serve every live camera at `rtsp://127.0.0.1:<port>/<key>` until `stop` is set."""
    # Painting takes a second or two; nobody can connect before there is something to see.
    cameras = [LiveCamera(camera) for camera in build_city().live_cameras()]
    server = RtspServer(port=port)
    for camera in cameras:
        for unit in camera.step(system_us()):
            server.publish(camera.path, unit)
    await server.start()
    ready(server)
    share_us = PERIOD_US // len(cameras)
    players = [asyncio.create_task(play(one, server, offset_us=at * share_us)) for at, one in enumerate(cameras)]
    stopped = asyncio.create_task(stop.wait())
    # A player that dies takes the process with it; the supervisor starts it anew.
    done, _ = await asyncio.wait([stopped, *players], return_when=asyncio.FIRST_COMPLETED)
    for task in (stopped, *players):
        task.cancel()
    await server.stop()
    for task in done:
        with contextlib.suppress(asyncio.CancelledError):
            task.result()


def run(port: int) -> int:
    """Serve until SIGTERM or SIGINT."""

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        # Homes wait for the first pictures; from then on the street goes on behind the platform, never in its way.
        await serve(port, stop=stop, ready=lambda _server: os.nice(5))

    asyncio.run(main())
    return 0
