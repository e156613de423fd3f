"""What the tests of sources share: a sink that can be waited for, real bytes of each kind, ffmpeg as the other side."""

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable

import av
import pytest

from consentry.media.outlet import Besides, Outlet
from consentry.media.pulling import keep_pulling
from consentry.media.rtsp_client import Patience
from consentry.media.units import AccessUnit

QUICK = Patience(connect_s=4, answer_s=4, silence_s=2.5, key_frame_s=12, first_retry_s=0.05, last_retry_s=0.1)
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs Debian's ffmpeg")


class Taken:
    """A sink that lets a test wait for pictures; `klv` holds packets, `states` what was told."""

    def __init__(self) -> None:
        self.units: list[AccessUnit] = []
        self.states: list[str] = []
        self.klv: list[bytes] = []

    def outlet(self) -> Outlet:
        return Outlet(self.units.append, self.states.append, Besides(klv=self.klv.append))

    async def until(self, holds: Callable[["Taken"], bool], *, timeout_s: float = 25) -> None:
        async with asyncio.timeout(timeout_s):
            while not holds(self):  # noqa: ASYNC110 - the sink is synchronous by design
                await asyncio.sleep(0.01)

    def decoded(self) -> list[av.VideoFrame]:
        """The pictures, decoded by a library that is not ours."""
        decoder = av.CodecContext.create("h264", "r")
        return [frame for unit in self.units
                for frame in decoder.decode(av.Packet(b"".join(b"\0\0\0\1" + nal for nal in unit.nals)))]  # fmt: skip


@contextlib.asynccontextmanager
async def pulling(url: str, taken: Taken, patience: Patience = QUICK) -> AsyncIterator[None]:
    besides = Besides(klv=taken.klv.append)
    reading = keep_pulling(url, taken.units.append, on_state=taken.states.append, besides=besides, patience=patience)
    task = asyncio.create_task(reading)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def ffmpeg_bytes(*words: str, source: str = "testsrc2=size=320x180:rate=25", to: str = "-") -> bytes:
    """What ffmpeg writes of a test picture: `words` between the input and standard output, or the file `to`."""
    made = subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, *words, to], capture_output=True, check=True
    )
    return made.stdout


@contextlib.asynccontextmanager
async def publisher(*words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """ffmpeg, which sends a test picture in its own time, as `words` say, until the block ends."""
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", *words,
        stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25")
