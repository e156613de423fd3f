"""Thumbnails of key units, one after the other, made where a hostile stream can hurt nobody (`thumbnail_child`)."""

import asyncio
import struct
import sys

from consentry.media.camera_eye import HIGH, THUMBNAIL_BYTES, WIDE, Thumbnail
from consentry.media.h264 import to_avcc
from consentry.media.units import AccessUnit

PATIENCE_S = 20.0


class Thumbnails:
    """Owns one child, started when first needed and again when it fails."""

    def __init__(self) -> None:
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def take(self, unit: AccessUnit) -> Thumbnail | None:
        """The thumbnail of a key unit; None when it cannot be decoded."""
        async with self._turn:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    made = await self._ask(to_avcc(unit.nals))
            except (OSError, EOFError, TimeoutError):
                await self._end()
                return None
        return None if made is None else Thumbnail(made[: WIDE * HIGH], made[WIDE * HIGH :])

    async def stop(self) -> None:
        """End the child."""
        async with self._turn:
            await self._end()

    async def _ask(self, body: bytes) -> bytes | None:
        child = self._child
        if child is None or child.returncode is not None:
            child = self._child = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-m", "consentry.media.thumbnail_child",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
                env={},
            )  # fmt: skip
        if child.stdin is None or child.stdout is None:
            raise OSError("a child without pipes")
        child.stdin.write(struct.pack(">I", len(body)) + body)
        await child.stdin.drain()
        has_made = await child.stdout.readexactly(1) == b"\x01"
        return await child.stdout.readexactly(THUMBNAIL_BYTES) if has_made else None

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        if child.returncode is None:
            child.kill()
        await child.wait()
