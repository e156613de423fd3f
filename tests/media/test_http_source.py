"""Cameras over HTTP: real bytes of ffmpeg from a real server, each kind, and what goes wrong."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from tests.media.sinks import QUICK, X264, Taken, ffmpeg_bytes, needs_ffmpeg, pulling

from consentry.kernel.errors import Malformed
from consentry.media.hls_playlist import best_variant, parse_playlist
from consentry.media.http_source import _Newest
from consentry.media.multipart import JpegSplitter, boundary_of
from consentry.media.pulling import pull
from consentry.media.reach import Reach
from consentry.media.rtsp_auth import Credentials, check_digest, digest_challenge
from consentry.media.source_address import parse_source
from consentry.media.units import SourceFault

pytestmark = needs_ffmpeg
Handler = Callable[[web.Request], object]


class Camera:
    """An HTTP server on a free port; `serve` adds a path."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.asked: list[str] = []
        self.url = ""

    def serve(self, path: str, handler: Handler) -> str:
        self.handlers[path] = handler
        return self.url + path

    def stream(self, path: str, kind: str, parts: list[bytes], *, every_s: float = 0.0) -> str:
        """Send `parts`, then hold the line."""

        async def handler(request: web.Request) -> web.StreamResponse:
            reply = web.StreamResponse(headers={"Content-Type": kind})
            await reply.prepare(request)
            with contextlib.suppress(ConnectionError):
                for part in parts:
                    await reply.write(part)
                    await asyncio.sleep(every_s)
                await asyncio.sleep(60)
            return reply

        return self.serve(path, handler)

    async def answer(self, request: web.Request) -> object:
        self.asked.append(request.path)
        handler = self.handlers.get(request.path)
        if handler is None:
            raise web.HTTPNotFound
        return await handler(request)


