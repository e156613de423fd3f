"""Which stream a viewer gets: what its browser plays, and what its line carries. Real cameras, a slow real line."""

import asyncio
import io

import av
import pytest
import pytest_asyncio
from tests.gateway.conftest import VIDEO, City
from tests.gateway.rtc_world import RtcViewer
from tests.gateway.slow_path import SlowPath
from tests.gateway.world import Viewer, until
from tests.media.hevc import hevc_loop
from tests.media.sinks import needs_ffmpeg

from consentry.media import line
from consentry.media.file_source import Loop, load_loop, play
from consentry.media.units import MAIN


@pytest.fixture(scope="module")
def large() -> Loop:
    if not VIDEO.exists():
        pytest.skip("needs ../shared/data/video/car-detection.mp4")
    return load_loop(VIDEO, key_every_s=0.4, most_s=2, height_px=540)  # 650 kbit/s


@pytest.fixture(scope="module")
def small() -> Loop:
    return load_loop(VIDEO, key_every_s=1.0, most_s=2, height_px=216)  # 110 kbit/s


class TwoStreams:
    """A city whose camera has a main stream and, unless it is taken away, a smaller one."""

    def __init__(self, city: City) -> None:
        self.city = city

    async def have(self, main: Loop, low: Loop | None) -> None:
        city = self.city
        for path, loop in (("main", main), ("low", low)):
            if loop is not None:
                city.tasks.append(asyncio.create_task(play(loop, lambda unit, at=path: city.rtsp.publish(at, unit))))
        city.web.public[city.public] = city.rtsp.url_of("main")
        if low is not None:
            city.web.low[city.public] = city.rtsp.url_of("low")
        await asyncio.sleep(0.1)
        city.web.tell_state()
        wanted = sum(map(len, main.units[0].nals[:2]))
        hub = city.gateway.sessions.hubs[city.public]
        await until(lambda: hub.main.muxer and sum(map(len, hub.main.muxer.parameter_sets[:2])) == wanted)

    @property
    def low_readers(self) -> int:
        stream = self.city.rtsp.find_stream("low")
        return len(stream.players) if stream else 0


@pytest_asyncio.fixture
async def streams(city: City) -> TwoStreams:
    return TwoStreams(city)


def told(viewer: Viewer, kind: str) -> list[dict]:
    return [text for text in viewer.texts if text["type"] == kind]


def frames(viewer: Viewer) -> list[av.VideoFrame]:
    """What came since the last initialisation segment, decoded."""
    begin = max(at for at, (kind, _, _) in enumerate(viewer.media) if kind == 1)
    with av.open(io.BytesIO(b"".join(body for _, _, body in viewer.media[begin:]))) as opened:
        return list(opened.decode(video=0))


@needs_ffmpeg
async def test_h265_goes_to_who_says_that_it_plays_it_and_is_refused_to_others(streams):
    city = streams.city
    await streams.have(hevc_loop(), None)
    viewer = await (await city.viewer().dial()).present(plays=["h265", "av1"])
    await viewer.pictures(15)
    assert told(viewer, "init")[-1]["codec"].startswith("hvc1.")
    assert len(frames(viewer)) >= 14
    assert await (await city.viewer().dial()).refused() == "codec"
    assert await (await city.viewer().dial()).refused(plays="h265") == "malformed"
    by_webrtc = RtcViewer(city.authority, city.identity.gateway, city.gateway.port, city.public)
    city.web.leased.add(by_webrtc.session)
    city.open.append(by_webrtc)
    await by_webrtc.prepare()
    await by_webrtc.challenge()
    assert await by_webrtc.post() == 406
    assert "codec" in by_webrtc.answer
    await until(lambda: len(city.gateway.sessions) == 1)  # who was refused is forgotten


