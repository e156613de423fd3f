"""Who may not hear gets no byte of sound, beside somebody who does; and Chromium hears what our console plays."""

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import async_playwright
from tests.gateway.test_browser import ARGS
from tests.gateway.test_whep_browser import open_tab
from tests.gateway.world import Edge, Viewer, until
from tests.media.sound import play_alaw, play_tone, tone

from consentry.gateway.frames import FRAGMENT, SOUND, SOUND_INIT
from consentry.gateway.hub import CameraHub
from consentry.gateway.viewer import SocketViewer
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId, new_id
from consentry.kernel.limits import MAX_SOUND_BYTES
from consentry.kernel.wire import WireUnit, pack_unit, parse_unit
from consentry.media.carry import from_wire, sound_from_wire, sound_to_wire
from consentry.media.file_source import play
from consentry.media.units import SoundUnit

CAMERA = CameraId(new_id("camera"))
CONSOLE = Path(__file__).resolve().parents[2] / "console"


def sounds(viewer: Viewer) -> list[bytes]:
    return [body for kind, _, body in viewer.media if kind in (SOUND_INIT, SOUND)]


def hum(city, edge: Edge) -> None:
    """The edge sends sound of its camera all the time."""

    async def send() -> None:
        queue: asyncio.Queue[SoundUnit] = asyncio.Queue()
        city.tasks.append(asyncio.create_task(play_tone(queue.put_nowait)))
        while True:
            await edge.socket.send_bytes(sound_to_wire(city.private, await queue.get()))

    city.tasks.append(asyncio.create_task(send()))


async def test_of_two_looks_at_one_camera_only_the_one_that_may_hear_gets_a_byte_of_sound(city):
    edge = await city.sending()
    hum(city, edge)
    hears = city.viewer(city.private)
    edge.heard_by.add(hears.session)
    await (await hears.dial()).present()
    deaf = await city.looking(city.private)
    await until(lambda: len(sounds(hears)) > 20)
    await deaf.pictures(len(deaf.media) + 20)
    assert sounds(deaf) == []
    assert not any(b"mp4a" in body or b"soun" in body for _, _, body in deaf.media)
    assert "sound" not in {text["type"] for text in deaf.texts}
    assert [kind for kind, _, _ in hears.media if kind != FRAGMENT][1] == SOUND_INIT

    city.web.tell("end", {"session": hears.session, "reason": "closed"})
    await hears.ended()
    count = len(hears.media)
    await deaf.pictures(len(deaf.media) + 15)
    assert len(hears.media) == count
    assert sounds(deaf) == []


async def test_a_viewer_that_may_not_hear_cannot_ask_for_it_and_one_that_takes_over_may_hear_as_before(city):
    edge = await city.sending()
    hum(city, edge)
    viewer = city.viewer(city.private)
    edge.heard_by.add(viewer.session)
    await (await viewer.dial()).present()
    await until(lambda: len(sounds(viewer)) > 3)
    before = len(viewer.media)
    await viewer.close()
    await (await viewer.dial()).present()
    await until(lambda: len([kind for kind, _, _ in viewer.media[before:] if kind == SOUND]) > 3)


async def test_a_city_camera_is_heard_while_its_manager_allows_it_and_not_read_otherwise(city):
    city.tasks.append(asyncio.create_task(play_tone(lambda unit: city.rtsp.publish_sound("cars", unit))))
    viewer = await city.looking(count=15)
    assert city.rtsp.listeners("cars") == 0
    assert sounds(viewer) == []
    city.web.audible.add(city.public)
    city.web.tell_state()
    await until(lambda: len(sounds(viewer)) > 10)
    webrtc_or_recorder = [shot.unit for shot in city.gateway.sessions.hubs[city.public].main.group]
    assert all(unit.nals for unit in webrtc_or_recorder), "no sound in what others get"
    city.web.audible.clear()
    city.web.tell_state()
    await until(lambda: city.rtsp.listeners("cars") == 0)
    count = len(viewer.media)
    await viewer.pictures(count + 15)
    assert [kind for kind, _, _ in viewer.media[count:] if kind in (SOUND, SOUND_INIT)] == []


def sound_message(payload: bytes, *, flags: int = 8) -> bytes:
    message = bytearray(pack_unit(WireUnit(CAMERA, 1, 1, False, False, False, payload)))
    message[1] = flags
    return bytes(message)


@pytest.mark.parametrize("message", [
    sound_message(b"\x01\x02\x14\x08data", flags=9), sound_message(b"\x01\x02\x14\x08data", flags=12),
    sound_message(b"\x01\x02\x14\x08data", flags=24), sound_message(bytes(MAX_SOUND_BYTES + 1)),
    sound_message(b"\x05\x00data"),
    sound_message(b"\x02\x02\x14\x08data"), sound_message(b"\x01\xff\x14\x08data"), sound_message(b"\x01\x02\x14\x08"),
    sound_message(b"\x01\x02\xff\xffdata"), sound_message(b"\x01"),
])  # fmt: skip
def test_sound_that_is_not_what_it_says_is_refused(message):
    with pytest.raises(Malformed):
        sound_from_wire(parse_unit(message))


def test_sound_travels_unchanged_and_is_never_taken_for_a_picture():
    unit = tone()[5]
    wire = parse_unit(sound_to_wire(CAMERA, unit))
    assert sound_from_wire(wire) == unit
    with pytest.raises(Malformed):
        from_wire(wire)


