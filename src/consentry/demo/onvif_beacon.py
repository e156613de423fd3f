"""Answers WS-Discovery as an ONVIF camera does; quiet to whoever asks for something else."""

import asyncio
import contextlib
import socket
import struct
import uuid
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

_SPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "dn": "http://www.onvif.org/ver10/network/wsdl",
}
GROUP, PORT = "239.255.255.250", 3702


class OnvifBeacon(asyncio.DatagramProtocol):
    """Says `named` (the address of a device service) to every probe for cameras that reaches interface `host`."""

    def __init__(self, named: str, *, host: str = "127.0.0.1", port: int = PORT) -> None:
        self._named, self._host, self._port = named, host, port
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        """Join the group on the interface that has address `host`."""
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((GROUP, self._port))
        membership = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(self._host))
        listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        listening.setblocking(False)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=listening)

    def stop(self) -> None:
        """Leave the group."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called by asyncio."""
        with contextlib.suppress(ParseError, DefusedXmlException, ValueError):
            root = fromstring(data, forbid_dtd=True)
            asked = root.findtext("s:Header/a:MessageID", "", _SPACES)
            types = root.findtext("s:Body/d:Probe/d:Types", "", _SPACES)
            if asked and types.endswith(":NetworkVideoTransmitter"):
                self._answer(asked, addr)

    def _answer(self, asked: str, addr: tuple[str, int]) -> None:
        spaces = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in _SPACES.items())
        scopes = "onvif://www.onvif.org/name/Front%20door onvif://www.onvif.org/hardware/Demo-Cam"
        match = (
            f"<d:ProbeMatch><a:EndpointReference><a:Address>{uuid.uuid4().urn}</a:Address></a:EndpointReference>"
            f"<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{scopes}</d:Scopes>"
            f"<d:XAddrs>{self._named}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch>"
        )
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {spaces}><s:Header><a:RelatesTo>{asked}</a:RelatesTo>'
            f"<a:MessageID>{uuid.uuid4().urn}</a:MessageID><a:Action>{_SPACES['d']}/ProbeMatches</a:Action></s:Header>"
            f"<s:Body><d:ProbeMatches>{match}</d:ProbeMatches></s:Body></s:Envelope>"
        )
        if self._transport is not None:
            self._transport.sendto(text.encode(), addr)
