"""A city camera with a main stream and, perhaps, a smaller one, over real RTSP where the demo's burglary is."""

import asyncio
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.journeys.drone import forget
from tests.journeys.stage import CONSENTRY, Stage
from tests.media.hevc import hevc_loop

from consentry.media.file_source import Loop, play
from consentry.media.rtsp_server import RtspServer


@contextmanager
def standing(stage: Stage, name: str, small: Loop | None, main: Loop | None = None) -> Iterator[None]:
    """It plays and is registered meanwhile; without a `main` that one is H.265, which no headless Chromium plays."""
    with playing(small, main) as server:
        place = stage.burglary
        words = ["--url", server.url_of("main"), "--name", name, "--no-check", "--lat", str(place.lat),
                 f"--lon={place.lon}", "--data", str(stage.data)]  # fmt: skip
        words += ["--low-url", server.url_of("low")] if small is not None else []
        made = subprocess.run([CONSENTRY, "camera", "add", *words], capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        try:
            yield
        finally:
            forget(stage, made.stdout.split()[0])


@contextmanager
def playing(small: Loop | None, main: Loop | None = None) -> Iterator[RtspServer]:
    """The camera alone: it gives `main` and, unless there is none, `low`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(_play(small, main), loop).result(30)
    finally:
        asyncio.run_coroutine_threadsafe(_end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _play(small: Loop | None, main: Loop | None) -> RtspServer:
    server = RtspServer()
    await server.start()
    large = main or hevc_loop(640, 360, key_every=25, seconds=2)
    for path, played in (("main", large), ("low", small)):
        if played is not None:
            asyncio.get_running_loop().create_task(play(played, lambda unit, at=path: server.publish(at, unit)))
    await asyncio.sleep(0.1)
    return server


async def _end() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
