"""A camera's sound out of its RTP packets, whatever the codec; nothing is decoded. Pure; bounded by the packet."""

import struct

from consentry.kernel.limits import MAX_SOUND_BYTES
from consentry.media.aac import FrameReader
from consentry.media.aac_shape import FRAME_SAMPLES
from consentry.media.rtp import MAX_CAMERA_CLOCK_OFF_US, NTP_EPOCH_S, RtpPacket
from consentry.media.sdp import SoundTrack
from consentry.media.timeline import Timeline
from consentry.media.units import SoundUnit

_MAX_PACKET_BYTES = MAX_SOUND_BYTES - 128


class SoundReader:
    """Makes sound units of the RTP packets of one track.

    What does not add up is passed over: each piece stands for itself, so the next good packet goes on.
    """

    def __init__(self, track: SoundTrack) -> None:
        self._track = track
        self._line = Timeline(track.rate_hz)
        self._frames = FrameReader() if track.codec == "aac" else None
        self._next_sequence: int | None = None
        self._clock: tuple[int, int] | None = None  # (RTP time, UTC us) of the last sender report

    def take_sender_report(self, rtcp: bytes) -> None:
        """Learn the camera's wall clock from an RTCP packet; anything but a sender report is passed over."""
        if len(rtcp) >= 20 and rtcp[1] == 200:
            seconds, fraction, rtp = struct.unpack_from(">III", rtcp, 8)
            if seconds > NTP_EPOCH_S:
                self._clock = (rtp, (seconds - NTP_EPOCH_S) * 1_000_000 + (fraction * 1_000_000 >> 32))

    def take(self, packet: RtpPacket, arrival_us: int) -> list[SoundUnit]:
        """The pieces that `packet` completes, in order; at most 32. `arrival_us`: UTC."""
        if packet.payload_type != self._track.payload_type:
            return []
        if self._next_sequence is not None and (self._next_sequence - packet.sequence) % 65_536 in range(1, 100):
            return []  # late or doubled
        is_next = packet.sequence == self._next_sequence
        self._next_sequence = (packet.sequence + 1) % 65_536
        if self._frames is not None:
            pieces = self._frames.take(packet.payload, is_next=is_next)
        else:
            pieces = [packet.payload] if len(packet.payload) <= _MAX_PACKET_BYTES else []
        return [
            self._unit_of(piece, (packet.time + number * FRAME_SAMPLES) % (1 << 32), arrival_us)
            for number, piece in enumerate(pieces)
        ]

    def _unit_of(self, piece: bytes, time: int, arrival_us: int) -> SoundUnit:
        ts_us = self._line.place_rtp(time, arrival_us)
        off_us = self._clock_off_us(time, arrival_us)
        captured_us = arrival_us + (off_us if abs(off_us) <= MAX_CAMERA_CLOCK_OFF_US else 0)
        return SoundUnit(self._track.codec, ts_us, piece, captured_us, self._track.config)

    def _clock_off_us(self, time: int, arrival_us: int) -> int:
        """How far the camera's clock is ahead of ours, by its last sender report; 0 before one."""
        if self._clock is None:
            return 0
        rtp, utc_us = self._clock
        since = (time - rtp) % (1 << 32)
        since -= (1 << 32) if since >= 1 << 31 else 0
        return utc_us + since * 1_000_000 // self._track.rate_hz - arrival_us
