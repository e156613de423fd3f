"""One camera as RTP to a mountpoint of Janus: sent once, encrypted, and only while somebody may look.

Whoever looks is in `viewers`; without any, nothing is sent. While Janus has not confirmed that somebody was cut, the
feed holds: what was filmed after an end reaches nobody whose look ended.
"""

import asyncio
import logging
import secrets
import socket
from collections import deque

from pylibsrtp import Error as SrtpError
from pylibsrtp import Policy, Session

from consentry.gateway.posted import PostedViewer
from consentry.gateway.rtc.sender import Format, Sender
from consentry.gateway.viewer import Shot
from consentry.kernel.limits import MAX_JANUS_QUEUE_BYTES

_log = logging.getLogger(__name__)
PAYLOAD_TYPE = 96
SRTP_KEY_BYTES = 30
# A burst that a socket's default buffer at Janus surely takes, and how long it is given to be read.
_STEP_BYTES, _STEP_S = 65_536, 0.004
_CATCH_UP_TICKS = 9


class _Line:
    """See `sender.Line`: SRTP over a UDP socket of its own."""

    def __init__(self, address: tuple[str, int], key: bytes) -> None:
        policy = Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=Policy.SRTP_PROFILE_AES128_CM_SHA1_80)
        self._cipher = Session(policy)
        family, kind, proto, _, place = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0]
        self._socket: socket.socket | None = socket.socket(family, kind, proto)
        self._socket.setblocking(False)
        self._socket.connect(place)

    def protect(self, packet: bytes) -> bytes:
        return self._cipher.protect(packet)

    def send_all(self, packets: list[bytes]) -> None:
        if self._socket is None:
            raise ConnectionError("this feed is over")
        for packet in packets:
            self._socket.send(packet)

    def send_rtcp(self, packet: bytes) -> None:
        """Janus makes its own reports."""

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class JanusFeed:
    """`seats`: who has a place at Janus; `viewers`: those of them who look now. Owned by the event loop."""

    def __init__(self, address: tuple[str, int], key: bytes) -> None:
        self.seats: set[PostedViewer] = set()
        self.viewers: set[PostedViewer] = set()
        self.is_closed = False
        self.sent_packets = 0
        self._line = _Line(address, key)
        self._sender = Sender(self._line, Format(PAYLOAD_TYPE, secrets.randbits(32), None), secrets.randbits(15))
        self._queue: deque[tuple[Shot, int]] = deque()
        self._queue_bytes = self._last_ticks = self._holds = 0
        self._needs_key = True
        self._newest: Shot | None = None
        self._timer: asyncio.TimerHandle | None = None

    def join(self, viewer: PostedViewer, shots: tuple[Shot, ...]) -> None:
        """`viewer` looks from now on. Alone it gets the cached group, compressed in time; with others, who would see it
        a second time, it waits for the camera's next key frame."""
        alone = not self.viewers - {viewer}
        self.viewers.add(viewer)
        if not alone or not shots:
            return
        self._drop_queue()
        newest = _ticks(shots[-1])
        for number, shot in enumerate(shots):
            ticks = newest - _CATCH_UP_TICKS * (len(shots) - 1 - number)
            self._put(shot, max(ticks, self._last_ticks + 1))
        self._newest, self._needs_key = shots[-1], False
        self._pump_soon()

    def take(self, shot: Shot) -> None:
        """The next picture; every viewer of the hub hands it on, it goes once."""
        if shot is self._newest or not self.viewers:
            return
        self._newest = shot
        if self._queue_bytes + shot.size_bytes > MAX_JANUS_QUEUE_BYTES:
            self._drop_queue()
        if self._needs_key and not shot.key:
            self._dropped(1)
            return
        self._needs_key = False
        self._put(shot, max(_ticks(shot), self._last_ticks + 1))
        if self._timer is None:
            self._pump()

    def leave(self, viewer: PostedViewer) -> None:
        """`viewer` looks no longer; after the last one nothing leaves."""
        self.viewers.discard(viewer)
        if not self.viewers:
            self._drop_queue()
            self._sender.forget()

    def hold(self) -> None:
        """Send nothing until `release`."""
        self._holds += 1

    def release(self) -> None:
        """Janus has confirmed."""
        self._holds -= 1
        self._pump_soon()

    def close(self) -> None:
        """For good."""
        self.is_closed = True
        self.viewers.clear()
        self._drop_queue()
        self._sender.forget()
        self._line.close()

    def _put(self, shot: Shot, ticks: int) -> None:
        self._queue.append((shot, ticks))
        self._queue_bytes += shot.size_bytes
        self._last_ticks = ticks

    def _drop_queue(self) -> None:
        self._dropped(len(self._queue))
        self._queue.clear()
        self._queue_bytes, self._needs_key = 0, True

    def _dropped(self, count: int) -> None:
        for viewer in self.viewers:
            viewer.dropped_shots += count

    def _pump_soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(0, self._pump)

    def _pump(self) -> None:
        self._timer = None
        for viewer in tuple(self.viewers):
            if viewer.before_pump is not None:
                viewer.before_pump()  # who slept ends what ran out meanwhile
                break
        sent = 0
        while self._queue and self.viewers and not self._holds:
            if sent >= _STEP_BYTES:
                self._timer = asyncio.get_running_loop().call_later(_STEP_S, self._pump)
                return
            shot, ticks = self._queue.popleft()
            self._queue_bytes -= shot.size_bytes
            sent += self._send(shot, ticks)

    def _send(self, shot: Shot, ticks: int) -> int:
        now_s = asyncio.get_running_loop().time()
        payloads = shot.payloads()
        try:
            size = self._sender.send(payloads, ticks & 0xFFFFFFFF, shot.wallclock_us, now_s)
        except (OSError, SrtpError) as error:
            # A full buffer, or a Janus that is just going: the line to it says so. The next key frame mends the rest.
            _log.info("a picture did not reach Janus: %s", error)
            self._needs_key = True
            self._dropped(1)
            return 0
        self.sent_packets += len(payloads)
        for viewer in self.viewers:
            viewer.sent_shots += 1
            viewer.sent_bytes += size
        return size


def _ticks(shot: Shot) -> int:
    """The RTP time of a picture, not cut to 32 bits."""
    return int(shot.ts_us * 9 // 100)
