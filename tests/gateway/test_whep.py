"""Looking by WebRTC at a real gateway, with aiortc's full stack as the viewer."""

import pytest
from tests.gateway.rtc_world import RtcViewer
from tests.gateway.world import until


@pytest.fixture
def look(city):
    def make(camera=None) -> RtcViewer:
        viewer = RtcViewer(city.authority, city.identity.gateway, city.gateway.port, camera or city.public)
        city.web.leased.add(viewer.session)
        city.open.append(viewer)
        return viewer

    return make


async def test_a_city_camera_plays_by_webrtc(city, look):
    viewer = await look().look()
    await until(lambda: len(viewer.frames) > 10)
    assert (viewer.frames[-1].width, viewer.frames[-1].height) == (384, 216)
    print(viewer.texts)
