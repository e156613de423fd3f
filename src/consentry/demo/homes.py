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

from consentry.edge.main import serve
from consentry.edge.settings import EdgeSettings

HUNG = "hung.json"


def run(homes: Iterable[Path], ready: Path) -> int:
    """Serve the homes in these folders until told to stop; the file `ready` appears once all do."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_serve([EdgeSettings(home, page_host="") for home in homes], ready))
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
    tasks = [asyncio.create_task(serve(home)) for home in homes]
    loop.call_soon(ready.touch)
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
    for ended in done:
        if ended is not stopped:
            ended.result()
