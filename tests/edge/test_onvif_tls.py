"""ONVIF over TLS with a certificate that the camera made itself: confirmed once by its owner, and no other after."""

import asyncio
import contextlib
import io
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from tests.edge.broker import make_certificate
from tests.edge.test_onvif import STREAM, WHO, until

from consentry.demo.onvif_beacon import OnvifBeacon
from consentry.demo.onvif_camera import OnvifCameraServer
from consentry.edge.addresses import address_of
from consentry.edge.key_files import load_keys
from consentry.edge.onvif.discovery import find_cameras
from consentry.edge.onvif.kept import ask_camera, place_of
from consentry.edge.store import Store
from consentry.kernel.errors import Malformed, Unavailable, Untrusted
from consentry.kernel.ids import CameraId, new_id
from consentry.media.certificate import ask_certificate
from consentry.media.onvif.address import parse_onvif_address
from consentry.media.onvif.head import Head
from consentry.media.rtsp_server import RtspServer
from consentry.media.source_address import read_fingerprint
from consentry.project.cli import main


@contextlib.asynccontextmanager
async def secure_camera(folder: Path, port: int = 0) -> AsyncIterator[OnvifCameraServer]:
    """A camera whose certificate is new each time."""
    make_certificate(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server = OnvifCameraServer(WHO, STREAM, tls=tls)
    server.port = port
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def test_nothing_is_sent_before_the_owner_confirmed_and_another_certificate_is_refused_later(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    async with aiohttp.ClientSession() as http:
        async with secure_camera(tmp_path / "first", unused_tcp_port) as server:
            with pytest.raises(Untrusted) as unknown:
                await ask_camera(http, server.address, WHO)
            assert unknown.value.kind == "certificate-unknown"
            assert server.calls == [], "not even the question for the time"
            shown = await ask_certificate(server.address)
            asked = await ask_camera(http, server.address, WHO, shown)
            assert asked.place.certificate == shown
            assert "tr2:GetStreamUri" in server.calls
        async with secure_camera(tmp_path / "second", unused_tcp_port) as other:
            said: list[str] = []
            head = Head(asked.place.camera(http), asked.place.turner)
            head.take("ses", (0.5, 0.0, 0.0), said.append)
            await until(lambda: said)
            assert said == ["certificate-changed"]
            with pytest.raises(Untrusted) as changed:
                await asked.place.camera(http).connect()
            assert changed.value.kind == "certificate-changed"
            with pytest.raises(Untrusted):
                await ask_camera(http, other.address, WHO, shown)
            assert other.calls == [], "an impostor hears nothing, no user's name and no digest"


async def test_a_found_camera_is_shown_with_its_fingerprint_and_the_owners_address_carries_it(
    tmp_path: Path, unused_udp_port: int
) -> None:
    async with secure_camera(tmp_path) as server, aiohttp.ClientSession() as http:
        beacon = OnvifBeacon(server.address, port=unused_udp_port)
        await beacon.start()
        (found,) = await find_cameras(wait_s=0.5, interfaces=["lo"], port=unused_udp_port)
        beacon.stop()
        assert found.certificate == await ask_certificate(server.address)
        sealed = f"onvif+{found.url.replace('://', '://owner:right-secret@')}#{found.certificate}"
        asked = await ask_camera(http, *parse_onvif_address(sealed))
        assert asked.place.certificate == found.certificate


async def test_owner_confirms_by_command_and_the_box_keeps_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:

    camera, data = CameraId(new_id("camera")), tmp_path / "edge"
    monkeypatch.setenv("CONSENTRY_EDGE_DATA", str(data))
    async with secure_camera(tmp_path / "camera") as server:
        words = ["edge", "camera", "add", camera, "--onvif", server.address, "--user", "owner"]

        async def say(*more: str, typed: str = "right-secret\n") -> int:
            monkeypatch.setattr("sys.stdin", io.StringIO(typed))
            return await asyncio.to_thread(main, [*words, *more])

        assert await say() != 0
        shown = capsys.readouterr()
        fingerprint = await ask_certificate(server.address)
        assert ":".join(fingerprint.upper()[at : at + 2] for at in (0, 2, 4)) in shown.out
        assert await say("--certificate", "ab" * 32) != 0
        assert await say("--certificate", fingerprint) == 0
    store = Store(data)
    place = place_of(store, load_keys(data), camera)
    assert place is not None
    assert place.certificate == fingerprint
    store.close()


async def test_an_encrypted_address_is_kept_with_the_fingerprint_that_its_owner_confirmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], unused_tcp_port: int
) -> None:
    camera, data = CameraId(new_id("camera")), tmp_path / "edge"
    monkeypatch.setenv("CONSENTRY_EDGE_DATA", str(data))

    async def add(url: str, *more: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO())
        return await asyncio.to_thread(main, ["edge", "camera", "add", camera, "--url", url, *more])

    def kept() -> str | None:
        store = Store(data)
        found = address_of(store, load_keys(data), camera)
        store.close()
        return found

    make_certificate(tmp_path / "camera")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "camera" / "cert.pem", tmp_path / "camera" / "key.pem")
    server = RtspServer(tls=tls)
    await server.start()
    url = server.url_of("cars")
    fingerprint = await ask_certificate(url)
    assert await add(url) != 0
    assert fingerprint[:2].upper() + ":" + fingerprint[2:4].upper() in capsys.readouterr().out
    assert kept() is None, "nobody confirmed it"
    assert await add(url, "--certificate", fingerprint) == 0
    assert kept() == f"{url}#{fingerprint}"
    await server.stop()
    away = f"rtsps://127.0.0.1:{unused_tcp_port}/cars"
    assert await add(away) == 0, "a camera that is off may be added; it is not spoken with before one was confirmed"
    assert kept() == away


async def test_what_is_no_fingerprint_is_refused_and_who_does_not_answer_is_unreachable(unused_tcp_port: int) -> None:
    assert read_fingerprint("AB:" * 31 + "ab") == "ab" * 32
    for odd in ("ab", "zz" * 32, "ab" * 33):
        with pytest.raises(Malformed):
            read_fingerprint(odd)
    with pytest.raises(Malformed):
        parse_onvif_address("onvif+https://a:b@192.168.1.2/#nothing")
    with pytest.raises(Unavailable):
        await ask_certificate(f"https://127.0.0.1:{unused_tcp_port}/x")
    assert await ask_certificate("http://127.0.0.1/x") == ""
