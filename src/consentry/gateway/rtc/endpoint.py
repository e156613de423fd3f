"""The gateway's one UDP port: who sent a datagram and for which link it is; sending with one call per picture.

A browser reaches us by the name and password of our answer (ICE-lite); an address counts only after such a check.
"""

import asyncio
import contextlib
import ipaddress
import logging
import socket
import struct
from collections.abc import Sequence
from typing import Protocol

from consentry.gateway.rtc.stun import answer_check, read_check

_log = logging.getLogger(__name__)
Address = tuple[str, int]
TICK_S = 0.25
MAX_DATAGRAM_BYTES = 2_048
_READS_AT_ONCE = 128
_BUFFER_BYTES = 4_194_304
# linux/udp.h: cut one buffer into datagrams of this size. At most 64 of them and 64 KiB in a call.
_SOL_UDP, _UDP_SEGMENT = 17, 103
_MAX_SEGMENTS, _MAX_CALL_BYTES = 60, 65_000


class Party(Protocol):
    """One WebRTC connection, as the port knows it."""

    name: str
    password: str

    def reached(self, address: Address, *, nominated: bool) -> None:
        """A proven check came from `address`."""

    def take(self, data: bytes) -> None:
        """A datagram from an address that was proven."""

    def tick(self, now_s: float) -> None:
        """Time passes."""


class Endpoint:
    """Owns the socket. Everything runs on the event loop; nothing waits, what does not fit is dropped and counted."""

    def __init__(self) -> None:
        self.unsent_datagrams = 0
        self.port = 0
        self._parties: dict[str, Party] = {}
        self._routes: dict[Address, Party] = {}
        self._can_segment = True
        self._socket: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None

    def open(self, host: str, port: int) -> None:
        """Bind; OSError when the port is taken."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        line = socket.socket(family, socket.SOCK_DGRAM)
        line.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            line.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
        try:
            line.bind((host, port))
        except OSError:
            line.close()
            raise
        self._socket, self.port = line, line.getsockname()[1]
        loop = asyncio.get_running_loop()
        loop.add_reader(line.fileno(), self._readable)
        self._timer = loop.call_later(TICK_S, self._tick)

    def close(self) -> None:
        """Stop; parties are not told."""
        if self._timer is not None:
            self._timer.cancel()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def __len__(self) -> int:
        return len(self._parties)

    def add(self, party: Party) -> None:
        """From now on checks for `party.name` are answered."""
        self._parties[party.name] = party

    def remove(self, party: Party) -> None:
        """Nothing of it is heard any more."""
        self._parties.pop(party.name, None)
        for address in [address for address, known in self._routes.items() if known is party]:
            del self._routes[address]

    def send(self, data: bytes, address: Address) -> None:
        """One datagram."""
        if self._socket is None:
            return
        try:
            self._socket.sendto(data, address)
        except OSError:
            self.unsent_datagrams += 1

    def send_all(self, datagrams: Sequence[bytes], address: Address) -> None:
        """Datagrams in order, those of equal size (and one shorter last) by one call of the kernel."""
        at = 0
        while at < len(datagrams):
            end = run_end(datagrams, at) if self._can_segment else at + 1
            if end - at == 1:
                self.send(datagrams[at], address)
            elif not self._send_segments(datagrams[at:end], address):
                continue  # the kernel cannot: this one and all later ones go one by one
            at = end

    def _send_segments(self, datagrams: Sequence[bytes], address: Address) -> bool:
        if self._socket is None:
            return True
        size = struct.pack("=H", len(datagrams[0]))
        try:
            self._socket.sendmsg(datagrams, [(_SOL_UDP, _UDP_SEGMENT, size)], 0, address)
        except BlockingIOError:
            self.unsent_datagrams += len(datagrams)
        except OSError as error:
            _log.warning("the kernel does not cut datagrams (%s); each is sent by itself", error)
            self._can_segment = False
            return False
        return True

    def _readable(self) -> None:
        for _ in range(_READS_AT_ONCE):
            if self._socket is None:
                return
            try:
                data, address = self._socket.recvfrom(MAX_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError:
                continue  # an answer of ICMP to something sent earlier
            if data:
                self._take(data, address)

    def _take(self, data: bytes, address: Address) -> None:
        if data[0] < 4:
            self._answer(data, address)
            return
        party = self._routes.get(address)
        if party is None:
            return
        try:
            party.take(data)
        except Exception:  # noqa: BLE001 - boundary: one browser's datagram must not end the others' pictures
            _log.warning("a datagram could not be taken", exc_info=True)

    def _answer(self, data: bytes, address: Address) -> None:
        check = read_check(data)
        party = self._parties.get(check.name) if check is not None else None
        if check is None or party is None:
            return
        plain = (str(ipaddress.ip_address(address[0].partition("%")[0])), address[1])
        answer = answer_check(check, party.password, plain)
        if answer is not None:
            self._routes[address] = party
            self.send(answer, address)
            party.reached(address, nominated=check.nominated)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(TICK_S, self._tick)
        for party in tuple(self._parties.values()):
            with contextlib.suppress(ConnectionError):
                party.tick(loop.time())


def run_end(datagrams: Sequence[bytes], start: int) -> int:
    """Where the run that starts at `start` and may go in one call ends: equal sizes, the last may be shorter."""
    size = len(datagrams[start])
    most = min(len(datagrams), start + min(_MAX_SEGMENTS, _MAX_CALL_BYTES // size))
    end = start + 1
    while end < most and len(datagrams[end]) == size:
        end += 1
    if end < most and len(datagrams[end]) < size:
        end += 1
    return end
