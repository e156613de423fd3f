"""One JPEG of a camera's newest key frame, decoded in a child process that has no network, no files and little memory.

A camera's stream is hostile input; the decoder runs where it can hurt nobody (`picture_child`).
"""

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from consentry.edge.pull import CameraFeed
from consentry.kernel.errors import Unavailable
from consentry.kernel.ids import CameraId
from consentry.kernel.sealed_box import picture_context, seal
from consentry.media.h264 import to_avcc
from consentry.media.units import FAULT_KINDS, AccessUnit

CHILD_S = 10.0
# A camera that was just registered is still being dialled; its next key frame may be seconds away.
FIRST_S = 8.0
LOOK_S = 0.2
MAX_JPEG_BYTES = 40_000  # a letter holds 64 KiB, and base64 grows by a third


class Which(StrEnum):
    """As it is shown now; the whole of it now, for the owner who draws a mask; the last good one before a fault."""

    SHOWN = "shown"
    WHOLE = "whole"
    LAST = "last"


@dataclass(frozen=True)
class SealedPicture:
    """A sealed JPEG, and when the camera took it (UTC, ms)."""

    box: bytes
    taken_ms: int


async def sealed_picture(
    find: Callable[[], CameraFeed | None], camera: CameraId, reply_point: bytes, which: Which = Which.SHOWN
) -> SealedPicture:
    """A JPEG that only the holder of `reply_point` (65 bytes) opens; Unavailable when no picture comes within 8 s, by
    the kind of the camera's fault.

    `find` gives the camera's feed as it stands when called, None while there is none.
    """
    take = {Which.SHOWN: _shown_unit, Which.WHOLE: _whole_unit, Which.LAST: _last_unit}[which]
    unit = await take(find)
    jpeg = await decode_key_frame(to_avcc(unit.nals))
    return SealedPicture(seal(reply_point, jpeg, context=picture_context(camera)), unit.wallclock_us // 1_000)


async def _last_unit(find: Callable[[], CameraFeed | None]) -> AccessUnit:
    feed = find()
    if feed is None or feed.last_good is None:
        raise Unavailable("no picture of this camera since the edge was switched on", kind="camera-offline")
    return feed.last_good


async def _whole_unit(find: Callable[[], CameraFeed | None]) -> AccessUnit:
    feed = find()
    if feed is None:
        raise Unavailable("no picture of this camera now", kind="camera-offline")
    try:
        async with asyncio.timeout(FIRST_S):
            return await feed.whole_key_unit()
    except TimeoutError as error:
        kind = feed.state if feed.state in FAULT_KINDS else "camera-offline"
        raise Unavailable("no picture of this camera now", kind=kind) from error


async def _shown_unit(find: Callable[[], CameraFeed | None]) -> AccessUnit:
    units: tuple[AccessUnit, ...] = ()
    fault = "camera-offline"
    deadline_s = time.monotonic() + FIRST_S
    while not units:
        feed = find()
        units = feed.cached() if feed is not None else ()
        fault = feed.state if feed is not None and feed.state in FAULT_KINDS else fault
        if not units and time.monotonic() >= deadline_s:
            raise Unavailable("no picture of this camera now", kind=fault)
        if not units:
            await asyncio.sleep(LOOK_S)
    return units[0]


async def still_of(feed: CameraFeed | None, max_bytes: int) -> bytes:
    """A JPEG of what the feed shows now, mask and all; Unavailable without a picture at this moment."""
    units = feed.cached() if feed is not None else ()
    if not units:
        raise Unavailable("no picture of this camera now", kind="camera-offline")
    return await decode_key_frame(to_avcc(units[0].nals), max_bytes)


async def decode_key_frame(unit: bytes, max_bytes: int = MAX_JPEG_BYTES) -> bytes:
    """JPEG (at most `max_bytes`) of one key unit (length-prefixed NALs); Unavailable when it cannot be decoded."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "consentry.edge.picture_child", str(max_bytes),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env={},
    )  # fmt: skip
    try:
        async with asyncio.timeout(CHILD_S):
            jpeg, _ = await child.communicate(unit)
    except TimeoutError as error:
        raise Unavailable("this picture took too long", kind="picture-undecodable") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0 or not 0 < len(jpeg) <= max_bytes:
        raise Unavailable("this picture cannot be decoded", kind="picture-undecodable")
    return jpeg
