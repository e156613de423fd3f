"""Reads a camera over HTTP. What it is, is told by its type, else by how its path ends: MJPEG, single JPEGs, HLS,
MPEG-TS, FLV, MP4. We fetch; whatever a library has to take apart is taken apart in the helper process.
"""

import asyncio
from urllib.parse import urlsplit

import aiohttp

from consentry.kernel.limits import MAX_UNIT_BYTES
from consentry.media.demux import DemuxWork, Write, through_child
from consentry.media.hls_source import pull_hls
from consentry.media.http_door import HttpDoor
from consentry.media.multipart import JpegSplitter, boundary_of
from consentry.media.outlet import Outlet
from consentry.media.rtsp_client import Patience
from consentry.media.source_address import Address
from consentry.media.units import SourceFault

# A camera that gives one JPEG per request is asked this often.
STILL_EVERY_S = 1.0
_TYPES = {
    "multipart/x-mixed-replace": "parts", "image/jpeg": "still", "image/jpg": "still",
    "application/vnd.apple.mpegurl": "hls", "application/x-mpegurl": "hls", "audio/mpegurl": "hls",
    "audio/x-mpegurl": "hls", "video/mp2t": "mpegts", "video/mpeg": "mpegts", "video/x-flv": "flv", "video/flv": "flv",
    "video/mp4": "mp4", "application/mp4": "mp4",
}  # fmt: skip
_ENDINGS = {".flv": "flv", ".jpg": "still", ".m3u8": "hls", ".mp4": "mp4", ".ts": "mpegts"}


async def pull_http(address: Address, outlet: Outlet, wait: Patience) -> None:
    """Play the camera at `address` until it fails, always with a SourceFault."""
    outlet.begin()
    door = HttpDoor(address, wait)
    try:
        async with door.get(address.url) as reply:
            kind = kind_of(reply)
            if kind not in ("hls", "still"):
                await _stream(kind, reply, outlet, wait)
                return
        if kind == "hls":
            await pull_hls(door, address.url, outlet)
        await _stills(door, address.url, outlet, wait)
    finally:
        await door.close()


def kind_of(reply: aiohttp.ClientResponse) -> str:
    """What the answer carries, by its type, else by how its path ends; SourceFault `no-video` when neither says."""
    kind = _TYPES.get(reply.content_type.lower())
    if kind is None:
        path = urlsplit(str(reply.url)).path.lower()
        kind = next((kind for ending, kind in _ENDINGS.items() if path.endswith(ending)), None)
    if kind is None:
        raise SourceFault("no-video", "this address gives no video that we know")
    return kind


async def _stream(kind: str, reply: aiohttp.ClientResponse, outlet: Outlet, wait: Patience) -> None:
    if kind == "parts":
        await _mjpeg(reply, outlet, wait)
        return
    # A file comes as fast as the line allows; a stream comes as it is made.
    work = DemuxWork(kind, wait.silence_s, wait.key_frame_s, paced=kind == "mp4")

    async def feed(write: Write) -> None:
        async for chunk in reply.content.iter_any():
            await write(chunk)

    await through_child(work, feed, outlet)


async def _mjpeg(reply: aiohttp.ClientResponse, outlet: Outlet, wait: Patience) -> None:
    newest = _Newest(JpegSplitter(boundary_of(reply.headers.get("Content-Type", ""))))

    async def feed(write: Write) -> None:
        reading = asyncio.create_task(newest.read(reply))
        try:
            while jpeg := await newest.take():
                await write(len(jpeg).to_bytes(4, "big") + jpeg)
            await reading
        finally:
            reading.cancel()

    await through_child(DemuxWork("mjpeg", wait.silence_s, wait.key_frame_s), feed, outlet)


class _Newest:
    """The newest JPEG only: while the encoder is busy the ones in between are left out, so that no delay grows."""

    def __init__(self, splitter: JpegSplitter) -> None:
        self._splitter = splitter
        self._jpeg: bytes | None = None
        self._is_over = False
        self._wake = asyncio.Event()

    async def read(self, reply: aiohttp.ClientResponse) -> None:
        """Read to the end; what goes wrong comes out of the task."""
        try:
            async for chunk in reply.content.iter_any():
                for jpeg in self._splitter.feed(chunk):
                    self._jpeg = jpeg
                    self._wake.set()
        finally:
            self._is_over = True
            self._wake.set()

    async def take(self) -> bytes | None:
        """The newest that was not taken yet, None at the end."""
        while self._jpeg is None and not self._is_over:
            self._wake.clear()
            await self._wake.wait()
        jpeg, self._jpeg = self._jpeg, None
        return jpeg


async def _stills(door: HttpDoor, url: str, outlet: Outlet, wait: Patience) -> None:
    async def feed(write: Write) -> None:
        while True:
            jpeg, _ = await door.read(url, MAX_UNIT_BYTES)
            if jpeg:
                await write(len(jpeg).to_bytes(4, "big") + jpeg)
            await asyncio.sleep(STILL_EVERY_S)

    silence_s = wait.silence_s + wait.answer_s + STILL_EVERY_S
    await through_child(DemuxWork("mjpeg", silence_s, wait.key_frame_s), feed, outlet)
