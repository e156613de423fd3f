"""The gateway as a process: killed in the middle of a look, started again; settings."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

import pytest
from tests.gateway.conftest import City
from tests.gateway.world import ORIGIN, until

from consentry.gateway.settings import read_settings
from consentry.kernel.errors import Malformed


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


async def start_process(folder: Path, web_url: str, port: int) -> asyncio.subprocess.Process:
    env = {**os.environ, "CONSENTRY_DATA": str(folder), "CONSENTRY_ORIGIN": ORIGIN, "CONSENTRY_WEB_URL": web_url,
           "CONSENTRY_GATEWAY_PORT": str(port)}  # fmt: skip
    words = "import sys; from consentry.project.cli import main; sys.exit(main(['gateway']))"
    return await asyncio.create_subprocess_exec(sys.executable, "-c", words, env=env, stderr=asyncio.subprocess.PIPE)


async def can_dial(port: int) -> bool:
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        return True
    return False


async def first_picture(city: City, port: int):
    """Dial until the city camera is there; the viewer that sees it."""
    async with asyncio.timeout(20):
        while True:
            await asyncio.sleep(0.1)
            if not await can_dial(port):
                continue
            viewer = city.viewer()
            await (await viewer.dial()).present()
            with contextlib.suppress(TimeoutError):
                await until(lambda: len(viewer.media) > 2 or viewer.reading.done(), 2)  # noqa: B023 - used at once
            if len(viewer.media) > 2:
                return viewer


async def test_a_gateway_killed_in_the_middle_shows_nothing_more_and_comes_back_itself(tmp_path, cars):
    city, port = City(tmp_path, cars), free_port()
    await city.start_beside(port)
    process = await start_process(tmp_path, city.web.url, port)
    try:
        viewer = await first_picture(city, port)
        process.kill()
        await process.wait()
        assert await viewer.ended() is None
        process = await start_process(tmp_path, city.web.url, port)
        again = await first_picture(city, port)
        assert again.gateway == city.identity.gateway
        process.send_signal(signal.SIGTERM)
        assert await again.ended() in ("closed", None)
        assert await asyncio.wait_for(process.wait(), 8) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        complaints = (await process.communicate())[1].decode()
        await city.stop()
    assert "Traceback" not in complaints


def test_settings_come_from_the_environment_and_odd_ones_are_named():
    settings = read_settings({"CONSENTRY_DATA": "/x", "CONSENTRY_GATEWAY_ORIGIN": "wss://cam.city.test:9443"})
    assert (settings.data, settings.port, settings.web_url) == (Path("/x"), 9443, "http://localhost:8480")
    with pytest.raises(Malformed, match="CONSENTRY_GATEWAY_PORT"):
        read_settings({"CONSENTRY_GATEWAY_PORT": "eighty"})
