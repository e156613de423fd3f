"""A phone or another WHIP sender behind a link: its pictures go to the outlet of its camera, its place to the web."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from consentry.gateway.rtc.link import Link
from consentry.gateway.rtc.receiver import Receiver
from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import Malformed
from consentry.kernel.limits import SOURCE_SILENCE_S
from consentry.media.outlet import Outlet
from consentry.media.rtp import parse_rtp
from consentry.media.sdp import SoundTrack
from consentry.media.sound_rtp import SoundReader
from consentry.media.units import SourceFault

TELL_EVERY_S = 1.0
MAX_WORDS_BYTES = 1_024
OPUS_HZ = 48_000
_MAX_LAT_DEG, _MAX_LON_DEG, _MAX_ACCURACY_M = 90.0, 180.0, 100_000.0


@dataclass(frozen=True)
class Aims:
    """Where it leads. `watching`: how many look just now; `place` takes a position; `over`: it is done, once."""

    outlet: Outlet
    watching: Callable[[], int]
    place: Callable[[Mapping[str, object]], None]
    over: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Lines:
    """RTP payload types: of the pictures, and of the sound (Opus) where it was agreed on."""

    pictures: int
    opus: int | None = None


class Pusher:
    """See `link.Guest`. `link` is set by whoever makes both."""

    link: Link

    def __init__(self, lines: Lines, aims: Aims) -> None:
        self.over = False
        self.receiver = Receiver(lines.pictures, aims.outlet, self._say)
        self._opus = lines.opus
        self._sound = SoundReader(SoundTrack(lines.opus or 0, "", "opus", OPUS_HZ))
        self._aims = aims
        self._told_s = self._placed_s = 0.0
        self._state = "connecting"
        aims.outlet.begin()

    def close(self) -> None:
        """Cut it off: its key does not hold any more, it was replaced, or it was sent home."""
        self._finish()
        self.link.close()

    def ready(self) -> None:
        """See `Guest`."""

    def hear(self, text: str) -> None:
        """See `Guest`: a position, at most each second; anything else is passed over."""
        now_s = time.monotonic()
        if now_s - self._placed_s < TELL_EVERY_S or self.over:
            return
        try:
            said = read_place(text)
        except Malformed:
            return
        self._placed_s = now_s
        self._aims.place(said)

    def take_rtp(self, packet: bytes) -> None:
        """See `Guest`."""
        if self.over:
            return
        if self._opus is not None and packet[1] & 0x7F == self._opus:
            self._take_sound(packet)
            return
        try:
            self.receiver.take_rtp(packet, time.monotonic(), time.time_ns() // 1_000)
        except SourceFault as fault:
            self._tell_state(fault.kind)

    def _take_sound(self, packet: bytes) -> None:
        """Its manager may have silenced it since: then it ends here."""
        hears, parsed = self._aims.outlet.besides.sound, parse_rtp(packet)
        if hears is not None and parsed is not None:
            for unit in self._sound.take(parsed, time.time_ns() // 1_000):
                hears(unit)

    def take_rtcp(self, packet: bytes) -> None:
        """See `Guest`."""
        self.receiver.take_rtcp(packet)

    def tick(self, now_s: float) -> None:
        """See `Guest`."""
        steady_s = time.monotonic()
        self.receiver.tick(steady_s, time.time_ns() // 1_000)
        if steady_s - self._aims.outlet.last_picture_s > SOURCE_SILENCE_S:
            self._aims.outlet.has_picture = False
            self._tell_state("silent")
        elif self._aims.outlet.has_picture:
            self._state = "online"
        if now_s - self._told_s > TELL_EVERY_S:
            self._told_s = now_s
            self.link.say(json.dumps({"type": "watched", "viewers": self._aims.watching()}))

    def gone(self, *, lost: bool) -> None:  # noqa: ARG002 - a sender that comes back begins anew either way
        """See `Guest`."""
        self._finish()

    def _finish(self) -> None:
        if not self.over:
            self.over = True
            self._aims.outlet.on_state("offline")
            self._aims.over()

    def _tell_state(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self._aims.outlet.on_state(state)

    def _say(self, report: bytes) -> None:
        self.link.send_rtcp(report)


def read_place(text: str) -> dict[str, object]:
    """`{"type":"place","lat":…,"lon":…}` with `accuracy_m` and `heading_deg` where known; Malformed otherwise."""
    said = parse_object(text.encode()[: MAX_WORDS_BYTES + 1], max_bytes=MAX_WORDS_BYTES)
    if said.get("type") != "place":
        raise Malformed("a sender says where it is")
    heading = said.get("heading_deg")
    return {
        "place": [_number(said.get("lat"), _MAX_LAT_DEG), _number(said.get("lon"), _MAX_LON_DEG)],
        "accuracy_m": max(0.0, _number(said.get("accuracy_m", 0), _MAX_ACCURACY_M)),
        "heading_deg": None if heading is None else _number(heading, 360.0) % 360,
    }


def _number(value: object, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
        raise Malformed("a number is missing or out of bounds")
    return float(value)
