"""Our client and our server over real sockets, and ffmpeg as a client of our server."""

import asyncio
import contextlib
import itertools
import shutil
from collections.abc import Callable

import av
import pytest

from consentry.media.h264 import IDR, PPS, SPS, nal_kind
from consentry.media.outlet import Outlet
from consentry.media.pulling import keep_pulling
from consentry.media.rtsp_auth import Credentials
from consentry.media.rtsp_client import Patience, parse_address, pull
from consentry.media.rtsp_server import RtspServer
from consentry.media.units import AccessUnit, SourceFault

QUICK = Patience(connect_s=2, answer_s=2, silence_s=0.6, key_frame_s=0.6, first_retry_s=0.05, last_retry_s=0.1)


class Taken:
    """A sink that lets a test wait for pictures."""

    def __init__(self) -> None:
        self.units: list[AccessUnit] = []
        self.states: list[str] = []

    async def until(self, holds: Callable[["Taken"], bool], *, timeout_s: float = 8) -> None:
        async with asyncio.timeout(timeout_s):
            while not holds(self):  # noqa: ASYNC110 - the sink is synchronous by design
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def pulling(url: str, taken: Taken):
    task = asyncio.create_task(keep_pulling(url, taken.units.append, on_state=taken.states.append, patience=QUICK))
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def fault_of(url: str) -> SourceFault:
    with pytest.raises(SourceFault) as caught:
        await pull(url, Outlet(lambda unit: None, lambda state: None), QUICK)
    return caught.value


async def test_a_camera_gives_decodable_units_that_start_with_a_key_frame(camera):
    taken = Taken()
    async with pulling(camera.url_of("cars"), taken):
        await taken.until(lambda it: len(it.units) >= 12)
    units = taken.units
    assert taken.states[:2] == ["connecting", "online"]
    assert units[0].key
    assert [nal_kind(nal) for nal in units[0].nals[:3]] == [SPS, PPS, IDR]
    assert all(later.ts_us - sooner.ts_us == pytest.approx(80_000, abs=15)
               for sooner, later in itertools.pairwise(units))  # fmt: skip
    decoder = av.CodecContext.create("h264", "r")
    frames = [frame for unit in units
              for frame in decoder.decode(av.Packet(b"".join(b"\0\0\0\1" + nal for nal in unit.nals)))]  # fmt: skip
    assert len(frames) >= len(units) - 1
    assert frames[0].height == 216


async def test_wall_clock_of_a_unit_is_the_cameras_own_by_its_sender_report(camera):
    taken, publish = Taken(), camera.publish
    start_us: list[int] = []
    said_us: list[int] = []

    def publish_by_own_clock(path, unit):  # half a second behind ours and without the jitter of this machine
        start_us.append(unit.wallclock_us - unit.ts_us - 500_000)
        said_us.append(start_us[0] + unit.ts_us)
        publish(path, unit._replace(wallclock_us=said_us[-1]))

    camera.publish = publish_by_own_clock
    async with pulling(camera.url_of("cars"), taken):
        await taken.until(lambda it: len(it.units) >= 8)
    assert all(min(abs(unit.wallclock_us - there) for there in said_us) < 1_000 for unit in taken.units)


async def test_wrong_password_is_unauthorised_and_never_told(cars, caplog):
    server = RtspServer(credentials=Credentials("owner", "right-secret"))
    await server.start()
    server.publish("cars", cars.units[0])
    good = server.url_of("cars")
    fault = await fault_of(good.replace("right-secret", "wrong-secret"))
    assert fault.kind == "unauthorised"
    assert (await fault_of(good.replace("owner:right-secret@", ""))).kind == "unauthorised"
    assert (await fault_of(good)).kind in ("silent", "no-key-frame")  # let in; the stream itself stands still
    assert "secret" not in str(fault) + caplog.text + repr(parse_address(good))
    await server.stop()


async def test_camera_that_refuses_our_password_is_not_hammered(cars, unused_tcp_port):
    server = RtspServer(credentials=Credentials("owner", "right-secret"))
    await server.start()
    server.publish("cars", cars.units[0])
    refused, away = Taken(), Taken()
    async with (
        pulling(server.url_of("cars").replace("right-secret", "wrong-secret"), refused),
        pulling(f"rtsp://127.0.0.1:{unused_tcp_port}/x", away),
    ):
        await away.until(lambda it: it.states.count("connecting") > 8)
    assert refused.states == ["connecting", "unauthorised"]
    await server.stop()


async def test_faults_have_their_own_names(camera, unused_tcp_port):
    assert (await fault_of(camera.url_of("nothing"))).kind == "not-found"
    assert (await fault_of(f"rtsp://127.0.0.1:{unused_tcp_port}/x")).kind == "unreachable"
    assert (await fault_of("http://127.0.0.1/x")).kind == "unreachable"
    assert (await fault_of("rtsp://127.0.0.1:notaport/x")).kind == "unreachable"


async def test_something_that_is_not_rtsp_is_a_protocol_fault():
    async def shout(reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 20_000)
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert (await fault_of(f"rtsp://127.0.0.1:{port}/x")).kind == "protocol"


async def play_altered(units, alter) -> str:
    server = RtspServer()
    await server.start()

    async def feed():
        for _ in range(500):
            for unit in units:
                changed = alter(unit)
                if changed is not None:
                    server.publish("odd", changed)
                await asyncio.sleep(0.005)

    task = asyncio.create_task(feed())
    await asyncio.sleep(0.02)
    fault = await fault_of(server.url_of("odd"))
    task.cancel()
    await server.stop()
    return fault.kind


async def test_a_stream_without_parameter_sets_fails_fast_by_name(cars):
    def strip(unit):
        return AccessUnit(
            0, unit.ts_us, tuple(nal for nal in unit.nals if nal_kind(nal) not in (SPS, PPS)), unit.key, 0
        )

    assert await play_altered(cars.units[:12], strip) == "no-parameter-sets"


async def test_a_stream_without_key_frames_is_named(cars):
    def never_key(unit):
        return None if unit.key else AccessUnit(0, unit.ts_us, unit.nals, True, 0)  # the server lets it through

    assert await play_altered(cars.units[:12], never_key) == "no-key-frame"


async def test_a_camera_that_dies_is_silent_and_is_dialled_again(camera):
    taken = Taken()
    async with pulling(camera.url_of("cars"), taken):
        await taken.until(lambda it: len(it.units) >= 3)
        for player in list(camera.connections):
            player.abort()
        seen = len(taken.units)
        await taken.until(lambda it: it.states.count("online") == 2 and len(it.units) > seen + 2)
    assert "silent" in taken.states
    assert all(later.ts_us > sooner.ts_us for sooner, later in itertools.pairwise(taken.units))


async def test_a_camera_that_freezes_is_silent(cars):
    server = RtspServer()
    await server.start()
    server.publish("frozen", cars.units[0])
    assert (await fault_of(server.url_of("frozen"))).kind == "silent"
    await server.stop()


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs Debian's ffmpeg")
@pytest.mark.parametrize("secret", [None, Credentials("o wner", "p@ss:word/")])
async def test_ffmpeg_reads_our_server(camera, secret, tmp_path):
    camera.credentials = secret
    target = tmp_path / "copy.mp4"
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", camera.url_of("cars"), "-t", "1", "-c", "copy",
        str(target), stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, complaints = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0, complaints
    with av.open(str(target)) as container:
        assert sum(1 for _ in container.decode(video=0)) >= 8
