"""Looking by WebRTC in Chromium, over the gateway's real doors, from a page of another origin."""

import json
import shutil

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import async_playwright
from tests.gateway.conftest import City
from tests.gateway.test_browser import ARGS
from tests.gateway.world import Viewer

from consentry.kernel.canonical import from_b64, to_b64

PAGE = """<body><script>
window.looks = [];
window.join = async (base) => {
  const began = performance.now(), look = {frames: 0, texts: [], state: 'new'};
  const {nonce} = await (await fetch(base + '/challenge', {method: 'POST'})).json();
  const present = window.present(nonce);
  const peer = look.peer = new RTCPeerConnection();
  look.channel = peer.createDataChannel('consentry.view.1', {negotiated: true, id: 0});
  look.channel.onmessage = ({data}) => look.texts.push(JSON.parse(data));
  const receiver = peer.addTransceiver('video', {direction: 'recvonly'}).receiver;
  receiver.jitterBufferTarget = 0;
  const video = look.video = document.createElement('video');
  video.muted = video.autoplay = true;
  document.body.append(video);
  video.srcObject = new MediaStream([receiver.track]);
  const count = (now, frame) => {
    look.frames += 1;
    look.first ??= performance.now() - began;
    look.rtp = frame.rtpTimestamp;
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
  await peer.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  window.looks.push(look);
};
window.told = () => window.looks.map(({frames, first, rtp, texts, state, location, video}) =>
  ({frames, first, rtp, texts, state, location, width: video.videoWidth}));
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
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    city = City(tmp_path, cars)
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
    await tab.page.wait_for_function("told().every(({frames}) => frames > 3)", timeout=15_000)
    told = await tab.told()
    print([round(look["first"]) for look in told], told[0])
    assert len(told) == 20
    assert {look["width"] for look in told} == {384}
