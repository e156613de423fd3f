"""A home camera that is no RTSP camera: an edge reads it through the same door, and opens no port for anyone."""

import subprocess
from collections.abc import AsyncIterator

import pytest_asyncio
from aiohttp import web
from tests.gateway.world import until
from tests.media.sinks import needs_ffmpeg

from consentry.edge.picture import decode_key_frame
from consentry.edge.pull import CameraFeed
from consentry.kernel.ids import CameraId, new_id
from consentry.media.h264 import to_avcc

pytestmark = needs_ffmpeg


@pytest_asyncio.fixture
async def snapshots() -> AsyncIterator[str]:
    """A doorbell that gives one JPEG per request."""
    words = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=320x180",
        "-frames:v",
        "1",
        "-f",
        "mjpeg",
        "-",
    ]
    jpeg = subprocess.run(words, capture_output=True, check=True).stdout  # noqa: ASYNC221 - before anything runs

    async def give(_request: web.Request) -> web.Response:
        return web.Response(body=jpeg, content_type="image/jpeg")

    app = web.Application()
    app.router.add_get("/snap.jpg", give)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/snap.jpg"
    await runner.cleanup()


async def test_a_doorbell_that_gives_jpegs_is_read_and_its_picture_can_be_shown(snapshots: str) -> None:
    feed = CameraFeed(CameraId(new_id("camera")), snapshots, lambda: None)
    try:
        await until(lambda: bool(feed.cached()), 20)
        assert feed.state == "online"
        assert (feed.picture().width_px, feed.picture().height_px) == (320, 180)
        assert (await decode_key_frame(to_avcc(feed.cached()[0].nals)))[:2] == b"\xff\xd8"
    finally:
        await feed.stop()


async def test_an_edge_opens_no_port_for_a_source_that_wants_to_call() -> None:
    feed = CameraFeed(CameraId(new_id("camera")), "srt://0.0.0.0:9009?mode=listener", lambda: None)
    try:
        await until(lambda: feed.state == "unreachable")
    finally:
        await feed.stop()
