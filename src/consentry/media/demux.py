"""A source whose bytes only a library can take apart: the library runs in a helper process without any rights.

We dial and read; the helper gets bytes on its stdin and answers frames (`demux_frames`) on its stdout; its stderr is
discarded. One source, one process. One that stalls, lies, floods or dies is a SourceFault and is never waited for.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import (
    CHILD_WINDOW_S,
    MAX_CHILD_FRAMES_PER_WINDOW,
    MAX_CHILD_WINDOW_BYTES,
    MAX_UNIT_BYTES,
)
from consentry.media.coding import CODINGS, Coding
from consentry.media.demux_frames import HEAD, MAX_TIME_US, MOST_BYTES, ChildFrame, Said
from consentry.media.h264 import from_avcc
from consentry.media.outlet import Outlet
from consentry.media.pacing import Pacer
from consentry.media.sound_box import read_sound
from consentry.media.sound_pace import SoundPace
from consentry.media.units import FAULT_KINDS, SourceFault

Write = Callable[[bytes], Awaitable[None]]
Feed = Callable[[Write], Awaitable[None]]
MODULE = "consentry.media.demux_child"


@dataclass(frozen=True, slots=True)
class DemuxWork:
    """What to do with the bytes: `container` as `demux_child` names it; how long may pass between two pictures and
    until the first; `paced` for bytes that come faster than their pictures are due.
    """

    container: str
    silence_s: float
    key_frame_s: float
    paced: bool = False


async def through_child(work: DemuxWork, feed: Feed, outlet: Outlet) -> None:
    """Run `feed`, which writes the source's bytes, until something ends; the pictures come out at `outlet`.

    Raises:
        SourceFault: always, in the end; the feed's own faults come through.
    """
    # Sound that nobody may hear is not even read.
    chosen = work.container + ("+sound" if outlet.hears and work.container != "mjpeg" else "")
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", MODULE, chosen, limit=2 * MAX_UNIT_BYTES, env={},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    tasks = [
        asyncio.create_task(_feed(child, feed)),
        asyncio.create_task(_read(child, work, outlet)),
        asyncio.create_task(_watch(work, outlet)),
    ]
    try:
        await _first_end(tasks)
    finally:
        for task in tasks:
            task.cancel()
        if child.returncode is None:
            child.kill()
        await asyncio.gather(*tasks, child.wait(), return_exceptions=True)


async def _first_end(tasks: list[asyncio.Task[None]]) -> None:
    """The first fault; when all bytes were fed, what the helper still says comes out first."""
    feeding, *others = tasks
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    if feeding.done() and feeding.exception() is None:
        await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
    for task in (*others, feeding):
        if task.done():
            task.result()
    raise SourceFault("silent", "the source ended")


class _ChildGoneError(Exception):
    """The helper reads no more; why is for whoever reads what it said."""


async def _feed(child: asyncio.subprocess.Process, feed: Feed) -> None:
    stdin = child.stdin
    assert stdin is not None  # noqa: S101 - it was asked for

    async def write(data: bytes) -> None:
        try:
            stdin.write(data)
            await stdin.drain()
        except ConnectionError as error:
            raise _ChildGoneError from error

    with contextlib.suppress(_ChildGoneError):
        await feed(write)
    stdin.close()


async def _read(child: asyncio.subprocess.Process, work: DemuxWork, outlet: Outlet) -> None:
    assert child.stdout is not None  # noqa: S101 - it was asked for
    pacer, budget, sound = Pacer() if work.paced else None, _Budget(), SoundPace(outlet)
    try:
        while frame := await _next_frame(child.stdout):
            budget.spend(len(frame.payload))
            if frame.said is Said.SOUND:
                sound.take(read_sound(frame.payload), frame.pts_us)
                continue
            if pacer is not None and frame.said is Said.PICTURE:
                await pacer.hold(frame.pts_us)
            _take(frame, outlet)
    except Malformed as error:
        raise SourceFault("protocol", str(error)) from error
    finally:
        sound.close()
    if await child.wait() != 0:
        raise SourceFault("protocol", "the helper died of this stream")


async def _next_frame(reader: asyncio.StreamReader) -> ChildFrame | None:
    """The next frame, None at a clean end; Malformed for anything that is no frame or is cut short."""
    try:
        kind, pts_us, size = HEAD.unpack(await reader.readexactly(HEAD.size))
        if kind not in MOST_BYTES or size > MOST_BYTES[Said(kind)] or not -MAX_TIME_US < pts_us < MAX_TIME_US:
            raise Malformed("the helper says what it may not")
        return ChildFrame(Said(kind), pts_us, await reader.readexactly(size))
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise Malformed("the helper stopped in the middle of a frame") from error


def _take(frame: ChildFrame, outlet: Outlet) -> None:
    if frame.said is Said.PICTURE:
        outlet.give(from_avcc(frame.payload), frame.pts_us)
    elif frame.said is Said.SETS:
        outlet.learn(from_avcc(frame.payload))
    elif frame.said is Said.KLV:
        outlet.give_klv(frame.payload)
    elif frame.said is Said.CODING:
        outlet.expect(_coding(frame.payload))
    else:
        word = frame.payload.decode("ascii", "replace")
        raise SourceFault(word if word in FAULT_KINDS else "protocol", "the stream cannot be taken apart")


def _coding(word: bytes) -> Coding:
    coding = CODINGS.get(word.decode("ascii", "replace"))
    if coding is None:
        raise Malformed("the helper says what it may not")
    return coding


async def _watch(work: DemuxWork, outlet: Outlet) -> None:
    while True:
        left_s = outlet.left_s(work.silence_s, work.key_frame_s)
        await asyncio.sleep(min(0.5, left_s))


class _Budget:
    """No real camera gives so much; a helper that was taken over might."""

    def __init__(self) -> None:
        self._since_s, self._frames, self._bytes = time.monotonic(), 0, 0

    def spend(self, size: int) -> None:
        now = time.monotonic()
        if now - self._since_s > CHILD_WINDOW_S:
            self._since_s, self._frames, self._bytes = now, 0, 0
        self._frames += 1
        self._bytes += size
        if self._frames > MAX_CHILD_FRAMES_PER_WINDOW or self._bytes > MAX_CHILD_WINDOW_BYTES:
            raise SourceFault("protocol", "far more pictures than a camera makes")
