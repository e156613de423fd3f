"""One JPEG of a camera's newest key frame, decoded in a child process that has no network, no files and little memory.

A camera's stream is hostile input; the decoder runs where it can hurt nobody (`picture_child`).
"""

import asyncio
import sys
import time
from collections.abc import Callable

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


async def sealed_picture(find: Callable[[], CameraFeed | None], camera: CameraId, reply_point: bytes) -> bytes:
    """A JPEG that only the holder of `reply_point` (65 bytes) opens; Unavailable when no picture comes within 8 s, by
    the kind of the camera's fault.

    `find` gives the camera's feed as it stands when called, None while there is none.
    """
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
    jpeg = await decode_key_frame(to_avcc(units[0].nals))
    return seal(reply_point, jpeg, context=picture_context(camera))


async def decode_key_frame(unit: bytes) -> bytes:
    """JPEG (at most 40,000 bytes) of one key unit (length-prefixed NALs); Unavailable when it cannot be decoded."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "consentry.edge.picture_child",
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
    if child.returncode != 0 or not 0 < len(jpeg) <= MAX_JPEG_BYTES:
        raise Unavailable("this picture cannot be decoded", kind="picture-undecodable")
    return jpeg