@needs_ffmpeg
async def test_who_plays_no_h265_gets_the_h264_which_is_read_while_needed(streams, small, monkeypatch):
    monkeypatch.setattr("consentry.gateway.switching.LINGER_S", 0.5)
    city = streams.city
    await streams.have(hevc_loop(), small)
    assert streams.low_readers == 0
    modern = await (await city.viewer().dial()).present(plays=["h265"])
    await modern.pictures(3)
    assert streams.low_readers == 0
    plain = await city.looking(count=8)
    assert told(plain, "init")[-1]["codec"].startswith("avc1.")
    assert len(frames(plain)) >= 7
    await until(lambda: told(plain, "quality"))
    assert told(plain, "quality") == [{"type": "quality", "level": "small", "why": "codec"}]
    second = await city.looking(count=3)
    assert streams.low_readers == 1
    for viewer in (plain, second):
        await viewer.socket.close()
    await until(lambda: streams.low_readers == 0)
    assert not told(modern, "quality")
    assert city.gateway.sessions.hubs[city.public].switching.low.muxer is None


@needs_ffmpeg
async def test_a_sub_stream_that_does_not_come_is_a_clear_word(streams, small, monkeypatch):
    monkeypatch.setattr("consentry.gateway.switching.LOW_WAIT_S", 1.0)
    city = streams.city
    await streams.have(hevc_loop(), small)
    city.web.low[city.public] = city.rtsp.url_of("nothing-here")
    city.web.tell_state()
    await until(lambda: city.gateway.sources._running[city.public][0].low_url.endswith("nothing-here"))
    assert await (await city.viewer().dial()).refused() == "codec"


@pytest.mark.slow
async def test_a_weak_line_gets_the_sub_stream_then_few_pictures_and_no_growing_delay(
    streams, large, small, monkeypatch
):
    monkeypatch.setattr(line, "FIRST_STEADY_S", 6.0)
    monkeypatch.setattr(line, "MOST_STEADY_S", 6.0)
    city = streams.city
    await streams.have(large, small)
    path = await SlowPath(city.gateway.port, 2_000_000).open()
    try:
        viewer = Viewer(city.authority, city.identity.gateway, path.port, city.public)
        city.web.leased.add(viewer.session)
        city.open.append(viewer)
        await (await viewer.dial()).present()
        await viewer.pictures(10)
        healthy = await city.looking(count=3)
        before = len(_delays_s(viewer))
        recorded: list[int] = []
        city.gateway.sessions.hubs[city.public].tap(lambda _camera, unit: recorded.append(unit.track))
        path.rate_bps = 300_000
        await until(lambda: told(viewer, "quality"), 25)
        assert told(viewer, "quality")[0] == {"type": "quality", "level": "small", "why": "line"}
        assert told(viewer, "init")[-1]["height"] == 216
        assert max(_delays_s(viewer)[before:]) < 6.0
        await _steady_delay(viewer, at_most_s=1.0)
        path.rate_bps = 70_000
        await until(lambda: told(viewer, "quality")[-1]["level"] == "few", 25)
        await _steady_delay(viewer, at_most_s=3.0)
        path.rate_bps = 2_000_000
        await until(lambda: told(viewer, "quality")[-1]["level"] == "full", 30)
        await until(lambda: told(viewer, "init")[-1]["height"] == 540)
        await viewer.pictures(len(viewer.media) + 8)
        assert len(frames(viewer)) >= 7
        assert not told(healthy, "quality")
        assert len(told(healthy, "init")) == 1
        assert set(recorded) == {MAIN}, "what is recorded does not suffer from one viewer's line"
    finally:
        await path.close()


async def _steady_delay(viewer: Viewer, *, at_most_s: float) -> None:
    """Wait until what arrives is no older than that, then that it stays so for three seconds."""
    await until(lambda: _delays_s(viewer)[-1] < at_most_s, 25)
    had = len(_delays_s(viewer))
    await asyncio.sleep(3)
    later = _delays_s(viewer)[had:]
    assert later, "nothing came any more"
    assert max(later) < at_most_s + 0.5


def _delays_s(viewer: Viewer) -> list[float]:
    pictures = zip(viewer.arrived_wall_s, viewer.media, strict=True)
    return [at_s - wall_us / 1_000_000 for at_s, (kind, wall_us, _) in pictures if kind == 2]
