"""The process of the simulated homes: one real edge per home, its cameras over RTSP. The server is foreign to it.

`hung.json` in the homes' folder says that every home is paired and where its cameras are played; without it the homes
are hung first (`hanging.py`), which needs the database.
"""

import asyncio
import json
import logging
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import uvloop

from consentry.edge.main import EdgeProcess, serve
from consentry.edge.ring_settings import RingSettings
from consentry.edge.settings import EdgeSettings

HUNG = "hung.json"
DEMO_RING = RingSettings(hours=1, max_bytes=100_000_000)  # per home: a demo must not fill its visitor's disk
LOOK_EVERY_S, LONGEST_WAIT_S = 0.05, 20.0


def run(homes: Iterable[Path], ready: Path) -> int:
    """Serve the homes in these folders until told to stop; the file `ready` appears once their cameras play."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    uvloop.run(_serve([EdgeSettings(home, page_host="", ring=DEMO_RING) for home in homes], ready))
    return 0


def find_hung(folder: Path, cameras_url: str) -> list[Path]:
    """The folders of the homes if all are hung with their cameras at `cameras_url`; none when that is to be done."""
    try:
        said = json.loads((folder / HUNG).read_text())
    except (OSError, ValueError):
        return []
    homes = [folder / str(name) for name in said.get("homes", ())]
    return homes if said.get("cameras_url") == cameras_url and all(home.is_dir() for home in homes) else []


def note_hung(folder: Path, homes: Iterable[Path], cameras_url: str) -> None:
    """Say that all `homes` are hung."""
    draft = folder / f"{HUNG}.new"
    draft.write_text(json.dumps({"homes": [home.name for home in homes], "cameras_url": cameras_url}))
    draft.replace(folder / HUNG)


async def _serve(homes: list[EdgeSettings], ready: Path) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    edges: list[EdgeProcess] = []
    tasks = [asyncio.create_task(serve(home, on_ready=edges.append)) for home in homes]
    stopped = asyncio.create_task(stop.wait())
    telling = asyncio.create_task(_tell_when_they_play(edges, len(homes), ready))
    done, _ = await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
    for task in (*tasks, telling):
        task.cancel()
    for task in (*tasks, telling):
        with suppress(asyncio.CancelledError):
            await task
    for ended in done:
        if ended is not stopped:
            ended.result()


async def _tell_when_they_play(edges: list[EdgeProcess], count: int, ready: Path) -> None:
    """Touch `ready` once all homes are connected and see through their cameras; a broken one does not hold up all."""
    deadline = asyncio.get_running_loop().time() + LONGEST_WAIT_S
    while len(edges) < count or not all(edge.is_working() for edge in edges):
        if asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(LOOK_EVERY_S)
    await asyncio.to_thread(ready.touch)
