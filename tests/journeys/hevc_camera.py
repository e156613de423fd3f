"""A city camera whose main stream is H.265, which no headless Chromium plays, with or without a smaller one."""

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
def standing(stage: Stage, name: str, small: Loop | None) -> Iterator[None]:
    """It plays and is registered meanwhile, where the demo's burglary is."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        server = asyncio.run_coroutine_threadsafe(_play(small), loop).result(30)
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
    finally:
        asyncio.run_coroutine_threadsafe(_end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _play(small: Loop | None) -> RtspServer:
    server = RtspServer()
    await server.start()
    for path, played in (("main", hevc_loop(640, 360, key_every=25, seconds=2)), ("low", small)):
        if played is not None:
            asyncio.get_running_loop().create_task(play(played, lambda unit, at=path: server.publish(at, unit)))
    await asyncio.sleep(0.1)
    return server


async def _end() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
