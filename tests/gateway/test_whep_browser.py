"""Looking by WebRTC in Chromium, over the gateway's real doors, from a page of another origin."""

import contextlib
import json
import shutil
import statistics

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import async_playwright
from tests.gateway.conftest import VIDEO, City
from tests.gateway.lossy_path import LossyPath
from tests.gateway.test_browser import ARGS
from tests.gateway.world import Viewer

from consentry.kernel.canonical import from_b64, to_b64
from consentry.media.file_source import load_loop

PAGE = r"""<body><script>
window.looks = [];
window.join = async (base) => {
  const began = performance.now(), look = {frames: 0, texts: [], state: 'new'};
  const {nonce} = await (await fetch(base + '/challenge', {method: 'POST'})).json();
  const present = window.present(nonce);
  const peer = look.peer = new RTCPeerConnection();
  look.channel = peer.createDataChannel('consentry.view.1', {negotiated: true, id: 0});
  look.behind = [];
  look.channel.onmessage = ({data}) => {
    const said = JSON.parse(data);
    look.texts.push(said);
    if (said.type === 'time') look.clock = said;
  };
  const receiver = peer.addTransceiver('video', {direction: 'recvonly'}).receiver;
  receiver.jitterBufferTarget = 0;
  const heard = peer.addTransceiver('audio', {direction: 'recvonly'}).receiver.track;
  look.audio = new Audio();
  look.audio.srcObject = new MediaStream([heard]);
  look.audio.play().catch(() => undefined);
  const video = look.video = document.createElement('video');
  video.muted = video.autoplay = true;
  document.body.append(video);
  video.srcObject = new MediaStream([receiver.track]);
  const count = (now, frame) => {
    look.frames += 1;
    look.first ??= performance.now() - began;
    if (look.clock) {
      const ticks = (frame.rtpTimestamp - look.clock.rtp) | 0;
      look.behind.push(performance.timeOrigin + now - (look.clock.wall_us / 1000 + ticks / 90));
    }
    video.requestVideoFrameCallback(count);
  };
  video.requestVideoFrameCallback(count);
  peer.onconnectionstatechange = () => { look.state = peer.connectionState; };
  await peer.setLocalDescription();
  const form = new FormData();
  form.append('present', await present);
  form.append('offer', peer.localDescription.sdp);
  const answer = await fetch(base, {method: 'POST', body: form});
  if (answer.status !== 201) throw new Error(await answer.text());
  look.location = answer.headers.get('Location');
  let sdp = await answer.text();
  if (window.relay) sdp = sdp.replaceAll(/ \d+ typ host/g, ` ${window.relay} typ host`);
  await peer.setRemoteDescription({type: 'answer', sdp});
  window.looks.push(look);
};
window.told = () => window.looks.map(({frames, first, behind, texts, state, location, video}) =>
  ({frames, first, behind, texts, state, location, width: video.videoWidth}));
window.heard = async () => {
  const stats = [...(await window.looks[0].peer.getStats()).values()];
  const found = stats.find(({type, kind}) => type === 'inbound-rtp' && kind === 'audio');
  return {bytes: found?.bytesReceived ?? 0, level: found?.audioLevel ?? 0, energy: found?.totalAudioEnergy ?? 0};
};
window.counted = async () => {
  const stats = await window.looks[0].peer.getStats();
  return [...stats.values()].find(({type, kind}) => type === 'inbound-rtp' && kind === 'video');
};
</script>"""

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]


class Tab:
    """A page in Chromium that looks at `city`'s camera as often as it is told."""

    def __init__(self, city: City, page, base: str) -> None:
        self.city, self.page, self.base = city, page, base
        self.viewers: list[Viewer] = []

    async def prepare(self) -> None:
        await self.page.expose_function("present", self._present)

    def _present(self, nonce: str) -> str:
        city = self.city
        viewer = Viewer(city.authority, city.identity.gateway, city.gateway.port, city.public)
        city.web.leased.add(viewer.session)
        viewer.nonce = from_b64(nonce, length=32)
        self.viewers.append(viewer)
        return json.dumps(viewer.message(nonce=nonce) | {"nonce": to_b64(viewer.nonce)})

    async def join(self, count: int = 1) -> None:
        await self.page.evaluate(f"Promise.all(Array.from({{length: {count}}}, () => join('{self.base}')))")

    async def told(self) -> list[dict]:
        return await self.page.evaluate("told()")


@pytest_asyncio.fixture
async def tab(tmp_path, cars):
    async with open_tab(tmp_path, cars) as made:
        yield made


@contextlib.asynccontextmanager
async def open_tab(folder, loop):
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    city = City(folder, loop)
    try:
        await city.start(origin=origin)
        async with async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
            opened = await browser.new_page()
            await opened.goto(origin + "/")
            made = Tab(city, opened, f"http://127.0.0.1:{city.gateway.port}/whep")
            await made.prepare()
            yield made
            await browser.close()
    finally:
        await city.stop()
        await runner.cleanup()


async def test_twenty_joins_at_once_all_show_a_picture(tab):
    await tab.join(20)
    await tab.page.wait_for_function("told().every(({frames}) => frames > 3)", timeout=20_000)
    told = await tab.told()
    assert len(told) == 20
    assert {look["width"] for look in told} == {384}


async def test_loss_and_jitter_are_repaired_and_delay_does_not_grow(tab):
    path = await LossyPath(
        ("127.0.0.1", tab.city.gateway.ground.endpoint.port), loss=0.02, delay_s=0.02, jitter_s=0.01
    ).open()
    await tab.page.evaluate(f"window.relay = {path.port}")
    try:
        await tab.join()
        await tab.page.wait_for_function("told()[0].behind.length > 110", timeout=30_000)  # 9 s of pictures
        (told,), counted = await tab.told(), await tab.page.evaluate("counted()")
    finally:
        path.close()
    assert path.lost >= 5
    assert counted["nackCount"] > 0
    assert counted["framesDecoded"] >= 110
    early, late = statistics.median(told["behind"][10:40]), statistics.median(told["behind"][-30:])
    # A browser keeps a little more in hand once packets were repeated; a queue that grows would be seconds by now.
    assert late < early + 500  # milliseconds
    assert late < 1_000


async def test_a_weak_line_gets_fewer_pictures_and_no_growing_delay(tmp_path):
    loop = load_loop(VIDEO, key_every_s=1.0, most_s=4, height_px=720)
    rate_bps = 8_000_000 * sum(sum(map(len, unit.nals)) for unit in loop.units) / loop.length_us
    async with open_tab(tmp_path, loop) as tab:
        path = await LossyPath(("127.0.0.1", tab.city.gateway.ground.endpoint.port), rate_bps=0.6 * rate_bps).open()
        await tab.page.evaluate(f"window.relay = {path.port}")
        try:
            await tab.join()
            inside = tab.city.gateway.sessions.find(tab.viewers[0].session).viewer
            # The router's two seconds of memory fill first; then the gateway sends less, and they drain.
            for sign in ("> 1200", "< 1200"):
                await tab.page.wait_for_function(f"told()[0].behind.at(-1) {sign}", timeout=40_000)
        finally:
            path.close()
    assert inside.dropped_shots > 20
    assert inside.pace.rate_bps < 0.7 * rate_bps
