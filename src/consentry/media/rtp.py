"""RTP for video: packets to access units and back (RFC 3550), for H.264 here (RFC 6184: single NAL, STAP-A, FU-A)."""

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

from consentry.kernel.limits import MAX_UNIT_BYTES
from consentry.media.coding import H264, Coding, SetBook
from consentry.media.timeline import Timeline
from consentry.media.units import AccessUnit

_HEAD = struct.Struct(">BBHII")
_HEAD_BYTES = 12
# An interleaved packet up to the head of its fragment: `$`, channel, length; RTP head; FU indicator and header.
_MIDDLE = struct.Struct(">HHHHIIBB")
_FRAME_BYTES, _CHANNEL_0 = 4, 0x2400
STAP_A, FU_A = 24, 28
NTP_EPOCH_S = 2_208_988_800
# A camera whose clock is further off than this is not believed; the arrival is taken instead.
MAX_CAMERA_CLOCK_OFF_US = 2_000_000
# Below this no further packet can go over MAX_UNIT_BYTES.
_CAREFREE_BYTES = MAX_UNIT_BYTES - 65_536


class RtpPacket(NamedTuple):
    """One RTP packet; `time`: 32 bits at 90 kHz. A tuple, as one is made for each of 15,000 packets a second."""

    payload_type: int
    marker: bool
    sequence: int
    time: int
    payload: bytes


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


def split_nals(nals: tuple[bytes, ...], *, most: int = 1_400) -> Iterator[bytes]:
    """RTP payloads of at most `most` bytes for the NAL units of one picture: single, or FU-A for longer ones."""
    for nal in nals:
        if len(nal) <= most:
            yield nal
            continue
        indicator, kind = (nal[0] & 0xE0) | FU_A, nal[0] & 31
        for at in range(1, len(nal), most - 2):
            edge = (0x80 if at == 1 else 0) | (0x40 if at + most - 2 >= len(nal) else 0)
            yield bytes((indicator, edge | kind)) + nal[at : at + most - 2]


class Depacketiser(ABC):
    """Makes access units of the RTP packets of one track. How a payload is taken apart is the codec's own.

    A lost packet or a picture beyond `MAX_UNIT_BYTES` drops everything up to the next key frame and counts in
    `dropped_units`. Parameter sets come from the SDP or in band; a key frame without any is a SourceFault.
    """

    coding: Coding
    # A packet up to the head of its fragment; what the first byte of a fragment's head is, and which bits of it say so.
    middle: struct.Struct
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
        self._camera_clock: tuple[int, int] | None = None  # (RTP time, UTC us) of the last sender report

    def take_sender_report(self, rtcp: bytes) -> None:
        """Learn the camera's wall clock from an RTCP packet; anything but a sender report is passed over."""
        if len(rtcp) >= 20 and rtcp[1] == 200:
            seconds, fraction, rtp = struct.unpack_from(">III", rtcp, 8)
            if seconds > NTP_EPOCH_S:
                self._camera_clock = (rtp, (seconds - NTP_EPOCH_S) * 1_000_000 + (fraction * 1_000_000 >> 32))

    def take_middles(self, buffer: bytes, at: int, payload_type: int) -> int:
        """Take interleaved packets (RFC 2326, channel 0) from `at` on while they are plain middles of one NAL unit.

        Nine of ten packets are: nothing but the next number and a further piece. Returns where the first other one
        begins. This loop is where the time of a gateway with many cameras goes.
        """
        pieces, time, number, size = self._fragment, self._time, self._next_sequence, len(buffer)
        if not pieces or number is None:
            return at
        plain, began = 0x8000 | payload_type, at  # version 2; no padding, extension, sources or marker
        unpack, head_bytes = self.middle.unpack_from, self.middle.size
        mask, fragment = self.kind_mask, self.fragment_kind
        while at + head_bytes < size and self._bytes + at - began <= _CAREFREE_BYTES:
            frame, length, head, sequence, stamp, _, kind, edge = unpack(buffer, at)
            end = at + _FRAME_BYTES + length
            if frame != _CHANNEL_0 or head != plain or sequence != number or stamp != time:
                break
            if end > size or at + head_bytes >= end or kind & mask != fragment or edge >= 0x40:  # first, or last
                break
            pieces.append(buffer[at + head_bytes : end])
            number, at = (number + 1) & 0xFFFF, end
        self._next_sequence = number
        self._bytes += at - began
        return at

    def take(self, packet: RtpPacket, arrival_us: int) -> list[AccessUnit]:
        """The pictures that `packet` completes (0, 1 or, when a marker was missing, 2)."""
        done: list[AccessUnit] = []
        lost = False
        if self._next_sequence is not None and packet.sequence != self._next_sequence:
            if (self._next_sequence - packet.sequence) % 65_536 < 100:
                return done  # late or doubled
            self._waiting = self._broken = lost = True
        self._next_sequence = (packet.sequence + 1) % 65_536
        if packet.time != self._time:
            self._finish(done)
            self._time, self._arrival_us, self._broken = packet.time, arrival_us, lost
        self._gather(packet.payload)
        if packet.marker:
            self._finish(done)
        return done

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

    def _add_fragment(self, head: bytes, edge: int, body: bytes) -> bool:
        """A piece of a NAL unit that begins with `head`; bits of `edge`: 0x80 the first, 0x40 the last."""
        if edge & 0x80:
            self._fragment = [head]
        elif not self._fragment:
            return False
        self._fragment.append(body)
        if edge & 0x40:
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

    def _finish(self, done: list[AccessUnit]) -> None:
        nals, time = self._nals, self._time
        broken = self._broken or bool(self._fragment)
        self._nals, self._fragment, self._bytes, self._broken, self._time = [], [], 0, False, None
        if time is None or not (nals or broken):
            return
        if broken:
            self._waiting = True
            self.dropped_units += 1
            return
        unit = self._make_unit(nals, time)
        if unit:
            done.append(unit)

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


class H264Depacketiser(Depacketiser):
    """RFC 6184: single NAL units, STAP-A, FU-A."""

    coding, middle, fragment_kind, kind_mask = H264, _MIDDLE, FU_A, 31

    def _take_apart(self, payload: bytes) -> bool:
        kind = payload[0] & 31
        if kind == FU_A:
            if len(payload) < 3:
                return False
            return self._add_fragment(bytes(((payload[0] & 0xE0) | (payload[1] & 31),)), payload[1], payload[2:])
        if kind == STAP_A:
            return self._add_aggregate(payload, 1, 0)
        if 1 <= kind <= 23:
            self._nals.append(payload)
            return True
        return False
