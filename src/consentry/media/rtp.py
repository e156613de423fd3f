"""RTP for H.264: packets to access units and back (RFC 3550, RFC 6184: single NAL, STAP-A, FU-A)."""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_UNIT_BYTES
from consentry.media.h264 import AUD, IDR, PPS, SPS, parameter_set_id
from consentry.media.timeline import Timeline
from consentry.media.units import AccessUnit, SourceFault

_HEAD = struct.Struct(">BBHII")
_HEAD_BYTES = 12
# An interleaved packet up to the head of its fragment: `$`, channel, length; RTP head; FU indicator and header.
_MIDDLE = struct.Struct(">HHHHIIBB")
_MIDDLE_BYTES, _FRAME_BYTES, _CHANNEL_0 = _MIDDLE.size, 4, 0x2400
STAP_A, FU_A = 24, 28
NTP_EPOCH_S = 2_208_988_800
# A camera whose clock is further off than this is not believed; the arrival is taken instead.
MAX_CAMERA_CLOCK_OFF_US = 2_000_000
MAX_PARAMETER_SETS = 32
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


class H264Depacketiser:
    """Makes access units of the RTP packets of one H.264 track.

    A lost packet or a picture beyond `MAX_UNIT_BYTES` drops everything up to the next key frame and counts in
    `dropped_units`. Parameter sets come from the SDP or in band; a key frame without any is a SourceFault.
    """

    def __init__(self, parameter_sets: tuple[bytes, ...] = (), timeline: Timeline | None = None) -> None:
        self.dropped_units = 0
        self._sets: dict[tuple[int, int], bytes] = {}
        self._learn_sets(parameter_sets)
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
        while at + _MIDDLE_BYTES < size and self._bytes + at - began <= _CAREFREE_BYTES:
            frame, length, head, sequence, stamp, _, kind, edge = _MIDDLE.unpack_from(buffer, at)
            end = at + _FRAME_BYTES + length
            if frame != _CHANNEL_0 or head != plain or sequence != number or stamp != time:
                break
            if end > size or length <= _HEAD_BYTES + 2 or kind & 31 != FU_A or edge >= 0x40:  # first, or last
                break
            pieces.append(buffer[at + _MIDDLE_BYTES : end])
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
        kind = payload[0] & 31
        if kind == FU_A:
            self._gather_fragment(payload)
        elif kind == STAP_A:
            self._gather_aggregate(payload)
        elif 1 <= kind <= 23:
            self._nals.append(payload)
        else:
            self._broken = True

    def _gather_fragment(self, payload: bytes) -> None:
        if len(payload) < 3:
            self._broken = True
            return
        edge = payload[1]
        if edge & 0x80:
            self._fragment = [bytes(((payload[0] & 0xE0) | (edge & 31),))]
        elif not self._fragment:
            self._broken = True
            return
        self._fragment.append(payload[2:])
        if edge & 0x40:
            self._nals.append(b"".join(self._fragment))
            self._fragment = []

    def _gather_aggregate(self, payload: bytes) -> None:
        at = 1
        while at + 2 < len(payload):
            end = at + 2 + ((payload[at] << 8) | payload[at + 1])
            if end > len(payload) or end == at + 2:
                self._broken = True
                return
            self._nals.append(payload[at + 2 : end])
            at = end

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
        if len(nals) == 1 and nals[0][0] & 31 == 1 and not self._waiting:  # most pictures
            return AccessUnit(
                0, self._timeline.place_rtp(time, self._arrival_us), (nals[0],), False, self._captured_us(time)
            )
        kinds = {nal[0] & 31 for nal in nals}
        self._learn_sets(nals)
        if not kinds & {1, 2, 3, 4, IDR}:
            return None  # parameter sets or SEI alone
        key = IDR in kinds
        self._waiting = self._waiting and not key
        if self._waiting:
            self.dropped_units += 1
            return None
        ts_us = self._timeline.place_rtp(time, self._arrival_us)
        return AccessUnit(0, ts_us, self._with_sets(nals) if key else _pictures(nals), key, self._captured_us(time))

    def _learn_sets(self, nals: Iterable[bytes]) -> None:
        for nal in nals:
            if nal[0] & 31 in (SPS, PPS):
                try:
                    slot = parameter_set_id(nal)
                except Malformed:
                    continue
                if slot in self._sets or len(self._sets) < MAX_PARAMETER_SETS:
                    self._sets[slot] = nal

    def _with_sets(self, nals: list[bytes]) -> tuple[bytes, ...]:
        if {kind for kind, _ in self._sets} != {SPS, PPS}:
            raise SourceFault("no-parameter-sets", "the camera sends no SPS and PPS, so nobody can decode it")
        return (*(self._sets[slot] for slot in sorted(self._sets)), *_pictures(nals))

    def _captured_us(self, time: int) -> int:
        if self._camera_clock is not None:
            rtp, utc_us = self._camera_clock
            since = (time - rtp) % (1 << 32)
            since -= (1 << 32) if since >= 1 << 31 else 0
            captured = utc_us + since * 1_000_000 // 90_000
            if abs(captured - self._arrival_us) <= MAX_CAMERA_CLOCK_OFF_US:
                return captured
        return self._arrival_us


def _pictures(nals: list[bytes]) -> tuple[bytes, ...]:
    """Without parameter sets (put in front anew) and delimiters."""
    return tuple(nal for nal in nals if nal[0] & 31 not in (SPS, PPS, AUD))
