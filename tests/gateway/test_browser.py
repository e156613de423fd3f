"""What the hub sends really plays in Chromium through Media Source Extensions."""

import asyncio
import contextlib
import itertools
import shutil
from fractions import Fraction

import av
import numpy as np
import pytest
from aiohttp import web
from playwright.async_api import async_playwright

from consentry.gateway.hub import CameraHub
from consentry.gateway.viewer import SocketViewer
from consentry.kernel.ids import CameraId, new_id
from consentry.media.file_source import Loop, play
from consentry.media.h264 import PPS, SPS, from_annex_b, nal_kind
from consentry.media.units import AccessUnit

PAGE = """<video muted autoplay></video><script>
const video = document.querySelector('video'), errors = window.errors = [], waiting = [];
let buffer = null, source = new MediaSource();
video.src = URL.createObjectURL(source);
video.onerror = () => errors.push(video.error.message);
const pump = () => {
  if (buffer && !buffer.updating && waiting.length) buffer.appendBuffer(waiting.shift());
  if (video.buffered.length && video.currentTime < video.buffered.start(0))
    video.currentTime = video.buffered.start(0);
};
source.onsourceopen = () => {
  const socket = new WebSocket(`ws://${location.host}/ws`);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({data}) => {
    if (typeof data === 'string') {
      const told = JSON.parse(data);
      if (told.type === 'init' && !buffer) {
        buffer = source.addSourceBuffer(`video/mp4; codecs="${told.codec}"`);
        buffer.onupdateend = pump;
      }
      return;
    }
    waiting.push(data.slice(9));
    pump();
  };
};
window.told = () => ({
  time: video.currentTime, frames: video.getVideoPlaybackQuality().totalVideoFrames,
  dropped: video.getVideoPlaybackQuality().droppedVideoFrames, width: video.videoWidth, height: video.videoHeight,
  ranges: video.buffered.length, errors,
});
</script>"""
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
        "--disable-component-update", "--disable-sync"]  # fmt: skip


def reordered(seconds: int = 6) -> Loop:
    """A made-up stream with B-frames, in decoding order, 25 pictures a second."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 240, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(25), Fraction(1, 25)
    encoder.gop_size, encoder.max_b_frames = 25, 2
    encoder.options = {"preset": "veryfast", "x264-params": "b-adapt=0:keyint=25"}
    packets = []
    for number in range(25 * seconds):
        picture = np.full((240, 320, 3), number % 256, np.uint8)
        picture[:, number % 300 : number % 300 + 20] = 255 - number % 256
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = number, Fraction(1, 25)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    sets = tuple(nal for nal in from_annex_b(encoder.extradata or b"") if nal_kind(nal) in (SPS, PPS))
    units = []
    for packet in packets:
        nals = from_annex_b(bytes(packet))
        sets = tuple(nal for nal in nals if nal_kind(nal) in (SPS, PPS)) or sets
        pictures = tuple(nal for nal in nals if nal_kind(nal) in (1, 5))
        key = 5 in {nal_kind(nal) for nal in pictures}
        units.append(AccessUnit(0, packet.pts * 40_000, (*sets, *pictures) if key else pictures, key, 0))
    assert any(later.ts_us < sooner.ts_us for sooner, later in itertools.pairwise(units))
    return Loop(tuple(units), 25 * seconds * 40_000)


async def watch(loop: Loop, *, seconds: float, pause_s: float = 0.0) -> dict[str, object]:
    """Play `loop` to a Chromium for a while; what its video element says then."""
    hub = CameraHub(CameraId(new_id("camera")))
    blocked = asyncio.Event()

    def take(unit: AccessUnit) -> None:
        if not blocked.is_set():
            hub.take(unit._replace(wallclock_us=1_700_000_000_000_000 + unit.ts_us))

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def feed(request: web.Request) -> web.WebSocketResponse:
        socket_ = web.WebSocketResponse(compress=False)
        await socket_.prepare(request)
        hub.join(SocketViewer(request.transport))
        async for _ in socket_:
            pass
        return socket_

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get("/ws", feed)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    playing = asyncio.create_task(play(loop, take))
    try:
        async with async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
            tab = await browser.new_page()
            await tab.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
            await tab.wait_for_function("told().frames > 5", timeout=15_000)
            if pause_s:
                blocked.set()
                await asyncio.sleep(pause_s)
                blocked.clear()
            before = await tab.evaluate("told()")
            await tab.wait_for_function(f"told().time > {before['time'] + seconds}", timeout=15_000)
            after = await tab.evaluate("told()")
            await browser.close()
    finally:
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing
        await runner.cleanup()
    return {**after, "shown": after["frames"] - before["frames"]}


pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]


async def test_a_camera_plays_in_chromium(cars):
    told = await watch(cars, seconds=2)
    assert told["errors"] == []
    assert (told["width"], told["height"]) == (384, 216)
    assert told["ranges"] == 1
    assert told["shown"] >= 15  # 12.5 a second


async def test_a_camera_that_pauses_goes_on_in_chromium(cars):
    told = await watch(cars, seconds=2.5, pause_s=1.0)
    assert told["errors"] == []
    assert told["ranges"] == 1


async def test_a_stream_with_b_frames_plays_in_chromium():
    told = await watch(reordered(), seconds=2)
    assert told["errors"] == []
    assert told["ranges"] == 1
    assert told["shown"] >= 35  # 25 a second
