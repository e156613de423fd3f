"""RTP for video: packets, and access units made of them (RFC 3550). The codecs: `rtp_h264`, `rtp_h265`."""

import struct
from abc import ABC, abstractmethod
from typing import NamedTuple

from consentry.kernel.limits import MAX_UNIT_BYTES
from consentry.media.coding import Coding, SetBook
from consentry.media.timeline import Timeline
from consentry.media.units import AccessUnit

_HEAD = struct.Struct(">BBHII")
_HEAD_BYTES = 12
# An interleaved packet (RFC 2326 10.12) up to its payload: `$`, channel, length; RTP head.
_FRAMED = ">HHHHI4x"
_FRAME_BYTES, _CHANNEL_0 = 4, 0x2400
# RTP version 2 without padding, extension, sources; the bit of the marker.
_PLAIN, _MARKER = 0x8000, 0x80
# Of a fragment's head: the first, the last of its NAL unit.
_FIRST, _LAST = 0x80, 0x40
NTP_EPOCH_S = 2_208_988_800
# A camera whose clock is further off than this is not believed; the arrival is taken instead.
MAX_CAMERA_CLOCK_OFF_US = 2_000_000


class RtpPacket(NamedTuple):
    """One RTP packet; `time`: 32 bits at 90 kHz. A tuple, as one is made for each of 15,000 packets a second."""

    payload_type: int
    marker: bool
    sequence: int
    time: int
    payload: bytes


class _Heads(NamedTuple):
    """Of the fragments of one NAL unit: the first, those in the middle, the last; and of the NAL unit itself."""

    first: bytes
    middle: bytes
    last: bytes
    nal: bytes


_NO_HEADS = _Heads(*(bytes(4),) * 4)  # longer than any, so that none is like it


def parse_rtp(data: bytes) -> RtpPacket | None:
    """The packet in `data`, None when it is not RTP version 2 or is cut short."""
    if len(data) < _HEAD_BYTES:
        return None
    first, second, sequence, time, _ = _HEAD.unpack_from(data)
    start, end = _HEAD_BYTES + 4 * (first & 15), len(data)
    if first >> 6 != 2:
        return None
    if first & 0x10:
        if end < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if first & 0x20:
        end -= data[-1]
    if start >= end:
        return None
    return RtpPacket(second & 0x7F, second >= 0x80, sequence, time, data[start:end])


def write_rtp(packet: RtpPacket, ssrc: int) -> bytes:
    """The bytes of `packet`."""
    second = packet.payload_type | (0x80 if packet.marker else 0)
    return _HEAD.pack(0x80, second, packet.sequence, packet.time, ssrc) + packet.payload