PAGE = """<button>Listen</button><script type="module">
import { Ear, canHear } from '/ear.js';
const element = new Audio(), socket = new WebSocket(`ws://${location.host}/ws`);
let ear, analyser;
socket.binaryType = 'arraybuffer';
socket.onmessage = ({data}) => {
  if (typeof data === 'string') {
    const told = JSON.parse(data);
    if (told.type === 'sound' && canHear(told.codec)) ear = new Ear(told.codec, element);
    return;
  }
  const kind = {4: 'sound-init', 5: 'sound'}[new Uint8Array(data)[0]];
  if (kind) ear?.push({kind, wallUs: 0, bytes: new Uint8Array(data.slice(9))});
};
document.querySelector('button').onclick = () => {
  if (!analyser) {
    const context = new AudioContext();
    analyser = context.createAnalyser();
    context.createMediaElementSource(element).connect(analyser).connect(context.destination);
  }
  ear.listen(true);
};
window.mute = () => ear.listen(false);
window.ready = () => ear !== undefined;
window.told = () => {
  const wave = new Float32Array(analyser?.fftSize ?? 1);
  analyser?.getFloatTimeDomainData(wave);
  const {buffered, currentTime} = element;
  return {
    loud: Math.sqrt(wave.reduce((sum, it) => sum + it * it, 0) / wave.length),
    decoded: element.webkitAudioDecodedByteCount, time: currentTime,
    behind: buffered.length ? buffered.end(buffered.length - 1) - currentTime : 0,
  };
};
</script>"""
BUILD = """import('vite').then(({build}) => build({
  configFile: false, root: process.argv[1], logLevel: 'error', publicDir: false, build: {
    lib: {entry: 'src/live/ear.ts', formats: ['es'], fileName: () => 'ear.js'}, outDir: process.argv[2]}}))"""


@pytest.mark.journey
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium")
async def test_chromium_hears_nothing_before_the_button_then_the_tone_then_nothing(cars, tmp_path):
    node = [shutil.which("node") or "node", "-e", BUILD, str(CONSOLE), str(tmp_path)]
    built = await asyncio.to_thread(subprocess.run, node, cwd=CONSOLE, capture_output=True, check=False, timeout=60)
    assert (tmp_path / "ear.js").exists(), built.stderr.decode()
    hub = CameraHub(CAMERA)

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def script(_request: web.Request) -> web.Response:
        return web.Response(text=(tmp_path / "ear.js").read_text(), content_type="text/javascript")

    async def feed(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        hub.join(SocketViewer(request.transport), hears=True)
        async for _ in socket:
            pass
        return socket

    app = web.Application()
    app.add_routes([web.get("/", page), web.get("/ear.js", script), web.get("/ws", feed)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    playing = [asyncio.create_task(play(cars, hub.take)), asyncio.create_task(play_tone(hub.take_sound))]
    try:
        async with async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
            tab = await browser.new_page()
            await tab.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
            await tab.wait_for_function("ready()", timeout=15_000)
            await asyncio.sleep(0.5)
            assert (await tab.evaluate("told()"))["decoded"] == 0, "nothing plays by surprise"
            await tab.click("button")
            await tab.wait_for_function("told().loud > 0.1", timeout=15_000)
            begun = await tab.evaluate("told()")
            await tab.wait_for_function(f"told().time > {begun['time'] + 1.5} && told().behind < 1", timeout=15_000)
            await tab.evaluate("mute()")
            await tab.wait_for_function("told().loud < 0.001", timeout=5_000)
            await browser.close()
    finally:
        for task in playing:
            task.cancel()
        await asyncio.gather(*playing, return_exceptions=True)
        await runner.cleanup()


@pytest.mark.journey
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium")
async def test_chromium_hears_g711_by_webrtc_while_the_manager_allows_it_and_its_pictures_do_not_wait(cars, tmp_path):
    async with open_tab(tmp_path, cars) as tab:
        city, page = tab.city, tab.page
        city.tasks.append(asyncio.create_task(play_alaw(lambda unit: city.rtsp.publish_sound("cars", unit))))
        await tab.join()
        await page.wait_for_function("told()[0].frames > 15", timeout=15_000)
        assert (await page.evaluate("heard()"))["bytes"] == 0, "agreed, and empty"
        city.web.audible.add(city.public)
        city.web.tell_state()
        await page.evaluate("looks[0].audio.play()")
        async with asyncio.timeout(15):
            while (await page.evaluate("heard()"))["level"] < 0.1:  # noqa: ASYNC110 - the browser counts
                await asyncio.sleep(0.1)
        (told,) = await tab.told()
        assert "pcma" in [text["codec"] for text in told["texts"] if text["type"] == "sound"]
        city.web.audible.clear()
        city.web.tell_state()
        await until(lambda: city.rtsp.listeners("cars") == 0)
        await asyncio.sleep(0.3)
        before, (told,) = await page.evaluate("heard()"), await tab.told()
        await page.wait_for_function(f"told()[0].frames > {told['frames'] + 10}", timeout=15_000)
        assert (await page.evaluate("heard()"))["bytes"] == before["bytes"]


async def test_g711_is_only_named_by_websocket_and_never_given(city):
    edge = await city.sending()

    async def send() -> None:
        queue: asyncio.Queue[SoundUnit] = asyncio.Queue()
        city.tasks.append(asyncio.create_task(play_alaw(queue.put_nowait)))
        while True:
            await edge.socket.send_bytes(sound_to_wire(city.private, await queue.get()))

    city.tasks.append(asyncio.create_task(send()))
    viewer, deaf = city.viewer(city.private), city.viewer(city.private)
    edge.heard_by.add(viewer.session)
    await (await viewer.dial()).present()
    await (await deaf.dial()).present()
    await until(lambda: {"type": "sound", "codec": "pcma"} in viewer.texts)
    await deaf.pictures(15)
    assert sounds(viewer) == sounds(deaf) == []
    assert "sound" not in {text["type"] for text in deaf.texts}
