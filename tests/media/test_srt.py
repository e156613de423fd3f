"""SRT with ffmpeg on the other side: called and calling, encrypted, with a stream id; and what is refused."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.media.sinks import QUICK, X264, Taken, needs_ffmpeg, pulling

from consentry.media.pulling import pull
from consentry.media.srt_library import is_there
from consentry.media.units import SourceFault

pytestmark = [
    needs_ffmpeg,
    pytest.mark.skipif(not is_there(), reason="needs libsrt (Debian: apt-get install libsrt1.5-gnutls)"),
]
DRONE = Path(__file__).resolve().parents[3] / "shared" / "data" / "drone" / "synthetic_drone_klv.ts"
SECRET = "a-good-passphrase"


@pytest.fixture
def port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        return udp.getsockname()[1]


@contextlib.asynccontextmanager
async def sender(url: str, *source: str):
    """ffmpeg sending MPEG-TS to `url` for as long as the block runs; it is started again when it cannot connect yet."""

    async def run() -> None:
        words = source or ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", *X264)
        while True:
            process = await asyncio.create_subprocess_exec(
                "ffmpeg", "-v", "error", "-re", *words, "-f", "mpegts", url,
                stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            try:
                await process.wait()
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_we_call_and_all_pictures_come(port):
    taken = Taken()
    async with sender(f"srt://127.0.0.1:{port}?mode=listener"), pulling(f"srt://127.0.0.1:{port}", taken):
        await taken.until(lambda it: len(it.units) >= 50)
    assert len(taken.decoded()) >= 47
    assert "online" in taken.states


async def test_a_drone_calls_us_encrypted_with_its_stream_id_and_its_klv_comes_too(port):
    if not DRONE.exists():
        pytest.skip("needs ../shared/data/drone/synthetic_drone_klv.ts")
    listening = replace(QUICK, listen_ports=range(port, port + 1))
    drone = ("-stream_loop", "-1", "-i", str(DRONE), "-map", "0", "-c", "copy")
    query, taken = f"passphrase={SECRET}&streamid=drone-7", Taken()
    async with pulling(f"srt://127.0.0.1:{port}?mode=listener&{query}", taken, listening):
        async with sender(f"srt://127.0.0.1:{port}?{query.replace('drone-7', 'drone-8')}", *drone):
            await asyncio.sleep(1.5)
            assert not taken.units
        async with sender(f"srt://127.0.0.1:{port}?{query}", *drone):
            await taken.until(lambda it: len(it.units) >= 20 and len(it.klv) >= 10)
        await taken.until(lambda it: it.states[-1] in ("silent", "connecting") and "silent" in it.states)


@pytest.mark.parametrize("wrong", ["passphrase=another-passphrase", ""])
async def test_a_wrong_or_missing_passphrase_is_unauthorised_and_never_told(port, wrong, caplog):
    url = f"srt://127.0.0.1:{port}?{wrong}"
    async with sender(f"srt://127.0.0.1:{port}?mode=listener&passphrase={SECRET}"):
        await asyncio.sleep(1)
        for _ in range(10):
            fault = await fault_of(url)
            if fault.kind != "unreachable":
                break
    assert fault.kind == "unauthorised"
    assert not any(secret in str(fault) + caplog.text for secret in (SECRET, "another-passphrase"))


async def fault_of(url: str) -> SourceFault:
    with pytest.raises(SourceFault) as caught:
        await pull(url, Taken().outlet(), replace(QUICK, connect_s=1.0))
    return caught.value


async def test_nobody_answers_and_no_port_is_opened_by_writing_an_address(port):
    assert (await fault_of(f"srt://127.0.0.1:{port}")).kind == "unreachable"
    for odd in ("mode=listener", "mode=rendezvous", "passphrase=short", "streamid=" + "x" * 600):
        assert (await fault_of(f"srt://127.0.0.1:{port}?{odd}")).kind == "unreachable"


async def test_a_host_that_is_no_name_or_a_machine_without_processes_is_a_fault_and_tried_again(port, monkeypatch):
    taken, other = Taken(), Taken()
    async with pulling(f"srt://{'x' * 70}.example:{port}?" + "&".join("a=1" for _ in range(40)), taken):
        await taken.until(lambda it: it.states.count("unreachable") >= 2)
    monkeypatch.setattr("asyncio.create_subprocess_exec", _no_more_processes)
    async with pulling(f"srt://127.0.0.1:{port}", other):
        await other.until(lambda it: it.states.count("unreachable") >= 2)


async def _no_more_processes(*_words, **_options):
    raise BlockingIOError("no more processes")


# The real program and its real start; instead of connecting it tries to get out, from the library's side too.
ESCAPES = """
import os, socket, sys
from consentry.media import srt_child
victim = sys.argv.pop()
def out(srt, options):
    acts = {
        "socket": lambda: socket.socket(), "open": lambda: os.open("/etc/hostname", os.O_RDONLY),
        "write": lambda: os.open(victim, os.O_WRONLY | os.O_CREAT), "kill": lambda: os.kill(os.getppid(), 0),
        "program": lambda: os.execv("/bin/true", ["true"]), "memory": lambda: bytearray(1 << 30),
    }
    for name, act in acts.items():
        try:
            act()
        except (PermissionError, MemoryError):
            print("refused", flush=True)
        else:
            print("GOT OUT BY", name, flush=True)
srt_child.prepare = out
srt_child.main()
"""


def test_the_child_that_speaks_srt_can_open_nothing_more(tmp_path, port):
    options = b'{"listen": false, "ip": "127.0.0.1", "port": %d, "stream_id": ""}\n' % port
    words = [sys.executable, "-I", "-c", ESCAPES, str(tmp_path / "new")]
    done = subprocess.run(words, input=options, capture_output=True, check=False, timeout=30)
    assert done.stdout.split() == [b"refused"] * 6, done.stderr
    assert list(tmp_path.iterdir()) == []
