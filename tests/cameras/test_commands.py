"""`consentry camera add` against real RTSP servers, good and broken."""

import argparse
import asyncio
import contextlib
import hashlib
import socketserver
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.agencies.make import make_agency
from tests.cameras.stage import freeze_city
from tests.edge.broker import make_certificate

from consentry.cameras import queries
from consentry.cameras.commands import add_commands
from consentry.kernel.errors import Malformed
from consentry.media.file_source import load_loop, play
from consentry.media.rtsp_server import RtspServer
from consentry.media.units import SourceFault

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def rtsp_port(shared_data: Path) -> Iterator[int]:
    """A real RTSP server in a thread of its own, playing a car park at path `cars`."""
    loop_of_video = load_loop(shared_data / "video" / "car-detection.mp4", key_every_s=0.5, most_s=2, height_px=120)
    ready, running = threading.Event(), []

    async def serve() -> None:
        server = RtspServer()
        await server.start()
        done = asyncio.Event()
        running.extend([urlsplit(server.url_of("cars")).port, asyncio.get_running_loop(), done])
        playing = asyncio.create_task(play(loop_of_video, lambda unit: server.publish("cars", unit)))
        ready.set()
        await done.wait()
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing
        await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    port, loop, done = running
    yield port
    loop.call_soon_threadsafe(done.set)
    thread.join()


def _add(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())
    place = ("--name", "Main and First", "--lat", "39.96", "--lon", "-83.0")
    arguments = parser.parse_args(["camera", "add", *place, "--heading", "90", "--fov", "80", "--range", "60", *words])
    return int(arguments.run(arguments))


def test_a_camera_that_gives_a_picture_is_registered(rtsp_port: int) -> None:
    freeze_city()
    agency = make_agency()
    assert _add("--rtsp", f"rtsp://127.0.0.1:{rtsp_port}/cars") == 0
    (camera,) = queries.all_cameras("public")
    assert (camera.name, camera.agency, camera.view) == ("Main and First", agency.id, (90, 80, 60))


def test_a_camera_without_a_picture_is_refused_with_its_fault(rtsp_port: int) -> None:
    freeze_city()
    make_agency()
    for url, kind in (
        (f"rtsp://127.0.0.1:{rtsp_port}/nothing", "not-found"),
        ("rtsp://127.0.0.1:1/cars", "unreachable"),
    ):
        with pytest.raises(SourceFault) as fault:
            _add("--rtsp", url)
        assert fault.value.kind == kind
    assert queries.all_cameras("public") == []


@contextlib.contextmanager
def showing_a_certificate(folder: Path) -> Iterator[tuple[str, str]]:
    """A camera that speaks TLS with a certificate of its own making: its address, and what that one is known by."""
    text = make_certificate(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server = socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        shown = hashlib.sha256(ssl.PEM_cert_to_DER_cert(text)).hexdigest()
        yield f"rtsps://owner:right-secret@127.0.0.1:{server.server_address[1]}/cars", shown
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_certificate_that_nobody_vouches_for_is_shown_to_be_compared(tmp_path: Path) -> None:
    freeze_city()
    make_agency()
    with showing_a_certificate(tmp_path / "camera") as (url, fingerprint), pytest.raises(SourceFault) as fault:
        _add("--url", url)
    assert fault.value.kind == "certificate-unknown"
    assert f"#{fingerprint}" in str(fault.value)
    assert "right-secret" not in str(fault.value)
    assert queries.all_cameras("public") == []


def test_without_a_check_or_with_several_agencies_one_says_so() -> None:
    freeze_city()
    with pytest.raises(Malformed):
        _add("--rtsp", "rtsp://127.0.0.1:1/a", "--no-check")
    first, second = make_agency(), make_agency()
    with pytest.raises(Malformed) as refused:
        _add("--rtsp", "rtsp://127.0.0.1:1/a", "--no-check")
    assert first.name in str(refused.value)
    assert _add("--rtsp", "rtsp://127.0.0.1:1/a", "--no-check", "--agency", second.name) == 0


def test_a_wrong_address_is_refused_before_anything_is_dialled() -> None:
    freeze_city()
    make_agency()
    with pytest.raises(Malformed):
        _add("--rtsp", "ftp://127.0.0.1/a")
