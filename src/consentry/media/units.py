"""The one currency of media: the access unit. Every source makes them, every output eats them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from consentry.kernel.errors import Unavailable


class AccessUnit(NamedTuple):
    """One coded picture with everything that belongs to it, in decoding order. A tuple, as thousands a second are made.

    `track`: 0 for the camera's main stream, 1 for its smaller sub-stream. `codec`: `h264` or `h265`. `ts_us`:
    presentation time in microseconds on the source's own re-based line; with B-frames it may step back by less than a
    second, otherwise it rises. `nals`: NAL units without start codes or lengths; a key unit starts with (VPS,) SPS and
    PPS. `key`: decodable by itself, and what follows needs nothing of before. `wallclock_us`: UTC microseconds of
    capture, as good as the source tells (RTCP sender report), else of the first byte's arrival. `clock_off_us`: how
    far the source's own clock is ahead of ours, believed or not; None when it tells none.
    """

    track: int
    ts_us: int
    nals: tuple[bytes, ...]
    key: bool
    wallclock_us: int
    clock_off_us: int | None = None
    codec: str = "h264"


MAIN, LOW = 0, 1  # tracks


@dataclass(frozen=True, slots=True)
class SoundUnit:
    """One coded piece of sound; it stands beside the pictures of its camera and never among them.

    `codec`: `aac` (`config` is its AudioSpecificConfig, ISO/IEC 14496-3; one frame), or `pcma`, `pcmu`, `opus` (no
    config; what one RTP packet held). `ts_us`: when it is
    to be heard, microseconds on a line that begins, like the pictures', at the arrival of the first piece. `data`: the
    coded frame, without any header of a transport. `wallclock_us`: UTC microseconds of capture, as for pictures.
    """

    codec: str
    ts_us: int
    data: bytes
    wallclock_us: int
    config: bytes


Sink = Callable[[AccessUnit], None]
SoundSink = Callable[[SoundUnit], None]

# What can be wrong with a camera; the words stand in its health and in the connection test.
FAULT_KINDS = frozenset({
    "certificate-changed", "certificate-unknown", "mask-failed", "mask-missing", "no-key-frame", "no-parameter-sets",
    "no-video", "not-found", "protocol", "silent", "unauthorised", "unreachable",
})  # fmt: skip


class SourceFault(Unavailable):
    """A source does not give video; `kind` is one of `FAULT_KINDS`. The message never holds a credential."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message, kind=kind)
