"""Receives one H.264 video by RTP: puts packets in order, asks for lost ones, makes access units, reports.

A gap waits a moment for its repeat; what does not come is given up, and a key frame is asked for. Browsers send key
frames only when asked, so one is asked for every few seconds: the cached group stays small, a new viewer starts soon.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from consentry.media.outlet import Outlet
from consentry.media.rtcp import key_request, nack, rate_limit, receiver_report
from consentry.media.rtp import RtpPacket, parse_rtp
from consentry.media.rtp_h264 import H264Depacketiser

# A phone's picture in daylight; more only fills its uplink.
MOST_BPS = 4_000_000
KEY_EVERY_S = 3.0
KEY_AGAIN_S = 0.5
REPORT_EVERY_S = 1.0
# How long and how many packets a gap may wait for its repeat.
MAX_WAIT_S, MAX_WAITING = 0.2, 256
_ASK_AGAIN_S = 0.05
_OWN_SSRC = 1


@dataclass(slots=True)
class _Gap:
    since_s: float
    asked_s: float


class Receiver:
    """`say`: sends a report. Owned by the event loop."""

    def __init__(self, payload_type: int, outlet: Outlet, say: Callable[[bytes], None]) -> None:
        self.packets = self.lost = 0
        self._payload_type, self._outlet, self._say = payload_type, outlet, say
        self._reader = H264Depacketiser(timeline=outlet.timeline)
        self._ssrc: int | None = None
        self._next = 0  # sequence number, not cut to 16 bits
        self._waiting: dict[int, RtpPacket] = {}
        self._gap: _Gap | None = None
        self._key_asked_s = self._reported_s = -math.inf
        self._expected_before = self._lost_before = self._first = 0
        self._needs_key = True

    def take_rtp(self, data: bytes, now_s: float, arrival_us: int) -> None:
        """A media packet, decrypted. `arrival_us`: UTC."""
        packet = parse_rtp(data)
        if packet is None or packet.payload_type != self._payload_type:
            return  # padding that probes the line, or another codec
        ssrc = int.from_bytes(data[8:12], "big")
        if ssrc != self._ssrc:
            self._ssrc, self._next, self._first = ssrc, packet.sequence, packet.sequence
            self._waiting.clear()
        sequence = self._next + ((packet.sequence - self._next + 0x8000) & 0xFFFF) - 0x8000
        if sequence < self._next or sequence in self._waiting:
            return
        self.packets += 1
        self._waiting[sequence] = packet
        self._drain(now_s, arrival_us)
        if self._waiting:
            self._mind_gap(now_s, arrival_us)

    def take_rtcp(self, data: bytes) -> None:
        """Reports of the sender: its wall clock."""
        self._reader.take_sender_report(data)

    def tick(self, now_s: float, arrival_us: int) -> None:
        """Several times a second."""
        if self._ssrc is None:
            return
        if self._waiting:
            self._mind_gap(now_s, arrival_us)
        if now_s - self._key_asked_s > (KEY_AGAIN_S if self._needs_key else KEY_EVERY_S):
            self._ask_key(now_s)
        if now_s - self._reported_s > REPORT_EVERY_S:
            self._report(now_s)

    def _drain(self, now_s: float, arrival_us: int) -> None:
        while (packet := self._waiting.pop(self._next, None)) is not None:
            self._next += 1
            self._gap = None
            dropped = self._reader.dropped_units
            for unit in self._reader.take(packet, arrival_us):
                self._needs_key = self._needs_key and not unit.key
                self._outlet.pass_on(unit)
            if self._reader.dropped_units > dropped:
                self._needs_key = True
                if now_s - self._key_asked_s > KEY_AGAIN_S:
                    self._ask_key(now_s)

    def _mind_gap(self, now_s: float, arrival_us: int) -> None:
        """Packets are missing before those that wait: ask for them, or give them up."""
        gap = self._gap
        if gap is None:
            gap = self._gap = _Gap(now_s, 0.0)
        if now_s - gap.since_s > MAX_WAIT_S or len(self._waiting) > MAX_WAITING:
            self.lost += min(self._waiting) - self._next
            self._next, self._gap = min(self._waiting), None
            self._drain(now_s, arrival_us)
        elif now_s - gap.asked_s > _ASK_AGAIN_S and self._ssrc is not None:
            gap.asked_s = now_s
            missing = [number for number in range(self._next, max(self._waiting)) if number not in self._waiting]
            self._say(nack(_OWN_SSRC, self._ssrc, [number & 0xFFFF for number in missing[:MAX_WAITING]]))

    def _ask_key(self, now_s: float) -> None:
        if self._ssrc is not None:
            self._key_asked_s = now_s
            self._say(key_request(_OWN_SSRC, self._ssrc))

    def _report(self, now_s: float) -> None:
        if self._ssrc is None:
            return
        self._reported_s = now_s
        expected = self._next - self._first
        asked, lost = expected - self._expected_before, self.lost - self._lost_before
        self._expected_before, self._lost_before = expected, self.lost
        fraction = 256 * lost // asked if asked > 0 else 0
        highest = self._next - 1
        self._say(
            receiver_report(_OWN_SSRC, self._ssrc, (fraction, self.lost, highest))
            + rate_limit(_OWN_SSRC, self._ssrc, MOST_BPS)
        )
