"""WS-Discovery: which ONVIF cameras are in this home? Asked only when the owner asks, and once; never by itself.

Source: WS-Discovery (April 2005), ONVIF Core 7.3.
"""

import asyncio
import contextlib
import fcntl
import socket
import struct
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import unquote

from consentry.kernel.errors import ConsentryError, Unavailable
from consentry.kernel.limits import MAX_CAMERAS_FOUND
from consentry.media.certificate import ask_certificate
from consentry.media.onvif.nodes import Node, parse_nodes
from consentry.media.onvif.places import answered_url

GROUP, PORT = "239.255.255.250", 3702
WAIT_S = 3.0
MAX_ANSWER_BYTES = 16_384
MAX_ANSWERS = 512
_DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
_NETWORK = "http://www.onvif.org/ver10/network/wsdl"
_SIOCGIFADDR = 0x8915  # linux/sockios.h
_SCOPE = "onvif://www.onvif.org/"


@dataclass(frozen=True)
class FoundCamera:
    """A camera that answered. `name` and `model` are what it says of itself, at most 64 printable characters;
    `certificate`: SHA-256 of the one it made itself, "" without TLS or where this machine's authorities vouch for it.
    """

    url: str
    name: str
    model: str
    certificate: str = ""


async def find_cameras(
    *, wait_s: float = WAIT_S, interfaces: Iterable[str] | None = None, port: int = PORT
) -> tuple[FoundCamera, ...]:
    """Ask once on `interfaces` (names; default: all but loopback) and listen for `wait_s`; by address, at most 64."""
    names = [name for _, name in socket.if_nameindex() if name != "lo"] if interfaces is None else list(interfaces)
    asked = _Asked(uuid.uuid4().urn)
    loop = asyncio.get_running_loop()
    transports = []
    try:
        for name in names:
            with contextlib.suppress(OSError):  # an interface without IPv4 or multicast finds nothing
                transport, _ = await loop.create_datagram_endpoint(lambda: asked, sock=_socket_on(name))
                transports.append(transport)
                transport.sendto(_probe(asked.message), (GROUP, port))
        if transports:
            await asyncio.sleep(wait_s)
    finally:
        for transport in transports:
            transport.close()
    return tuple(await asyncio.gather(*(_with_certificate(asked.found[url]) for url in sorted(asked.found))))


async def _with_certificate(camera: FoundCamera) -> FoundCamera:
    """What it shows now is what its owner is asked to confirm; a camera that shows nothing stays as it is."""
    with contextlib.suppress(Unavailable, OSError):
        return replace(camera, certificate=await ask_certificate(camera.url))
    return camera


class _Asked(asyncio.DatagramProtocol):
    """Collects the answers to one message."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.found: dict[str, FoundCamera] = {}
        self._heard = 0

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called by asyncio. A datagram that is not an answer of a camera in this home is passed over."""
        self._heard += 1
        if len(data) > MAX_ANSWER_BYTES or self._heard > MAX_ANSWERS or len(self.found) >= MAX_CAMERAS_FOUND:
            return
        with contextlib.suppress(ConsentryError, ValueError):
            answer = parse_nodes(data)
            if answer.text_at("Header", "RelatesTo") == self.message:
                for match in list(answer.every("ProbeMatch"))[:1]:
                    self._note(match, addr[0])

    def _note(self, match: Node, sender: str) -> None:
        for named in match.text_at("XAddrs").split()[:8]:
            with contextlib.suppress(ConsentryError):
                url = answered_url(named, sender)
                scopes = match.text_at("Scopes").split()[:64]
                self.found[url] = FoundCamera(url, _scope(scopes, "name"), _scope(scopes, "hardware"))
                return


def _socket_on(interface: str) -> socket.socket:
    """A datagram socket at the interface's own address, whose multicast leaves there and goes no further than this
    network. OSError for an interface without an address.
    """
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        asked = struct.pack("256s", interface.encode()[:15])
        address = fcntl.ioctl(asking, _SIOCGIFADDR, asked)[20:24]  # struct ifreq: name[16], sockaddr_in
        asking.setblocking(False)
        asking.bind((socket.inet_ntoa(address), 0))
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, address)
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
    except OSError:
        asking.close()
        raise
    return asking


def _probe(message: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_ENVELOPE}" xmlns:a="{_ADDRESSING}">'
        f"<s:Header><a:MessageID>{message}</a:MessageID>"
        f'<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>'
        f'<a:Action s:mustUnderstand="1">{_DISCOVERY}/Probe</a:Action></s:Header><s:Body>'
        f'<Probe xmlns="{_DISCOVERY}"><Types xmlns:n="{_NETWORK}">n:NetworkVideoTransmitter</Types></Probe>'
        "</s:Body></s:Envelope>"
    ).encode()


def _scope(scopes: list[str], kind: str) -> str:
    start = f"{_SCOPE}{kind}/"
    value = next((unquote(scope.removeprefix(start)) for scope in scopes if scope.startswith(start)), "")
    return "".join(letter for letter in value if letter.isprintable())[:64]
