"""Sources over TLS: vouched for by an authority, or by the one certificate that was confirmed; else not a byte."""

import asyncio
import contextlib
import hashlib
import itertools
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.edge.broker import make_certificate
from tests.media.test_rtsp import QUICK, Taken, fault_of, pulling

from consentry.media.certificate import ask_certificate
from consentry.media.file_source import Loop, play
from consentry.media.outlet import Outlet
from consentry.media.pulling import pull
from consentry.media.rtsp_auth import Credentials
from consentry.media.rtsp_server import RtspServer
from consentry.media.source_address import parse_source
from consentry.media.units import SourceFault

WHO = Credentials("owner", "right-secret")
SCHEMES = ("rtsps", "https", "rtmps")


@dataclass(frozen=True)
class Own:
    """A certificate that a camera made itself; `fingerprint`: its SHA-256 in hexadecimal digits."""

    folder: Path
    fingerprint: str

    @classmethod
    def make(cls, folder: Path) -> "Own":
        text = make_certificate(folder)
        shown = x509.load_pem_x509_certificate(text.encode()).public_bytes(Encoding.DER)
        return cls(folder, hashlib.sha256(shown).hexdigest())

    def context(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.folder / "cert.pem", self.folder / "key.pem")
        return made


@pytest.fixture
def own(tmp_path: Path) -> Own:
    return Own.make(tmp_path / "camera")


@contextlib.asynccontextmanager
async def playing(cars: Loop, **settings: object) -> AsyncIterator[RtspServer]:
    server = RtspServer(credentials=WHO, **settings)  # type: ignore[arg-type]
    await server.start()
    task = asyncio.create_task(play(cars, lambda unit: server.publish("cars", unit)))
    await asyncio.sleep(0)
    try:
        yield server
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.stop()


@contextlib.asynccontextmanager
async def listening(own: Own, heard: bytearray) -> AsyncIterator[int]:
    """Something that speaks TLS and keeps what it is told."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            heard.extend(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=own.context())
    async with server:
        yield server.sockets[0].getsockname()[1]


async def told(url: str) -> str:
    """Pull once; what was wrong."""
    with pytest.raises(SourceFault) as caught:
        await pull(url, Outlet(lambda unit: None, lambda state: None), QUICK)
    assert "right-secret" not in str(caught.value)
    return caught.value.kind


async def test_a_camera_whose_own_certificate_was_confirmed_plays_over_tls(cars: Loop, own: Own) -> None:
    async with playing(cars, tls=own.context()) as server:
        url, taken = server.url_of("cars"), Taken()
        assert url.startswith("rtsps://owner:")
        assert await told(url) == "certificate-unknown"
        assert await ask_certificate(url) == own.fingerprint
        async with pulling(f"{url}#{own.fingerprint}", taken):
            await taken.until(lambda it: len(it.units) >= 12)
        assert taken.units[0].key
        assert all(later.ts_us > sooner.ts_us for sooner, later in itertools.pairwise(taken.units))
        assert taken.states == ["connecting", "online"]


async def test_a_camera_for_which_an_authority_vouches_needs_no_fingerprint(
    cars: Loop, own: Own, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(own.folder / "cert.pem"))  # this machine's authorities, for once
    async with playing(cars, tls=own.context()) as server:
        taken = Taken()
        assert await ask_certificate(server.url_of("cars")) == ""
        async with pulling(server.url_of("cars"), taken):
            await taken.until(lambda it: len(it.units) >= 3)
        by_another_name = server.url_of("cars").replace("127.0.0.1", "localhost")
        assert await told(by_another_name) == "certificate-unknown", "it was vouched for under another name"


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_an_impostor_is_told_nothing(own: Own, tmp_path: Path, scheme: str) -> None:
    other, heard = Own.make(tmp_path / "other"), bytearray()
    async with listening(own, heard) as port:
        url = f"{scheme}://owner:right-secret@127.0.0.1:{port}/live/cars"
        assert await told(url) == "certificate-unknown"
        assert await told(f"{url}#{other.fingerprint}") == "certificate-changed"
        assert not heard, "no user's name, no digest, not even a request"
        assert await told(f"{url}#{own.fingerprint}") not in ("certificate-unknown", "certificate-changed")
        assert heard, "the one that was confirmed is spoken with"


def test_a_fingerprint_stands_behind_the_address_and_leaves_this_machine_nowhere(own: Own) -> None:
    spelt = ":".join(own.fingerprint[at : at + 2] for at in range(0, 64, 2)).upper()
    address = parse_source(f"rtsps://owner:right-secret@192.0.2.7/cars#{spelt}")
    assert (address.certificate, address.url, address.port) == (own.fingerprint, "rtsps://192.0.2.7/cars", 322)
    assert parse_source("rtsp://192.0.2.7/cars#odd").certificate == "", "in clear there is nothing to confirm"
    for odd in ("ab", "zz" * 32, "ab" * 33, "video=copy"):
        with pytest.raises(SourceFault) as refused:
            parse_source(f"rtsps://192.0.2.7/cars#{odd}")
        assert refused.value.kind == "unreachable"


async def test_a_session_is_kept_alive_and_without_that_the_camera_drops_it(
    cars: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with playing(cars, session_s=3) as server:
        kept = Taken()
        async with pulling(server.url_of("cars"), kept):
            await kept.until(lambda it: len(it.units) > 1 and it.units[-1].ts_us - it.units[0].ts_us > 7_000_000,
                             timeout_s=30)  # fmt: skip
        assert kept.states == ["connecting", "online"], "one connection for longer than two sessions"

        async def say_nothing(*_: object) -> None:
            await asyncio.sleep(60)

        monkeypatch.setattr("consentry.media.rtsp_client._keep_alive", say_nothing)
        assert (await fault_of(server.url_of("cars"))).kind == "silent"
