"""Where a written-down name may lead: asked of the addresses that are really dialled."""

import asyncio
import socket

import pytest
from tests.media.sinks import QUICK

from consentry.kernel.errors import Unavailable
from consentry.media.certificate import ask_certificate
from consentry.media.outlet import Outlet
from consentry.media.pulling import pull
from consentry.media.reach import dialled_socket
from consentry.media.units import SourceFault

METADATA = "169.254.169.254"


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Every name stands for these addresses."""

    def answer(_host: str, port: int, *_words: object, **_more: object) -> list[tuple[object, ...]]:
        kinds = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in addresses]
        return [(kind, socket.SOCK_STREAM, 6, "", (one, port)) for kind, one in zip(kinds, addresses, strict=True)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "rtmp", "rtmps"])
@pytest.mark.parametrize("addresses", [(METADATA,), ("fe80::1",), ("::ffff:169.254.169.254", "224.0.0.1")])
async def test_a_name_that_stands_for_a_link_local_address_is_not_dialled(monkeypatch, scheme, addresses):
    resolve_to(monkeypatch, *addresses)
    with pytest.raises(SourceFault) as fault:
        await pull(f"{scheme}://camera.example/live", Outlet(lambda _: None, lambda _: None), QUICK)
    assert fault.value.kind == "unreachable"
    assert "leads where no source is dialled" in str(fault.value)


async def test_nor_is_its_certificate_asked_for(monkeypatch):
    resolve_to(monkeypatch, METADATA)
    with pytest.raises(Unavailable) as refused:
        await ask_certificate("rtsps://camera.example/live")
    assert "leads where no source is dialled" in str(refused.value.__cause__)


async def test_of_several_addresses_the_first_that_answers_is_dialled(monkeypatch, unused_tcp_port):
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", unused_tcp_port)
    resolve_to(monkeypatch, METADATA, "127.0.0.2", "127.0.0.1")
    async with server:
        with await dialled_socket("camera.example", unused_tcp_port) as line:
            assert line.getpeername() == ("127.0.0.1", unused_tcp_port)


async def test_a_host_that_answers_nowhere_says_why(monkeypatch, unused_tcp_port):
    resolve_to(monkeypatch, "127.0.0.2", "127.0.0.3")
    with pytest.raises(ConnectionRefusedError):
        await dialled_socket("camera.example", unused_tcp_port)


async def test_a_machine_without_the_newer_kind_of_address_dials_the_other(monkeypatch, unused_tcp_port):
    made = socket.socket

    def only_the_old(family: int, *words: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        return made(family, *words)

    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", unused_tcp_port)
    resolve_to(monkeypatch, "::1", "127.0.0.1")
    async with server:
        monkeypatch.setattr("consentry.media.reach.socket.socket", only_the_old)
        with await dialled_socket("camera.example", unused_tcp_port) as line:
            assert line.getpeername() == ("127.0.0.1", unused_tcp_port)
        monkeypatch.undo()
