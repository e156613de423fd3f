"""A viewer turns a camera through a real gateway, a real edge and real ONVIF; only where the owner's terms say so."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from tests.edge.test_with_gateway import Street
from tests.gateway.world import Viewer, until

from consentry.demo.onvif_camera import OnvifCameraServer
from consentry.edge.key_files import load_keys
from consentry.edge.onvif.kept import keep_place
from consentry.edge.store import Store
from consentry.media.onvif.address import OnvifPlace
from consentry.media.rtsp_auth import Credentials
from consentry.media.rtsp_server import RtspServer

RIGHT = {"type": "ptz", "pan": 0.5, "tilt": 0, "zoom": 0}
WHO = Credentials("owner", "right-secret")


class Corner:
    """A street whose camera has motors, and the owner's say over them."""

    def __init__(self, street: Street, camera: OnvifCameraServer) -> None:
        self.street, self.camera, self.version = street, camera, 1
        home = street.home
        keep_place(
            Store(home.folder), load_keys(home.folder), home.world.camera, OnvifPlace(camera.address, WHO, "main")
        )

    def allow(self, *, ptz: bool) -> None:
        self.version += 1
        world = self.street.home.world
        terms = world.terms(ptz=ptz, version=self.version, expires_at_ms=world.now_ms + 10**9)
        Store(self.street.home.folder).put_terms(world.camera, terms, version=self.version)

    async def look(self) -> Viewer:
        viewer = await self.street.look()
        await viewer.pictures(2)
        return viewer


def turning(viewer: Viewer) -> list[str]:
    return [text["state"] for text in viewer.texts if text["type"] == "ptz"]


async def hold(viewer: Viewer, camera: OnvifCameraServer, word: dict[str, Any] = RIGHT) -> None:
    """Hold the key down until the camera turns."""
    async with asyncio.timeout(10):
        while camera.head.moving is None:
            await viewer.socket.send_json(word)
            await asyncio.sleep(0.1)


@pytest_asyncio.fixture
async def corner(tmp_path: Path, camera_url: str, camera_server: RtspServer) -> AsyncIterator[Corner]:
    camera, street = OnvifCameraServer(WHO, camera_server.url_of("cars")), Street(tmp_path)
    await camera.start()
    try:
        await street.start(camera_url)
        yield Corner(street, camera)
    finally:
        await street.stop()
        await camera.stop()


async def test_a_viewer_turns_only_under_terms_that_say_so_and_it_stops_when_the_key_is_let_go(corner: Corner) -> None:
    camera = corner.camera
    refused = await corner.look()
    await refused.socket.send_json(RIGHT)
    await until(lambda: turning(refused) == ["terms-ptz"])
    await refused.close()
    assert camera.head.moves == []

    corner.allow(ptz=True)
    viewer = await corner.look()
    await until(lambda: turning(viewer) == ["allowed"])
    await hold(viewer, camera)
    assert camera.head.moving == (0.5, 0.0, 0.0)
    await until(lambda: camera.head.moving is None)  # nobody said anything further
    assert camera.head.moves[-1] == "stop"

    await hold(viewer, camera)
    await viewer.socket.send_json(RIGHT | {"pan": 0})
    await until(lambda: camera.head.moving is None)
    await hold(viewer, camera)
    camera.head.moves.clear()
    assert corner.street.home.process is not None
    corner.street.home.process.stop()  # the owner's switch
    assert await viewer.ended() == "stopped"
    await until(lambda: camera.head.moves[-1:] == ["stop"])


async def test_terms_that_no_longer_allow_it_end_the_turning_at_the_edge_itself(corner: Corner) -> None:
    """The gateway still believes that it is allowed; the owner's box does not."""
    corner.allow(ptz=True)
    viewer, camera = await corner.look(), corner.camera
    second = await corner.look()
    await until(lambda: turning(viewer) == turning(second) == ["allowed"])
    await hold(viewer, camera)
    await viewer.socket.send_json(RIGHT)
    await second.socket.send_json(RIGHT | {"pan": -1})
    await until(lambda: "busy" in turning(second))
    corner.allow(ptz=False)
    await viewer.socket.send_json(RIGHT)
    assert await viewer.ended() in ("withdrawn", None)  # other terms than those that it was opened under
    await until(lambda: camera.head.moving is None)


async def test_speeds_that_are_none_end_the_session(corner: Corner) -> None:
    corner.allow(ptz=True)
    viewer = await corner.look()
    await viewer.socket.send_json(RIGHT | {"pan": 2})
    assert await viewer.ended() == "malformed"
    assert corner.camera.head.moves == []


async def test_places_that_the_camera_remembers_are_told_to_who_may_turn_and_who_leaves_stops_the_way_there(
    corner: Corner,
) -> None:
    refused = await corner.look()
    corner.allow(ptz=True)
    viewer, camera = await corner.look(), corner.camera
    await until(lambda: "presets" in {text["type"] for text in viewer.texts})
    (told,) = [text for text in viewer.texts if text["type"] == "presets"]
    assert told["presets"] == [{"token": "1", "name": "Door"}]
    assert "presets" not in {text["type"] for text in refused.texts}
    await viewer.socket.send_json({"type": "ptz", "preset": "1"})
    await until(lambda: camera.head.moves == ["preset 1"])
    await viewer.close()
    await until(lambda: camera.head.moves == ["preset 1", "stop"])
