"""Pairing by a square: what the phone left is believed only if it read the square; the box asks on while nobody did."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from tests.edge.running_home import RunningHome
from tests.edge.test_pair import code_for
from tests.edge.world import World

from consentry.edge import meet as meeting
from consentry.edge.key_files import load_keys
from consentry.edge.meet import meet, new_square
from consentry.edge.settings import EdgeSettings
from consentry.edge.store import Store
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import Conflict, Malformed, Unavailable, Untrusted
from consentry.kernel.meeting import name_of, seal_code


class Server:
    """The two endpoints on a real port: `left` by square, `answer` to a code; `asked` what was asked."""

    def __init__(self) -> None:
        self.left: dict[str, str] = {}
        self.answer = b""
        self.asked: list[str] = []
        self.failing = 0
        self.url = ""

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.add_routes([web.post("/api/edge-meetings/find", self._find), web.post("/api/edges/pair", self._pair)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def _find(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(await request.text())
        if self.failing:
            self.failing -= 1
            return web.Response(status=503)
        return web.json_response({"box": self.left.get(body["meeting"])})

    async def _pair(self, request: web.Request) -> web.Response:
        self.asked.append(await request.text())
        return web.Response(body=self.answer)

    def leave(self, secret: bytes, code: str) -> None:
        self.left[to_b64(name_of(secret))] = to_b64(seal_code(secret, code.replace("-", "")))


@pytest_asyncio.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    monkeypatch.setattr(meeting, "ASK_EVERY_S", 0.05)
    made = Server()
    runner = await made.start()
    yield made
    await runner.cleanup()


async def test_who_read_the_square_is_pinned_and_the_secret_never_left_the_box(server: Server, tmp_path: Path) -> None:
    world = World()
    server.answer, server.failing = world.answer(), 2  # a server that is away for a moment is asked again
    square = new_square(server.url)
    waiting = asyncio.create_task(meet(EdgeSettings(tmp_path), square))
    await asyncio.sleep(0.2)
    server.leave(square.secret, code_for(world))
    pins = await asyncio.wait_for(waiting, 10)
    store = Store(tmp_path)
    assert store.pins() == pins
    assert square.link == f"{server.url}/home/pair#{to_b64(square.secret)}"
    assert to_b64(square.secret) not in "".join(server.asked)
    with pytest.raises(Conflict):
        await meet(EdgeSettings(tmp_path), new_square(server.url))


async def test_a_server_that_makes_a_code_of_its_own_is_not_believed(server: Server, tmp_path: Path) -> None:
    """It knows the square's name from our asking, and not its secret."""
    thief = World()
    server.answer = thief.answer()
    square = new_square(server.url)
    server.left[to_b64(name_of(square.secret))] = to_b64(seal_code(bytes(20), code_for(thief).replace("-", "")))
    with pytest.raises(Untrusted):
        await meet(EdgeSettings(tmp_path), square)
    assert Store(tmp_path).pins() is None


async def test_a_server_that_answers_a_true_code_with_another_owners_key_is_not_believed(
    server: Server, tmp_path: Path
) -> None:
    owner, thief = World(), World()
    server.answer = thief.answer()
    square = new_square(server.url)
    server.leave(square.secret, code_for(owner))
    with pytest.raises(Untrusted) as refused:
        await meet(EdgeSettings(tmp_path), square)
    assert refused.value.kind == "owner-fingerprint"
    assert Store(tmp_path).pins() is None


@pytest.mark.parametrize("left", ["", "AAAA", "?", 7, ["x"]])
async def test_what_is_no_box_is_refused(server: Server, tmp_path: Path, left: object) -> None:
    square = new_square(server.url)
    server.left[to_b64(name_of(square.secret))] = left  # type: ignore[assignment]
    with pytest.raises(Malformed):
        await meet(EdgeSettings(tmp_path), square)


async def test_a_square_that_nobody_reads_ends(server: Server, tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await meet(EdgeSettings(tmp_path), new_square(server.url), life_s=0.2)
    assert len(server.asked) > 1


@pytest.mark.parametrize("url", ["", "ftp://x", "http://example.org", "not an address"])
def test_no_square_for_what_is_no_safe_address(url: str) -> None:
    with pytest.raises(Malformed):
        new_square(url)


def test_the_square_is_drawn_for_a_terminal_and_for_the_page() -> None:
    square = new_square("https://city.example")
    assert max(map(len, square.as_text().splitlines())) <= 45
    assert square.as_svg().startswith("<svg")
    assert "<script" not in square.as_svg()


async def test_the_boxs_own_page_shows_the_square_until_it_is_read(server: Server, tmp_path: Path) -> None:
    home = RunningHome(tmp_path)
    await home.gateway.start()
    home.gateway.edge_key = load_keys(home.folder).public_key()
    origin = f"127.0.0.1:{home.gateway.port}"
    server.answer = home.world.answer(gateway_url=f"ws://{origin}/edge", ledger_url=f"http://{origin}/ledger/")
    await home.start_edge()
    assert home.process is not None
    page = home.process.page.address
    async with aiohttp.ClientSession() as http:
        token = (await (await http.get(page)).text()).split('name="token" value="')[1].split('"')[0]
        async with http.post(page + "meet", data={"token": "stolen", "server": server.url}) as reply:
            assert reply.status == 403
        async with http.post(page + "meet", data={"token": token, "server": "http://example.org"}) as reply:
            assert reply.status == 400
        async with http.post(page + "meet", data={"token": token, "server": server.url}) as reply:
            text = await reply.text()
            assert reply.headers["Refresh"] == "3"
        link = re.search(r'href="([^"]+/home/pair#[^"]+)"', text)
        assert link is not None
        assert "<svg" in text
        server.leave(from_b64(link[1].partition("#")[2]), code_for(home.world))
        await home.gateway.hear("health")
        assert "/home/pair#" not in await (await http.get(page)).text()
    await home.close()
