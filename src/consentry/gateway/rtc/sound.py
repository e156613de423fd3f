"""Sends a camera's sound by RTP over SRTP as it came: G.711 or Opus, a packet for each piece, nothing repeated."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from consentry.gateway.rtc.sender import Line
from consentry.media.units import SoundUnit

_HEAD = struct.Struct(">BBHII")
_RATES_HZ = {"pcma": 8_000, "pcmu": 8_000, "opus": 48_000}
# What does not go into one datagram is no sound of a camera that browsers would play.
MAX_PIECE_BYTES = 1_160


@dataclass(frozen=True, slots=True)
class SoundForm:
    """What was agreed: our SSRC, and the payload type of each codec that the browser takes."""

    ssrc: int
    types: Mapping[str, int] = field(default_factory=dict)

    def takes(self, unit: SoundUnit) -> bool:
        """Can this piece go to that browser as it is?"""
        return unit.codec in self.types and len(unit.data) <= MAX_PIECE_BYTES


class SoundSender:
    """One stream of sound beside the pictures; lost packets stay lost, the browser covers them."""

    def __init__(self, line: Line, form: SoundForm, first_sequence: int) -> None:
        self._line, self._form, self._sequence = line, form, first_sequence & 0xFFFF

    def send(self, unit: SoundUnit) -> int:
        """Send one piece that the form takes; the bytes sent."""
        time = unit.ts_us * _RATES_HZ[unit.codec] // 1_000_000 & 0xFFFFFFFF
        head = _HEAD.pack(0x80, self._form.types[unit.codec], self._sequence, time, self._form.ssrc)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._line.send_all([self._line.protect(head + unit.data)])
        return len(head) + len(unit.data)
