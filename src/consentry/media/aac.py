"""AAC in RTP: frames out of packets and into them (RFC 3640, mode AAC-hbr). Pure; bounded by the packet."""

import struct

from consentry.media.aac_shape import FRAME_SAMPLES
from consentry.media.rtp import MAX_CAMERA_CLOCK_OFF_US, NTP_EPOCH_S, RtpPacket
from consentry.media.sdp import SoundTrack
from consentry.media.timeline import Timeline
from consentry.media.units import SoundUnit

_HEADER_BITS = 16  # 13 of the size, 3 of the index
MAX_FRAMES = 32


class AacDepacketiser:
    """Makes sound units of the RTP packets of one track.

    What does not add up is passed over and counted in `dropped_packets`: each frame stands for itself, so the next good
    packet goes on.
    """

    def __init__(self, track: SoundTrack) -> None:
        self.dropped_packets = 0
        self._track = track
        self._line = Timeline(track.shape.rate_hz)
        self._next_sequence: int | None = None
        self._parts: list[bytes] = []
        self._whole_bytes = 0
        self._clock: tuple[int, int] | None = None  # (RTP time, UTC us) of the last sender report

    def take_sender_report(self, rtcp: bytes) -> None:
        """Learn the camera's wall clock from an RTCP packet; anything but a sender report is passed over."""
        if len(rtcp) >= 20 and rtcp[1] == 200:
            seconds, fraction, rtp = struct.unpack_from(">III", rtcp, 8)
            if seconds > NTP_EPOCH_S:
                self._clock = (rtp, (seconds - NTP_EPOCH_S) * 1_000_000 + (fraction * 1_000_000 >> 32))

    def take(self, packet: RtpPacket, arrival_us: int) -> list[SoundUnit]:
        """The frames that `packet` completes, in order; at most 32. `arrival_us`: UTC."""
        if packet.payload_type != self._track.payload_type:
            return []
        if self._next_sequence is not None and (self._next_sequence - packet.sequence) % 65_536 in range(1, 100):
            return []  # late or doubled
        if packet.sequence != self._next_sequence:
            self._parts = []
        self._next_sequence = (packet.sequence + 1) % 65_536
        frames = self._whole(packet) if self._parts else self._frames(packet)
        return [
            self._unit_of(frame, (packet.time + number * FRAME_SAMPLES) % (1 << 32), arrival_us)
            for number, frame in enumerate(frames)
        ]

    def _frames(self, packet: RtpPacket) -> list[bytes]:
        """Whole frames, or the first part of one that does not fit into a packet."""
        read = read_frames(packet.payload)
        if read is None:
            self.dropped_packets += 1
            return []
        frames, missing_bytes = read
        if missing_bytes:
            self._parts, self._whole_bytes = frames, len(frames[0]) + missing_bytes
            return []
        return frames

    def _whole(self, packet: RtpPacket) -> list[bytes]:
        """A further part: its header says the size of the whole frame again."""
        part, self_bytes = packet.payload[4:], sum(map(len, self._parts))
        if not part or self_bytes + len(part) > self._whole_bytes:
            self.dropped_packets += 1
            self._parts = []
            return []
        self._parts.append(part)
        if self_bytes + len(part) < self._whole_bytes:
            return []
        frame, self._parts = b"".join(self._parts), []
        return [frame]

    def _unit_of(self, frame: bytes, time: int, arrival_us: int) -> SoundUnit:
        ts_us = self._line.place_rtp(time, arrival_us)
        off_us = self._clock_off_us(time, arrival_us)
        captured_us = arrival_us + (off_us if abs(off_us) <= MAX_CAMERA_CLOCK_OFF_US else 0)
        return SoundUnit("aac", ts_us, frame, captured_us, self._track.config)

    def _clock_off_us(self, time: int, arrival_us: int) -> int:
        """How far the camera's clock is ahead of ours, by its last sender report; 0 before one."""
        if self._clock is None:
            return 0
        rtp, utc_us = self._clock
        since = (time - rtp) % (1 << 32)
        since -= (1 << 32) if since >= 1 << 31 else 0
        return utc_us + since * 1_000_000 // self._track.shape.rate_hz - arrival_us


def read_frames(payload: bytes) -> tuple[list[bytes], int] | None:
    """The frames of one packet, and how many bytes a single one lacks that goes on in the next; None when malformed."""
    if len(payload) < 5:
        return None
    count, odd = divmod(payload[0] << 8 | payload[1], _HEADER_BITS)
    at = 2 + 2 * count
    if odd or not 0 < count <= MAX_FRAMES or at >= len(payload):
        return None
    sizes = [head >> 3 for (head,) in struct.iter_unpack(">H", payload[2:at])]
    missing_bytes = at + sum(sizes) - len(payload)
    if 0 in sizes or (missing_bytes > 0 and count > 1) or missing_bytes < 0:
        return None
    frames = []
    for size in sizes:
        frames.append(payload[at : at + size])
        at += size
    return frames, missing_bytes


def write_payload(frame: bytes) -> bytes:
    """The RTP payload of one frame of at most 8,191 bytes."""
    return struct.pack(">HH", _HEADER_BITS, len(frame) << 3) + frame
