"""Sends one video by RTP over SRTP: headers, repeats on NACK, sender reports. One call of the kernel per picture.

Payloads are shared by all viewers of a camera; per viewer there is a header and the cipher.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from consentry.media.rtcp import echoed_as, sender_report

_HEAD = struct.Struct(">BBHII")
_HEAD_WITH_TIME = struct.Struct(">BBHIIHHI")
_ONE_BYTE_EXTENSIONS = 0xBEDE
# Packets kept for repeats: 1.2 s of 4 Mbit/s. They hold shared payloads, so a viewer costs the headers only.
RING = 512
# A packet is repeated at most so often, and repeats are at most this share of what was sent.
MAX_REPEATS = 4
# Sender reports whose answer is waited for.
_REPORTS = 8
_REPEAT_SHARE, _REPEAT_BURST = 0.5, 200


class Line(Protocol):
    """What a sender needs of a link."""

    def protect(self, packet: bytes) -> bytes:
        """Encrypt; ConnectionError when it is over."""

    def send_all(self, packets: list[bytes]) -> None:
        """Send what was protected."""

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send a report."""


@dataclass(frozen=True, slots=True)
class Format:
    """What was agreed: payload type, our SSRC, number of the header extension for the time of sending."""

    payload_type: int
    ssrc: int
    send_time_id: int | None


@dataclass(slots=True)
class _Kept:
    sequence: int
    head: bytes
    payload: bytes
    repeats: int = 0


class Sender:
    """`clock`: wall clock (UTC microseconds) and RTP time of the last picture; `bytes`: all but repeats."""

    def __init__(self, line: Line, form: Format, first_sequence: int) -> None:
        self.bytes = self.packets = self.repeated = 0
        self._line, self._form = line, form
        self._sequence = first_sequence & 0xFFFF
        self._ring: list[_Kept | None] = [None] * RING
        self.clock: tuple[int, int] | None = None
        self._repeat_room = float(_REPEAT_BURST)
        self._reported: dict[int, float | None] = {}

    def send(self, payloads: Sequence[bytes], time: int, wallclock_us: int, now_s: float) -> int:
        """One picture; the bytes sent. `time`: 32 bits at 90 kHz; `wallclock_us`: UTC of capture."""
        form, last = self._form, len(payloads) - 1
        stamp = int(now_s * (1 << 18)) & 0xFFFFFF
        packets, size = [], 0
        for number, payload in enumerate(payloads):
            second = form.payload_type | (0x80 if number == last else 0)
            head = self._head(second, time, stamp)
            self._ring[self._sequence % RING] = _Kept(self._sequence, head, payload)
            self._sequence = (self._sequence + 1) & 0xFFFF
            packets.append(self._line.protect(head + payload))
            size += len(payload)
        self._line.send_all(packets)
        size += len(packets) * 20
        self.clock = (wallclock_us, time)
        self.packets += len(packets)
        self.bytes += size
        self._repeat_room = min(_REPEAT_BURST, self._repeat_room + _REPEAT_SHARE * len(packets))
        return size

    def repeat(self, sequences: Sequence[int]) -> int:
        """Send again what is still kept; the bytes sent. A storm of requests is answered in part."""
        packets = []
        for sequence in sequences:
            kept = self._ring[sequence % RING]
            if kept is None or kept.sequence != sequence or kept.repeats >= MAX_REPEATS or self._repeat_room < 1:
                continue
            kept.repeats += 1
            self._repeat_room -= 1
            packets.append(self._line.protect(kept.head + kept.payload))
        self.repeated += len(packets)
        self._line.send_all(packets)
        return sum(map(len, packets))

    def report(self, now_s: float) -> None:
        """A sender report: the wall clock of the last picture."""
        if self.clock is None:
            return
        name = echoed_as(self.clock[0])
        # Two of one name: their answers could be of either.
        self._reported[name] = None if name in self._reported else now_s
        if len(self._reported) > _REPORTS:
            del self._reported[next(iter(self._reported))]
        self._line.send_rtcp(sender_report(self._form.ssrc, self.clock, (self.packets, self.bytes)))

    def trip_s(self, echo: tuple[int, float] | None, now_s: float) -> float | None:
        """How long a report and its answer were under way (RFC 3550 6.4.1); None when it cannot be said."""
        sent_s = self._reported.get(echo[0]) if echo is not None else None
        return None if sent_s is None or echo is None else max(0.0, now_s - sent_s - echo[1])

    def forget(self) -> None:
        """Drop everything that could be sent again."""
        self._ring = [None] * RING

    def _head(self, second: int, time: int, stamp: int) -> bytes:
        form = self._form
        if form.send_time_id is None:
            return _HEAD.pack(0x80, second, self._sequence, time, form.ssrc)
        extension = (((form.send_time_id << 4) | 2) << 24) | stamp
        return _HEAD_WITH_TIME.pack(0x90, second, self._sequence, time, form.ssrc, _ONE_BYTE_EXTENSIONS, 1, extension)
