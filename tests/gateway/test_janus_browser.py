"""The console's own way through Janus, in Chromium, with Debian's real Janus: shown, spoken with, revoked."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import async_playwright
from tests.gateway.conftest import City
from tests.gateway.test_browser import ARGS
from tests.gateway.test_janus import ADMIN, API
from tests.gateway.world import Viewer

from consentry.gateway.bench.janus import bare_janus
from consentry.kernel.canonical import to_b64
from consentry.kernel.opening import dump_opening

CONSOLE = Path(__file__).resolve().parents[2] / "console"
BUILD = """import('vite').then(({build}) => build({
  configFile: false, root: process.argv[1], logLevel: 'error', publicDir: false, build: {
    lib: {entry: 'src/live/janus.ts', formats: ['es'], fileName: () => 'janus.js'}, outDir: process.argv[2]}}))"""
PAGE = """<video muted autoplay playsinline></video><script type="module">
import { byJanus } from '/janus.js';
const video = document.querySelector('video');
window.said = [];
window.over = [];
window.look = async ({d, x, y, point, ticket, opening, url}) => {
  const jwk = {kty: 'EC', crv: 'P-256', d, x, y, key_ops: ['sign']};
  const privateKey = await crypto.subtle.importKey('jwk', jwk, {name: 'ECDSA', namedCurve: 'P-256'}, false, ['sign']);
  const bytes = Uint8Array.from(atob(point.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
  const holder = {id: '', privateKey, point: bytes};
  const proof = {answer: {gateway_url: url, opening}, holder, ticket, besides: () => undefined};
  window.way = byJanus(proof, {
    onSaid: (one) => said.push(one), onData: () => undefined, onStream: (stream) => { video.srcObject = stream; },
    onClosed: (unfit) => over.push(unfit),
  });
};
window.shown = () => video.videoWidth > 0 && video.currentTime;
</script>"""

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
    pytest.mark.skipif(shutil.which("janus") is None, reason="needs Debian's janus (apt-get install janus)"),
]


def proof_of(city: City, viewer: Viewer) -> dict[str, object]:
    numbers = viewer.holder.key.private_numbers()
    x, y, d = numbers.public_numbers.x, numbers.public_numbers.y, numbers.private_value
    return {
        **{name: to_b64(value.to_bytes(32, "big")) for name, value in (("x", x), ("y", y), ("d", d))},
        "point": to_b64(viewer.holder.point), "ticket": to_b64(viewer.ticket),
        "opening": json.loads(dump_opening(viewer.opening)), "url": f"ws://127.0.0.1:{city.gateway.port}/view",
    }  # fmt: skip


async def test_the_tiles_way_through_janus_shows_renews_and_ends(tmp_path, cars):
    node = [shutil.which("node") or "node", "-e", BUILD, str(CONSOLE), str(tmp_path)]
    built = await asyncio.to_thread(subprocess.run, node, cwd=CONSOLE, capture_output=True, check=False, timeout=60)
    script = (tmp_path / "janus.js").read_text()
    assert script, built.stderr.decode()
    app = web.Application()

    async def page_of(_request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def script_of(_request: web.Request) -> web.Response:
        return web.Response(text=script, content_type="text/javascript")

    app.add_routes([web.get("/", page_of), web.get("/janus.js", script_of)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    secret = tmp_path / "janus.secret"
    secret.write_text(f"{API}\n{ADMIN}\n")
    city = City(tmp_path, cars)
    try:
        with bare_janus(f'general: {{ admin_key = "{ADMIN}" }}\n', sockets=True, secret=API) as (_, port):
            await city.start(origin=origin, janus_url=f"ws://127.0.0.1:{port}", janus_secret_file=secret)
            viewer = Viewer(city.authority, city.identity.gateway, city.gateway.port, city.public)
            city.web.leased.add(viewer.session)
            async with async_playwright() as driver:
                browser = await driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
                page = await browser.new_page()
                await page.goto(origin + "/")
                await page.wait_for_function("window.look !== undefined")
                await page.evaluate("proof => look(proof)", proof_of(city, viewer))
                await page.wait_for_function("shown() > 0.5", timeout=25_000)
                assert await page.evaluate("said[0].janus") is True
                ticket = to_b64(city.authority.ticket(viewer.opening))
                await page.evaluate("ticket => way.say({type: 'renew', ticket})", ticket)
                await page.wait_for_function("said.some(({type}) => type === 'renewed')", timeout=10_000)
                city.web.tell("end", {"session": viewer.session, "reason": "withdrawn"})
                await page.wait_for_function("said.at(-1).reason === 'withdrawn' && over.length", timeout=9_000)
                await browser.close()
            await city.stop()
    finally:
        await city.stop()
        await runner.cleanup()
