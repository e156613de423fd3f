"""Pairing pins the owner's key only if the code carries its fingerprint; pins and keys survive kill -9."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from tests.edge.running_home import RunningHome
from tests.edge.world import POLICY, World

from consentry.edge.key_files import load_keys
from consentry.edge.pair import fingerprint_of, pair_edge, parse_code, read_answer
from consentry.edge.pins import parse_pins, pins_record
from consentry.edge.settings import EdgeSettings
from consentry.edge.store import Store
from consentry.kernel.canonical import from_b64
from consentry.kernel.errors import Conflict, Malformed, Refused, Unavailable, Untrusted
from consentry.kernel.owner_record import public_point

Start = Callable[[int, bytes], Awaitable[str]]


def code_for(world: World) -> str:
    return "ABCD-2345-" + fingerprint_of(public_point(world.owner))


@pytest_asyncio.fixture
async def server() -> AsyncIterator[tuple[Start, list[dict[str, str]]]]:
    """Starts a server that answers pairing as told, and keeps what it was asked."""
    asked: list[dict[str, str]] = []
    runners: list[web.AppRunner] = []

    async def start(status: int, body: bytes) -> str:
        async def answer(request: web.Request) -> web.Response:
            asked.append(await request.json())
            return web.Response(status=status, body=body, headers={"Location": "http://127.0.0.1:1/"})

        app = web.Application()
        app.add_routes([web.post("/api/edges/pair", answer)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start, asked
    for runner in runners:
        await runner.cleanup()


async def test_pairing_sends_public_keys_only_and_pins_the_answer(
    server: tuple[Start, list[dict[str, str]]], tmp_path: Path
) -> None:
    start, asked = server
    world = World()
    url = await start(200, world.answer())
    pins = await pair_edge(EdgeSettings(tmp_path), server=url, code=code_for(world).lower())
    keys = load_keys(tmp_path)
    assert set(asked[0]) == {"code", "public_key", "box_key"}
    assert asked[0]["code"] == "ABCD2345"
    assert from_b64(asked[0]["public_key"]) == keys.public_key()
    assert from_b64(asked[0]["box_key"]) == keys.box_point()
    store = Store(tmp_path)
    assert store.pins() == pins
    assert store.policies() == {POLICY: 0}


async def test_another_owners_key_than_the_code_says_is_not_pinned(
    server: tuple[Start, list[dict[str, str]]], tmp_path: Path
) -> None:
    start, _ = server
    owner, thief = World(), World()
    url = await start(200, thief.answer())
    with pytest.raises(Untrusted) as caught:
        await pair_edge(EdgeSettings(tmp_path), server=url, code=code_for(owner))
    assert caught.value.kind == "owner-fingerprint"
    assert Store(tmp_path).pins() is None


@pytest.mark.parametrize("status", [302, 400, 403, 500])
async def test_a_server_that_refuses_pins_nothing(
    server: tuple[Start, list[dict[str, str]]], tmp_path: Path, status: int
) -> None:
    start, _ = server
    url = await start(status, b'{"title":"this code is wrong"}')
    with pytest.raises(Refused):
        await pair_edge(EdgeSettings(tmp_path), server=url, code=code_for(World()))
    assert Store(tmp_path).pins() is None


async def test_a_paired_edge_is_not_paired_again_by_accident(
    server: tuple[Start, list[dict[str, str]]], tmp_path: Path
) -> None:
    start, _ = server
    world, settings = World(), EdgeSettings(tmp_path)
    url = await start(200, world.answer())
    await pair_edge(settings, server=url, code=code_for(world))
    with pytest.raises(Conflict):
        await pair_edge(settings, server=url, code=code_for(world))
    await pair_edge(settings, server=url, code=code_for(world), again=True)


@pytest.mark.parametrize("url", ["http://example.org", "ftp://127.0.0.1", "https://user:word@example.org", "nowhere"])
async def test_only_private_addresses_of_servers_are_taken(tmp_path: Path, url: str) -> None:
    with pytest.raises(Malformed):
        await pair_edge(EdgeSettings(tmp_path), server=url, code=code_for(World()))


async def test_a_server_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await pair_edge(EdgeSettings(tmp_path), server="http://127.0.0.1:1", code=code_for(World()))


@pytest.mark.parametrize("code", ["", "ABCD-2345", "ABCD-2345-ABCD-2345-ABC1", "A" * 21, "ABCD-2345-ABCD-2345-ABÇD"])
def test_what_is_no_code_is_said_before_asking_anybody(code: str) -> None:
    with pytest.raises(Malformed):
        parse_code(code)


CHANGES: dict[str, object] = {
    "owner_key": "AAAA", "witness_vkeys": [], "quorum": 0, "ticket_keys": [], "gateways": [], "edge": "edge",
    "ledger_url": "http://example.org/ledger/", "policies": [], "log_vkey": None,
}  # fmt: skip


@pytest.mark.parametrize("field", sorted(set(CHANGES) - {"log_vkey"}))
def test_an_answer_that_is_not_complete_pins_nothing(field: str) -> None:
    world = World()
    answer = {**json.loads(world.answer()), field: CHANGES[field]}
    with pytest.raises((Malformed, Untrusted)):
        read_answer(json.dumps(answer).encode(), server="x", fingerprint=fingerprint_of(public_point(world.owner)))


def test_pins_survive_their_own_record() -> None:
    pins = World().pins()
    assert parse_pins(pins_record(pins), server=pins.server) == pins


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    assert load_keys(tmp_path).public_key() == keys.public_key()
    (tmp_path / "identity.key").chmod(0o644)
    with pytest.raises(Untrusted):
        load_keys(tmp_path)


WRITER = """
import sys
from pathlib import Path
from consentry.edge.store import Store, Use
store = Store(Path(sys.argv[1]))
for at in range(1, 10_000):
    store.use(at.to_bytes(32, "big"), Use("inc", "cam", at, at), forget_before_ms=0)
    print(at, flush=True)
"""


def test_kill_9_loses_no_pin_and_no_used_opening(tmp_path: Path) -> None:
    world = World()
    store = Store(tmp_path)
    store.pin(world.pins(), (POLICY,))
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    said = [int(child.stdout.readline()) for _ in range(20)]
    os.kill(child.pid, signal.SIGKILL)
    said += [int(line) for line in child.stdout.read().splitlines() if line.strip()]
    child.wait()
    store.close()
    again = Store(tmp_path)
    assert again.pins() == world.pins()
    assert all(again.is_used(at.to_bytes(32, "big")) for at in said)


async def test_the_page_pairs_an_edge_that_starts_unpaired(
    server: tuple[Start, list[dict[str, str]]], tmp_path: Path
) -> None:
    start, _ = server
    home = RunningHome(tmp_path)
    await home.gateway.start()
    home.gateway.edge_key = load_keys(home.folder).public_key()
    origin = f"127.0.0.1:{home.gateway.port}"
    answer = home.world.answer(gateway_url=f"ws://{origin}/edge", ledger_url=f"http://{origin}/ledger/")
    url = await start(200, answer)
    await home.start_edge()
    assert home.process is not None
    page = home.process.page.address
    async with aiohttp.ClientSession() as http:
        text = await (await http.get(page)).text()
        token = text.split('name="token" value="')[1].split('"')[0]
        fields = {"token": token, "server": url, "code": "AAAA-AAAA-AAAA-AAAA-AAAA"}
        async with http.post(page + "pair", data=fields) as reply:
            assert reply.status == 400
        async with http.post(page + "pair", data={**fields, "code": code_for(home.world)}) as reply:
            assert reply.status == 200
    await home.gateway.hear("health")
    await home.close()
