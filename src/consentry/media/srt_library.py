"""The few calls of Debian's libsrt that receiving needs, by ctypes. Source: libsrt 1.5, `srt.h`."""

import ctypes
import ctypes.util
import ipaddress
import socket
import struct
from collections.abc import Callable

from consentry.kernel.errors import Unavailable

_NAMES = ("libsrt-gnutls.so.1.5", "libsrt-openssl.so.1.5", "libsrt.so.1.5", "libsrt.so.1.4")
# Options, by their numbers in `SRT_SOCKOPT`.
LATENCY, PASSPHRASE, CONNECT_TIMEOUT, STREAM_ID, LIVE = 23, 26, 36, 46, 50
MAX_STREAM_ID_BYTES = 512
REJECTED_BY_SECRET = frozenset({10, 11})  # SRT_REJ_BADSECRET, SRT_REJ_UNSECURE
PAYLOAD_BYTES = 1_456


class SrtError(Exception):
    """A call of the library failed; `reject` is its reason for a refused connection, 0 for none."""

    def __init__(self, what: str, reject: int = 0) -> None:
        super().__init__(what)
        self.reject = reject


def is_there() -> bool:
    """Is the library installed?"""
    try:
        _load()
    except Unavailable:
        return False
    return True


def _load() -> ctypes.CDLL:
    for name in _NAMES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise Unavailable("SRT needs libsrt (Debian: apt-get install libsrt1.5-gnutls)", kind="no-srt")


class Srt:
    """One SRT socket. Load it before rights are given up, `start` it afterwards: its threads then have none either."""

    def __init__(self) -> None:
        self._library = _load()
        self._socket = -1

    def start(self) -> None:
        """Start the library's threads and make the socket."""
        if self._library.srt_startup() < 0:
            raise SrtError("it does not start")
        self._socket = self._checked(self._library.srt_create_socket, "no socket")

    def set(self, option: int, value: bytes) -> None:
        """Set an option before connecting or listening."""
        call = self._library.srt_setsockflag
        self._checked(lambda: call(self._socket, option, value, len(value)), "an option is not taken")

    def set_number(self, option: int, value: int) -> None:
        """Set an option that is an int."""
        self.set(option, struct.pack("=i", value))

    def use(self, udp: int) -> None:
        """Work on the UDP socket with file descriptor `udp`, already bound."""
        self._checked(lambda: self._library.srt_bind_acquire(self._socket, udp), "the UDP socket is not taken")

    def connect(self, ip: str, port: int) -> None:
        """Call; SrtError with `reject` when the other side says no."""
        name = socket_name(ip, port)
        if self._library.srt_connect(self._socket, name, len(name)) < 0:
            raise SrtError("no connection", self._library.srt_getrejectreason(self._socket))

    def accept(self, is_wanted: Callable[[bytes], bool]) -> None:
        """Wait for a caller whose stream id is wanted; nobody else is listened to from then on."""
        self._checked(lambda: self._library.srt_listen(self._socket, 4), "cannot listen")
        listener = self._socket
        while True:
            caller = self._checked(lambda: self._library.srt_accept(listener, None, None), "nobody can be taken")
            size = ctypes.c_int(MAX_STREAM_ID_BYTES + 1)
            said = ctypes.create_string_buffer(size.value)
            self._library.srt_getsockflag(caller, STREAM_ID, said, ctypes.byref(size))
            if is_wanted(said.raw[: max(0, min(size.value, MAX_STREAM_ID_BYTES))]):
                self._socket = caller
                self._library.srt_close(listener)
                return
            self._library.srt_close(caller)

    def receive(self) -> bytes:
        """The next payload; SrtError at the end of the connection."""
        buffer = ctypes.create_string_buffer(PAYLOAD_BYTES)
        size = self._checked(lambda: self._library.srt_recvmsg(self._socket, buffer, PAYLOAD_BYTES), "it is over")
        return buffer.raw[:size]

    def _checked(self, call: Callable[[], int], what: str) -> int:
        result = call()
        if result < 0:
            raise SrtError(what)
        return result


def socket_name(ip: str, port: int) -> bytes:
    """A `sockaddr_in` or `sockaddr_in6`."""
    at = ipaddress.ip_address(ip)
    family = socket.AF_INET if at.version == 4 else socket.AF_INET6
    head = struct.pack("=H", family) + struct.pack(">H", port)
    return head + (at.packed + bytes(8) if at.version == 4 else bytes(4) + at.packed + bytes(4))
