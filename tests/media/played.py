"""A real RTSP camera that plays a loop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial

from consentry.media.file_source import Loop, play
from consentry.media.rtsp_auth import Credentials
from consentry.media.rtsp_server import RtspServer


@contextlib.asynccontextmanager
async def played(loop: Loop, path: str, credentials: Credentials | None = None) -> AsyncIterator[RtspServer]:
    """The camera at `path`, with a key frame for whoever begins to play. It may be stopped and started again."""
    server = RtspServer(credentials=credentials)
    await server.start()
    show, awaits_key = (lambda unit: server.publish(path, unit)), partial(server.awaits_key, path)
    playing = asyncio.create_task(play(loop, show, awaits_key=awaits_key))
    await asyncio.sleep(0)
    try:
        yield server
    finally:
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing
        await server.stop()
