"""The measured process of `media.edge`: real feeds, the real uplink queue, one WebSocket; and the server it sends to.

`python -m consentry.edge.bench_relay sink` prints its port; `… bench_relay PORT [sealed] URL…` prints a line when every
camera plays, then answers each line on stdin with how many units it has written. `sealed`: to one viewer per camera.
"""

import asyncio
import functools
import sys
from collections.abc import Coroutine

import aiohttp
import uvloop
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec

from consentry.edge.pull import CameraFeed
from consentry.edge.sealing import Sealer
from consentry.edge.uplink import Uplink
from consentry.kernel.ids import CameraId, new_id
from consentry.kernel.limits import MAX_UNIT_BYTES
from consentry.kernel.owner_record import public_point
from consentry.kernel.steady import hold_what_is_loaded

SEALED = "sealed"


async def _sink() -> None:
    async def take(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=2 * MAX_UNIT_BYTES)
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    app = web.Application()
    app.router.add_get("/edge", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    _say(str(runner.addresses[0][1]))
    await asyncio.Event().wait()


async def _relay(port: str, urls: list[str], *, sealed: bool) -> None:
    uplink = Uplink(lambda _: True)
    feeds = [CameraFeed(CameraId(new_id("camera")), url, lambda: None) for url in urls]
    for feed in feeds:
        if sealed:
            sealer = uplink.sealers[feed.camera] = Sealer(uplink.say)
            sealer.join("bench", public_point(ec.generate_private_key(ec.SECP256R1())))
        feed.watch(functools.partial(uplink.put, feed.camera))
    while not all(feed.cached() for feed in feeds):  # noqa: ASYNC110 - a state, not an event
        await asyncio.sleep(0.05)
    hold_what_is_loaded()
    _say("ready")
    written = 0
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)

    async def answer() -> None:
        while await lines.readline():
            _say(str(written))

    answering = asyncio.create_task(answer())
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"http://127.0.0.1:{port}/edge", max_msg_size=MAX_UNIT_BYTES, compress=0) as socket,
    ):
        while not answering.done():
            item = await uplink.next()
            if isinstance(item, bytes):
                await socket.send_bytes(item)
                written += 1


def _relay_as(port: str, words: list[str]) -> Coroutine[None, None, None]:
    sealed = SEALED in words[:1]
    return _relay(port, words[1:] if sealed else words, sealed=sealed)


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(_sink() if sys.argv[1] == "sink" else _relay_as(sys.argv[1], sys.argv[2:]))
