"""A loop of real video, a real RTSP camera and a home whose edge runs against a small gateway of the test's own."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import uvloop
from tests.edge.moving import moving_loop
from tests.edge.running_home import RunningHome, start_home
from tests.media.played import played

from consentry.media.file_source import Loop, load_loop
from consentry.media.rtsp_auth import Credentials
from consentry.media.rtsp_server import RtspServer

VIDEO = Path(__file__).resolve().parents[3] / "shared" / "data" / "video" / "car-detection.mp4"


def pytest_asyncio_loop_factories() -> dict[str, object]:
    """The loop that runs in production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def cars() -> Loop:
    if not VIDEO.exists():
        pytest.skip("needs ../shared/data/video/car-detection.mp4")
    return load_loop(VIDEO, key_every_s=0.5, most_s=2, height_px=216)


@pytest_asyncio.fixture
async def camera_server(cars: Loop) -> AsyncIterator[RtspServer]:
    """A camera with a password that plays as long as it is not stopped; it may be started again."""
    async with played(cars, "cars", Credentials("owner", "right-secret")) as server:
        yield server


@pytest.fixture
def camera_url(camera_server: RtspServer) -> str:
    return camera_server.url_of("cars")


@pytest_asyncio.fixture
async def running(tmp_path: Path, camera_url: str) -> AsyncIterator[RunningHome]:
    """An edge that is paired, connected and sees pictures."""
    home = await start_home(tmp_path, camera_url)
    yield home
    await home.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to mount a small tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest_asyncio.fixture
async def lively_url() -> AsyncIterator[str]:
    """A real camera whose whole picture changes in each frame."""
    async with played(moving_loop(), "street") as server:
        yield server.url_of("street")


@pytest_asyncio.fixture
async def lively_home(tmp_path: Path, lively_url: str) -> AsyncIterator[RunningHome]:
    """A home whose camera sees nothing that stands still."""
    made = await start_home(tmp_path, lively_url)
    yield made
    await made.close()
