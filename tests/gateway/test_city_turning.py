"""A city camera is turned by a real gateway and real ONVIF: where its manager says so, asked anew for each word."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.gateway.conftest import City
from tests.gateway.world import Viewer, until

from consentry.demo.onvif_camera import OnvifCameraServer
from consentry.gateway.city_turning import read_presets
from consentry.kernel.errors import Malformed
from consentry.media.rtsp_auth import Credentials

RIGHT = {"type": "ptz", "pan": 0.5, "tilt": 0, "zoom": 0}
WHO = Credentials("city", "right-secret")


@pytest_asyncio.fixture
async def motors(city: City) -> AsyncIterator[OnvifCameraServer]:
    camera = OnvifCameraServer(WHO, city.rtsp.url_of("cars"))
    await camera.start()
    yield camera
    await camera.stop()


def allow(city: City, camera: OnvifCameraServer | None, who: str = "city:right-secret") -> None:
    """Its manager gives the address of its motors, or takes it back."""
    city.web.turned.clear()
    if camera is not None:
        city.web.turned[city.public] = "onvif+" + camera.address.replace("://", f"://{who}@")
    city.web.tell_state()


def states(viewer: Viewer) -> list[str]:
    return [text["state"] for text in viewer.texts if text["type"] == "ptz"]


async def hold(viewer: Viewer, camera: OnvifCameraServer) -> None:
    async with asyncio.timeout(10):
        while camera.head.moving is None:
            await viewer.socket.send_json(RIGHT)
            await asyncio.sleep(0.15)


async def test_a_city_camera_turns_only_while_its_manager_allows_it_and_stands_after_the_last_word(city, motors):
    viewer = await city.looking(count=2)
    await viewer.socket.send_json(RIGHT)
    await until(lambda: states(viewer) == ["terms-ptz"])
    assert motors.calls == [], "no address, no call"

    allow(city, motors)
    await until(lambda: states(viewer)[-1] == "allowed")
    presets = next(text for text in viewer.texts if text["type"] == "presets")
    assert presets["presets"] == [{"token": "1", "name": "Door"}]
    await hold(viewer, motors)
    assert motors.head.moving == (0.5, 0.0, 0.0)
    await until(lambda: motors.head.moving is None)  # nobody said anything further
    assert motors.head.moves[-1] == "stop"
    await viewer.socket.send_json({"type": "ptz", "preset": "1"})
    await until(lambda: "preset 1" in motors.head.moves)

    late = await city.looking(count=2)
    assert "allowed" in states(late)
    await hold(viewer, motors)
    await late.socket.send_json(RIGHT | {"pan": -1})
    await until(lambda: "busy" in states(late))

    allow(city, None)
    await until(lambda: states(viewer)[-1] == "terms-ptz")
    await until(lambda: motors.head.moving is None)
    moves = len(motors.head.moves)
    await viewer.socket.send_json(RIGHT)
    await until(lambda: states(viewer).count("terms-ptz") == 3)
    assert len(motors.head.moves) == moves


async def test_the_end_of_a_look_and_a_silent_web_end_the_turning(city, motors):
    allow(city, motors)
    viewer = await city.looking(count=2)
    await hold(viewer, motors)
    city.web.tell("end", {"session": viewer.session, "reason": "closed"})
    await viewer.ended()
    await until(lambda: motors.head.moving is None)
    moves = len(motors.head.moves)
    await asyncio.sleep(0.5)
    assert len(motors.head.moves) == moves


async def test_a_wrong_password_is_said_and_stops_nothing_else(city, motors):
    allow(city, motors, who="city:wrong")
    viewer = await city.looking(count=2)
    await until(lambda: city.public in city.gateway.turning._places)
    await viewer.socket.send_json(RIGHT)
    await until(lambda: "unauthorised" in states(viewer))
    await viewer.pictures(len(viewer.media) + 5)
    assert motors.head.moves == []


@pytest.mark.parametrize("word", [
    {"type": "ptz", "pan": 2, "tilt": 0, "zoom": 0}, {"type": "ptz", "preset": ""}, {"type": "ptz", "preset": "x" * 65},
    {"type": "ptz", "preset": 1}, {"type": "ptz"},
])  # fmt: skip
async def test_a_word_that_is_none_ends_the_look(city, motors, word):
    allow(city, motors)
    viewer = await city.looking(count=2)
    await viewer.socket.send_json(word)
    assert await viewer.ended() == "malformed"
    assert motors.head.moves == []


@pytest.mark.parametrize("said", [None, [{}], [{"token": "1"}], [{"token": "x" * 65, "name": ""}],
                                  [{"token": "1", "name": "a"}] * 33])  # fmt: skip
def test_an_edge_that_names_no_places_is_not_believed(said):
    with pytest.raises(Malformed):
        read_presets(said)
