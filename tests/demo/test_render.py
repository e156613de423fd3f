"""Simulated cameras: real H.264 over real RTSP, with a clock that one can read back."""

import asyncio
import itertools

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from consentry.demo.cameras import LiveCamera, serve
from consentry.demo.city import build_city
from consentry.demo.glyphs import read_clock
from consentry.demo.render import FPS, GOP_S, PERIOD_US, light_at, movers
from consentry.demo.scenes import HEIGHT, WIDTH, door_scene, street_scene
from consentry.media.rtsp_server import RtspServer
from consentry.media.units import AccessUnit

AT_US = 1_795_377_611_627_000
CAMERAS = build_city().live_cameras()


def decode(units: list[AccessUnit]) -> list[NDArray[np.uint8]]:
    """Luma planes of the units' pictures."""
    codec = av.CodecContext.create("h264", "r")
    pictures = []
    for unit in units:
        packet = av.Packet(b"".join(b"\x00\x00\x00\x01" + nal for nal in unit.nals))
        pictures += codec.decode(packet)  # type: ignore[attr-defined] # a video codec
    pictures += codec.decode(None)  # type: ignore[attr-defined]
    return [picture.to_ndarray(format="gray")[:HEIGHT] for picture in pictures]


def test_key_frame_comes_when_asked_and_can_be_read_alone() -> None:
    live = LiveCamera(CAMERAS[0])
    units = [unit for index in range(6) for unit in live.step(AT_US + index * PERIOD_US, key=index == 4)]
    assert [index for index, unit in enumerate(units) if unit.key] == [0, 4]
    assert len(decode(units[4:])) == 2


@pytest.mark.parametrize("camera", [CAMERAS[0], CAMERAS[-1]], ids=["street", "door"])
def test_pictures_decode_and_their_clock_moves(camera: object) -> None:
    live = LiveCamera(camera)  # type: ignore[arg-type] # a DemoCamera
    times = [AT_US + index * PERIOD_US for index in range(FPS * GOP_S + 2)]
    units = [unit for at_us in times for unit in live.step(at_us)]
    assert [index for index, unit in enumerate(units) if unit.key] == [0, FPS * GOP_S]
    pictures = decode(units)
    assert pictures[0].shape == (HEIGHT, WIDTH)
    assert [read_clock(picture) for picture in pictures] == [at_us // 1_000 * 1_000 for at_us in times]


def test_each_unit_carries_the_moment_that_it_shows() -> None:
    live = LiveCamera(CAMERAS[0])
    first, second = live.step(AT_US)[0], live.step(AT_US + PERIOD_US)[0]
    assert (first.ts_us, second.ts_us) == (0, PERIOD_US)
    assert (first.wallclock_us, second.wallclock_us) == (AT_US, AT_US + PERIOD_US)


def test_somebody_moves_in_every_scene() -> None:
    for seed, scene in enumerate((street_scene(1), door_scene(2))):
        seen = [movers(scene.tracks, seed, AT_US + second * 1_000_000) for second in range(60)]
        assert {mover.kind for row in seen for mover in row} == {track.kind for track in scene.tracks}
        assert all(row == sorted(row, key=lambda mover: -mover.ahead) for row in seen)
        assert movers(scene.tracks, seed, AT_US) == movers(scene.tracks, seed, AT_US)


def test_it_is_day_at_noon_and_dusk_at_night() -> None:
    day_us = 86_400_000_000
    noon_us = AT_US // day_us * day_us + 14 * 3_600_000_000 + 40 * 60_000_000
    assert light_at(noon_us) == 100
    assert light_at(noon_us + 12 * 3_600_000_000) == 58


async def test_ten_cameras_are_served_over_real_rtsp() -> None:
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(0, stop=stop, ready=ready.set_result))
    server: RtspServer = await asyncio.wait_for(ready, 60)
    try:
        clocks = await asyncio.to_thread(_watch, server.url_of("private-1"))
        assert all(later > earlier for earlier, later in itertools.pairwise(clocks))
        assert [server.find_stream(camera.key) is None for camera in CAMERAS] == [False] * 10
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


def _watch(url: str) -> list[int]:
    clocks: list[int] = []
    with av.open(url, options={"rtsp_transport": "tcp"}, timeout=30) as container:
        for picture in container.decode(video=0):
            clocks.append(read_clock(picture.to_ndarray(format="gray")[:HEIGHT]))
            if len(clocks) == 4:
                return clocks
    return clocks