class Depacketiser(ABC):
    """Makes access units of the RTP packets of one track. How a payload is taken apart is the codec's own.

    A lost packet or a picture beyond `MAX_UNIT_BYTES` drops everything up to the next key frame and counts in
    `dropped_units`. Parameter sets come from the SDP or in band; a key frame without any is a SourceFault.
    """

    coding: Coding
    # The head of a fragment: its size; what its first byte is, and which bits of that say so.
    fragment_head_bytes: int
    fragment_kind: int
    kind_mask: int

    def __init__(self, parameter_sets: tuple[bytes, ...] = (), timeline: Timeline | None = None) -> None:
        self.dropped_units = 0
        self._book = SetBook(self.coding)
        self._book.learn(parameter_sets)
        self._timeline = timeline or Timeline()
        self._next_sequence: int | None = None
        self._time: int | None = None
        self._arrival_us = 0
        self._nals: list[bytes] = []
        self._fragment: list[bytes] = []
        self._bytes = 0
        self._waiting = True  # for a key frame
        self._broken = False  # the picture being gathered misses a part
        self._framed = struct.Struct(f"{_FRAMED}{self.fragment_head_bytes}s")
        self._heads = _NO_HEADS
        self._alike = struct.Struct("")  # packets of one size, see _take_middles
        self._camera_clock: tuple[int, int] | None = None  # (RTP time, UTC us) of the last sender report

    def take_sender_report(self, rtcp: bytes) -> None:
        """Learn the camera's wall clock from an RTCP packet; anything but a sender report is passed over."""
        if len(rtcp) >= 20 and rtcp[1] == 200:
            seconds, fraction, rtp = struct.unpack_from(">III", rtcp, 8)
            if seconds > NTP_EPOCH_S:
                self._camera_clock = (rtp, (seconds - NTP_EPOCH_S) * 1_000_000 + (fraction * 1_000_000 >> 32))

    def take_run(self, buffer: bytes, at: int, payload_type: int, arrival_us: int) -> tuple[int, AccessUnit | None]:
        """Take interleaved packets of channel 0 from `at` on while they are plain fragments of one NAL unit.

        Nearly all packets are: nothing but the next number and a further piece. Returns where the first other one
        begins, and the picture that the last fragment completed. The time of a gateway with many cameras goes here;
        what `take` makes of the same packets, one by one, is the same.
        """
        plain = _PLAIN | payload_type
        if not self._fragment:
            began, at = at, self._take_first(buffer, at, plain, arrival_us)
            if at == began:
                return at, None
        at = self._take_middles(buffer, at, plain)
        return self._take_last(buffer, at, plain)

    def _take_first(self, buffer: bytes, at: int, plain: int, arrival_us: int) -> int:
        body_at = at + self._framed.size
        if body_at >= len(buffer):
            return at
        frame, length, head, number, time, own = self._framed.unpack_from(buffer, at)
        end: int = at + _FRAME_BYTES + length
        if frame != _CHANNEL_0 or head != plain or number != self._next_sequence or not body_at < end <= len(buffer):
            return at
        if own != self._heads.first and not self._learn_heads(own):
            return at
        if self._time is None:
            self._time, self._arrival_us = time, arrival_us
        elif self._time != time:
            return at
        self._fragment = [self._heads.nal, buffer[body_at:end]]
        self._bytes += length - _HEAD_BYTES
        self._next_sequence = (number + 1) & 0xFFFF
        return end

    def _take_middles(self, buffer: bytes, at: int, plain: int) -> int:
        """Those of one size, as all of a NAL unit but the last are, are taken apart in one go."""
        number, time, pieces, middle = self._next_sequence, self._time, self._fragment, self._heads.middle
        body_at = at + self._framed.size
        if number is None or buffer[body_at - self.fragment_head_bytes : body_at] != middle:
            return at
        length = (buffer[at + 2] << 8) | buffer[at + 3]
        size = _FRAME_BYTES + length
        body_bytes = at + size - body_at
        # Numbers begin anew after 65535, and would carry into what stands before them in `expected`.
        count = min(min(len(buffer) - at, MAX_UNIT_BYTES - self._bytes) // size, 0x10000 - number)
        if count < 1 or body_bytes < 1:
            return at
        if size != self._alike.size:
            self._alike = struct.Struct(f">QI4x{len(middle)}s{body_bytes}s")
        # Channel, length, RTP's first bytes and number as one.
        expected, before = _CHANNEL_0 << 48 | length << 32 | plain << 16 | number, len(pieces)
        for place, stamp, own, piece in self._alike.iter_unpack(memoryview(buffer)[at : at + count * size]):
            if place != expected or stamp != time or own != middle:
                break
            pieces.append(piece)
            expected += 1
        taken = len(pieces) - before
        self._next_sequence = (number + taken) & 0xFFFF
        self._bytes += taken * (length - _HEAD_BYTES)
        return at + taken * size

    def _take_last(self, buffer: bytes, at: int, plain: int) -> tuple[int, AccessUnit | None]:
        body_at = at + self._framed.size
        if body_at >= len(buffer):
            return at, None
        frame, length, head, number, time, own = self._framed.unpack_from(buffer, at)
        end = at + _FRAME_BYTES + length
        if frame != _CHANNEL_0 or head & ~_MARKER != plain or number != self._next_sequence or time != self._time:
            return at, None
        is_too_long = self._bytes + length > MAX_UNIT_BYTES
        if own != self._heads.last or not body_at < end <= len(buffer) or is_too_long:
            return at, None
        self._fragment.append(buffer[body_at:end])
        self._nals.append(b"".join(self._fragment))
        self._fragment = []
        self._bytes += length - _HEAD_BYTES
        self._next_sequence = (number + 1) & 0xFFFF
        return end, self._finish() if head & _MARKER else None

    def _learn_heads(self, first: bytes) -> bool:
        """Fragments of the next NAL unit begin so; False when none begins so. The head changes with its kind only."""
        if first[0] & self.kind_mask != self.fragment_kind or first[-1] & (_FIRST | _LAST) != _FIRST:
            return False
        front, kind = first[:-1], first[-1] & ~_FIRST
        self._heads = _Heads(first, front + bytes((kind,)), front + bytes((kind | _LAST,)), self.nal_head(first))
        return True

    def take(self, packet: RtpPacket, arrival_us: int) -> list[AccessUnit]:
        """The pictures that `packet` completes (0, 1 or, when a marker was missing, 2)."""
        done: list[AccessUnit | None] = []
        lost = False
        if self._next_sequence is not None and packet.sequence != self._next_sequence:
            if (self._next_sequence - packet.sequence) % 65_536 < 100:
                return []  # late or doubled
            self._waiting = self._broken = lost = True
        self._next_sequence = (packet.sequence + 1) % 65_536
        if packet.time != self._time:
            done.append(self._finish())
            self._time, self._arrival_us, self._broken = packet.time, arrival_us, lost
        self._gather(packet.payload)
        if packet.marker:
            done.append(self._finish())
        return [unit for unit in done if unit is not None]

    def _gather(self, payload: bytes) -> None:
        self._bytes += len(payload)
        if self._bytes > MAX_UNIT_BYTES:
            self._broken, self._nals, self._fragment = True, [], []
            return
        if not self._take_apart(payload):
            self._broken = True

    @abstractmethod
    def _take_apart(self, payload: bytes) -> bool:
        """Put what is in `payload` to the picture; False when it cannot be read."""

    @abstractmethod
    def nal_head(self, fragment_head: bytes) -> bytes:
        """Of the NAL unit that a fragment with this head begins."""

    def _add_fragment(self, payload: bytes) -> bool:
        """A piece of a NAL unit behind its head."""
        head, body = payload[: self.fragment_head_bytes], payload[self.fragment_head_bytes :]
        if not body:
            return False
        if head[-1] & _FIRST:
            self._fragment = [self.nal_head(head)]
        elif not self._fragment:
            return False
        self._fragment.append(body)
        if head[-1] & _LAST:
            self._nals.append(b"".join(self._fragment))
            self._fragment = []
        return True

    def _add_aggregate(self, payload: bytes, at: int, least: int) -> bool:
        """NAL units behind lengths of two bytes, each longer than `least`."""
        while at + 2 < len(payload):
            end = at + 2 + ((payload[at] << 8) | payload[at + 1])
            if end > len(payload) or end <= at + 2 + least:
                return False
            self._nals.append(payload[at + 2 : end])
            at = end
        return True

    def _finish(self) -> AccessUnit | None:
        nals, time = self._nals, self._time
        broken = self._broken or bool(self._fragment)
        self._nals, self._fragment, self._bytes, self._broken, self._time = [], [], 0, False, None
        if time is None or not (nals or broken):
            return None
        if broken:
            self._waiting = True
            self.dropped_units += 1
            return None
        return self._make_unit(nals, time)

    def _make_unit(self, nals: list[bytes], time: int) -> AccessUnit | None:
        coding = self.coding
        if len(nals) == 1 and not self._waiting and coding.kind(nals[0]) == 1:  # most pictures, in both codings
            return self._unit_of((nals[0],), time, key=False)
        kinds = {coding.kind(nal) for nal in nals}
        self._book.learn(nals)
        if not kinds & coding.slices:
            return None  # parameter sets or SEI alone
        key = bool(kinds & coding.keys)
        self._waiting = self._waiting and not key
        if self._waiting:
            self.dropped_units += 1
            return None
        return self._unit_of(self._book.in_front_of(nals) if key else coding.carried(nals), time, key=key)

    def _unit_of(self, nals: tuple[bytes, ...], time: int, *, key: bool) -> AccessUnit:
        ts_us = self._timeline.place_rtp(time, self._arrival_us)
        off_us = self._clock_off_us(time)
        is_believed = off_us is not None and abs(off_us) <= MAX_CAMERA_CLOCK_OFF_US
        captured_us = self._arrival_us + (off_us if off_us is not None and is_believed else 0)
        return AccessUnit(0, ts_us, nals, key, captured_us, off_us, self.coding.name)

    def _clock_off_us(self, time: int) -> int | None:
        """How far the camera's clock is ahead of ours, by its last sender report; None before one."""
        if self._camera_clock is None:
            return None
        rtp, utc_us = self._camera_clock
        since = (time - rtp) % (1 << 32)
        since -= (1 << 32) if since >= 1 << 31 else 0
        return utc_us + since * 1_000_000 // 90_000 - self._arrival_us