@pytest_asyncio.fixture
async def camera() -> AsyncIterator[Camera]:
    made, app = Camera(), web.Application()
    app.router.add_get("/{rest:.*}", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture(scope="module")
def jpegs() -> list[bytes]:
    made = ffmpeg_bytes("-t", "1.6", "-c:v", "mjpeg", "-f", "mjpeg")
    return [b"\xff\xd8\xff" + rest for rest in made.split(b"\xff\xd8\xff")[1:]]


async def fault_of(url: str) -> SourceFault:
    with pytest.raises(SourceFault) as caught:
        await pull(url, Taken().outlet(), QUICK)
    return caught.value


@pytest.mark.parametrize("counted", [True, False])
async def test_mjpeg_becomes_h264_that_starts_with_a_key_frame(camera, jpegs, counted):
    parts = []
    for jpeg in jpegs:
        size = b"Content-Length: %d\r\n" % len(jpeg) if counted else b""
        parts.append(b"--myboundary\r\nContent-Type: image/jpeg\r\n" + size + b"\r\n" + jpeg + b"\r\n")
    url = camera.stream(
        "/axis-cgi/mjpg/video.cgi", "multipart/x-mixed-replace; boundary=myboundary", parts, every_s=0.03
    )
    taken = Taken()
    async with pulling(url, taken):
        await taken.until(lambda it: len(it.units) >= 30)
    assert taken.states[:2] == ["connecting", "online"]
    assert taken.units[0].key
    assert taken.decoded()[0].height == 180
    assert all(later.ts_us > sooner.ts_us for sooner, later in itertools.pairwise(taken.units))


async def test_ffmpegs_own_mjpeg_server_as_the_guide_says(unused_tcp_port):
    url, taken = f"http://127.0.0.1:{unused_tcp_port}/cam.mjpg", Taken()
    kind = ("-content_type", "multipart/x-mixed-replace;boundary=ffmpeg")
    server = await asyncio.create_subprocess_exec(
        "ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180", "-c:v", "mjpeg", "-q:v", "5",
        "-f", "mpjpeg", *kind, "-listen", "1", url, stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with pulling(url, taken):
            await taken.until(lambda it: len(it.units) >= 20)
    finally:
        server.kill()
        await server.wait()
    assert len(taken.decoded()) >= 19


async def test_while_the_encoder_is_busy_only_the_newest_jpeg_waits():
    class Reply:
        content: object

    parts = [b"--b\r\nContent-Length: 3\r\n\r\n\xff\xd8" + bytes((at,)) for at in range(9)]

    async def chunks():
        for part in parts:
            yield part
            await asyncio.sleep(0)

    reply = Reply()
    reply.content = type("Body", (), {"iter_any": staticmethod(chunks)})
    newest = _Newest(JpegSplitter(b"b"))
    await newest.read(reply)
    assert [await newest.take(), await newest.take()] == [b"\xff\xd8\x08", None]


async def test_a_camera_that_gives_single_jpegs_is_asked_again_and_again(camera, jpegs, monkeypatch):
    monkeypatch.setattr("consentry.media.http_source.STILL_EVERY_S", 0.05)
    turn = itertools.cycle(jpegs)

    async def still(_request):
        return web.Response(body=next(turn), content_type="image/jpeg")

    taken = Taken()
    async with pulling(camera.serve("/snap", still), taken):
        await taken.until(lambda it: len(it.units) >= 5)
    assert len(taken.decoded()) >= 4


@pytest.mark.parametrize(("kind", "words"), [
    ("video/mp2t", ("-f", "mpegts")), ("video/x-flv", ("-f", "flv")),
    ("application/octet-stream", ("-bf", "2", "-f", "mpegts")),
])  # fmt: skip
async def test_a_live_stream_over_http_plays(camera, kind, words):
    data = ffmpeg_bytes("-t", "4", *X264, *words)
    parts = [data[at : at + 8_000] for at in range(0, len(data), 8_000)]
    taken = Taken()
    async with pulling(camera.stream("/live.ts", kind, parts, every_s=0.02), taken):
        await taken.until(lambda it: len(it.units) >= 40)
    assert len(taken.decoded()) >= 37


async def test_a_file_over_http_plays_in_its_own_time(camera):
    data = ffmpeg_bytes("-t", "30", *X264, "-movflags", "frag_keyframe+empty_moov", "-f", "mp4")
    taken, began = Taken(), time.monotonic()
    async with pulling(camera.stream("/a.mp4", "video/mp4", [data]), taken):
        await taken.until(lambda it: len(it.units) >= 40)
        assert time.monotonic() - began > 1.4
        await asyncio.sleep(0.5)
    assert len(taken.units) < 200


class Hls:
    """A live HLS stream made by ffmpeg, whose window moves by itself."""

    def __init__(self, folder: Path, *, fmp4: bool) -> None:
        kind = ("-hls_segment_type", "fmp4") if fmp4 else ()
        cut = ("-force_key_frames", "expr:gte(t,n_forced*0.5)", "-hls_time", "0.5", "-hls_list_size", "0", *kind)
        ffmpeg_bytes("-t", "8", *X264[:-1], "12", "-f", "hls", *cut, to=str(folder / "live.m3u8"))
        self.folder, self.began_s = folder, time.monotonic()
        lines = (folder / "live.m3u8").read_text().splitlines()
        first = next(at for at, line in enumerate(lines) if line.startswith("#EXTINF"))
        self.head = [line for line in lines[:first] if "SEQUENCE" not in line and "PLAYLIST-TYPE" not in line]
        self.pairs = [lines[at : at + 2] for at in range(first, len(lines) - 1, 2)]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        name = request.path.rpartition("/")[2]
        if name == "master.m3u8":
            text = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9,CODECS="avc1.64000c"\nlive.m3u8\n'
            text += '#EXT-X-STREAM-INF:BANDWIDTH=99,CODECS="hvc1.1"\nmissing.m3u8\n'
            return web.Response(text=text, content_type="application/vnd.apple.mpegurl")
        if name != "live.m3u8":
            return web.FileResponse(self.folder / name)
        now = min(int((time.monotonic() - self.began_s) / 0.5) + 3, len(self.pairs))
        start = max(0, now - 4)
        window = [line for pair in self.pairs[start:now] for line in pair]
        text = "\n".join([*self.head, f"#EXT-X-MEDIA-SEQUENCE:{start}", *window]) + "\n"
        return web.Response(text=text, content_type="application/vnd.apple.mpegurl")


@pytest.mark.parametrize("fmp4", [False, True])
async def test_hls_plays_every_picture_from_near_the_live_edge(camera, tmp_path, fmp4):
    live = Hls(tmp_path, fmp4=fmp4)
    for path in tmp_path.iterdir():
        camera.serve(f"/tv/{path.name}", live.answer)
    taken, began = Taken(), time.monotonic()
    async with pulling(camera.serve("/tv/master.m3u8", live.answer), taken):
        await taken.until(lambda it: len(it.units) >= 60)
    assert time.monotonic() - began > 1.5  # in its own time, not segment by segment
    assert all(abs(later.ts_us - sooner.ts_us - 40_000) < 2_000 for sooner, later in itertools.pairwise(taken.units))
    assert taken.states == ["connecting", "online"]


async def test_digest_password_goes_to_the_camera_and_to_nobody_else(camera, jpegs, caplog):
    who, heads = Credentials("owner", "right-secret"), []

    async def guarded(request):
        heads.append(request.headers.get("Authorization", ""))
        if not check_digest(heads[-1], who, "GET", "n0nce"):
            return web.Response(status=401, headers={"WWW-Authenticate": digest_challenge("cam", "n0nce")})
        return web.Response(body=jpegs[0], content_type="image/jpeg")

    url = camera.serve("/snap?res=1", guarded).replace("?res=1", "")
    camera.handlers["/snap"] = guarded
    good = url.replace("//", "//owner:right-secret@") + "?res=1"
    taken = Taken()
    async with pulling(good, taken):
        await taken.until(lambda it: it.units)
    assert (await fault_of(good.replace("right-secret", "wrong-secret"))).kind == "unauthorised"
    assert "secret" not in caplog.text + repr(parse_source(good)) + "".join(heads)

    async def away(_request):
        raise web.HTTPFound(url.replace("127.0.0.1", "localhost"))

    seen = len(heads)
    fault = await fault_of(camera.serve("/moved", away).replace("//", "//owner:right-secret@"))
    assert (fault.kind, len(heads)) == ("unreachable", seen)


@pytest.mark.parametrize("target", [
    "http://127.0.0.2:1/x", "http://169.254.169.254/latest", "http://10.0.0.1/x", "http://[::1]:1/", "file:///etc/passwd",
    "gopher://127.0.0.1/", "http://[fe80::1]/", "http://[::ffff:169.254.169.254]/", "",
])  # fmt: skip
async def test_a_redirect_or_playlist_never_leads_into_our_network(camera, target):
    async def away(_request):
        return web.Response(status=302, headers={"Location": target})

    async def playlist(_request):
        text = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target or 'http://192.168.0.1/'}\n"
        return web.Response(text=text, content_type="application/vnd.apple.mpegurl")

    assert (await fault_of(camera.serve("/r", away))).kind in ("protocol", "unreachable")
    assert (await fault_of(camera.serve("/p.m3u8", playlist))).kind in ("protocol", "unreachable")


def test_where_a_source_may_lead():
    inside, outside = Reach("cam.city.lan"), Reach("tv.example")
    assert inside.allows("cam.city.lan", "10.1.2.3")
    assert not inside.allows("cam.city.lan", "169.254.169.254")
    assert not inside.allows("other.lan", "10.1.2.4")
    assert outside.allows("cdn.example", "93.184.215.14")
    assert not outside.allows("cdn.example", "127.0.0.1")
    for odd in (
        "http://169.254.169.254/x",
        "http://224.0.0.1/x",
        "srt://cam",
        "ftp://cam/x",
        "http:///x",
        "http://a b/x",
    ):
        with pytest.raises(SourceFault):
            parse_source(odd)


async def test_faults_have_their_own_names(camera, unused_tcp_port):
    async def page(_request):
        return web.Response(text="<html>", content_type="text/html")

    async def broken(_request):
        return web.Response(status=500)

    async def boundless(_request):
        return web.Response(body=b"x", headers={"Content-Type": "multipart/x-mixed-replace"})

    assert (await fault_of(camera.url + "/nothing")).kind == "not-found"
    assert (await fault_of(f"http://127.0.0.1:{unused_tcp_port}/x")).kind == "unreachable"
    assert (await fault_of(camera.serve("/page", page))).kind == "no-video"
    assert (await fault_of(camera.serve("/broken", broken))).kind == "protocol"
    assert (await fault_of(camera.serve("/parts", boundless))).kind == "protocol"
    sound = ffmpeg_bytes("-t", "1", "-c:v", "mpeg2video", "-f", "mpegts")
    assert (await fault_of(camera.stream("/old.ts", "video/mp2t", [sound] * 4))).kind == "no-video"


async def test_a_stream_that_freezes_or_breaks_is_silent_and_dialled_again_on_one_rising_line(camera):
    data = ffmpeg_bytes("-t", "2", *X264, "-f", "mpegts")
    taken = Taken()
    async with pulling(camera.stream("/live", "video/mp2t", [data]), taken):
        await taken.until(lambda it: it.states.count("online") == 2 and len(it.units) > 60)
    assert "silent" in taken.states
    assert all(later.ts_us > sooner.ts_us for sooner, later in itertools.pairwise(taken.units))


async def test_a_clock_that_jumps_is_put_on_one_line(camera):
    early = ffmpeg_bytes("-t", "1", *X264, "-f", "mpegts")
    late = ffmpeg_bytes("-t", "1", *X264, "-output_ts_offset", "40000", "-f", "mpegts")
    taken = Taken()
    async with pulling(camera.stream("/live", "video/mp2t", [early, late, early], every_s=0.3), taken):
        await taken.until(lambda it: len(it.units) >= 70)
    steps = [later.ts_us - sooner.ts_us for sooner, later in itertools.pairwise(taken.units)]
    assert min(steps) > 0
    assert max(steps) < 2_000_000


async def test_two_cameras_with_one_address_both_play(camera):
    data = ffmpeg_bytes("-t", "3", *X264, "-f", "mpegts")
    url, first, second = camera.stream("/live", "video/mp2t", [data]), Taken(), Taken()
    async with pulling(url, first), pulling(url, second):
        await first.until(lambda it: len(it.units) >= 25 and len(second.units) >= 25)


@given(st.binary(max_size=300), st.integers(1, 7))
def test_any_bytes_are_jpegs_or_malformed_however_they_are_cut(data, step):
    try:
        splitter = JpegSplitter(b"b")
        for at in range(0, len(data), step):
            splitter.feed(data[at : at + step])
    except Malformed:
        pass


@given(st.text(max_size=400))
def test_any_text_is_a_playlist_or_malformed(text):
    with contextlib.suppress(Malformed):
        parse_playlist(b"#EXTM3U\n" + text.encode("utf-8", "replace"))
    with contextlib.suppress(Malformed):
        boundary_of(text)


@pytest.mark.parametrize("line", [
    "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"", "#EXT-X-BYTERANGE:5@0", "#EXTINF:abc,", "#EXT-X-MEDIA-SEQUENCE:-4",
    "#EXTINF:1e9,", "#EXT-X-MAP:URI=\"a\",BYTERANGE=\"5@0\"", "x" * 5_000,
    "\n".join("#EXTINF:1,\na" for _ in range(2_001)),
])  # fmt: skip
def test_what_is_not_read_of_a_playlist_is_refused(line):
    with pytest.raises(Malformed):
        parse_playlist(f"#EXTM3U\n{line}\n".encode())


def test_a_master_playlist_without_h264_is_refused():
    with pytest.raises(Malformed):
        best_variant(parse_playlist(b'#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="hvc1"\na\n').variants)
