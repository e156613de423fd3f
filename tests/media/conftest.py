"""A loop of real video and a real RTSP server for the media tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.media.played import played

from consentry.media.file_source import Loop, load_loop
from consentry.media.rtsp_server import RtspServer

VIDEO = Path(__file__).resolve().parents[3] / "shared" / "data" / "video" / "car-detection.mp4"


@pytest.fixture(scope="session")
def cars() -> Loop:
    if not VIDEO.exists():
        pytest.skip("needs ../shared/data/video/car-detection.mp4")
    return load_loop(VIDEO, key_every_s=0.5, most_s=3, height_px=216)


@pytest_asyncio.fixture
async def camera(cars: Loop) -> AsyncIterator[RtspServer]:
    """A server that plays `cars` at path `cars`."""
    async with played(cars, "cars") as server:
        yield server
