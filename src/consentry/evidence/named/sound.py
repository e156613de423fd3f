"""The sound of a named copy: coded frames that follow each other without a gap, silence where there is none.

Silence is written too, as a browser stops where one of two tracks has nothing.
"""

from collections.abc import Iterator
from fractions import Fraction

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame

from consentry.evidence.redact.decode import Noise
from consentry.evidence.redact.encode import RATE_HZ, Sound

# A frame of sound begins before a picture that it is heard with.
_AHEAD_US = 100_000
_STEP_US = 1_000_000
# What follows on what was heard is never behind silence, however its time was rounded.
_SLACK_US = 25_000
BIT_RATE = 96_000


class SoundTrack:
    """Mono AAC at 48 kHz from `from_us` on; owns an encoder."""

    def __init__(self, noises: Iterator[Noise], from_us: int) -> None:
        self._noises, self._sound = noises, Sound((), from_us=from_us)
        self._codec = AudioCodecContext.create("aac", "w")
        self._codec.layout, self._codec.format, self._codec.sample_rate = "mono", "fltp", RATE_HZ
        self._codec.bit_rate, self._codec.time_base = BIT_RATE, Fraction(1, RATE_HZ)
        self._codec.open()
        self._first: int | None = None
        self._next: Noise | None = None
        self._silent_us = from_us

    @property
    def config(self) -> bytes:
        """Its AudioSpecificConfig."""
        return bytes(self._codec.extradata or b"")

    def until(self, at_us: int) -> Iterator[tuple[int, bytes]]:
        """What follows up to `at_us` and a little further: first sample (since the item began) and coded frame."""
        while self._sound.lacks(at_us + _AHEAD_US):
            noise = self._next or next(self._noises, None)
            # Second by second, so that a pause of hours, or a time that cannot be, takes no memory.
            step_us = min(at_us + _AHEAD_US, self._silent_us + _STEP_US)
            if noise is not None and noise.at_us <= step_us + _SLACK_US:
                self._next, heard = None, self._take(noise)
                self._silent_us = max(self._silent_us, noise.at_us)
            else:
                self._next, heard = noise, self._sound.silence(step_us)
                self._silent_us = step_us
            yield from self._coded(heard)

    def rest(self) -> Iterator[tuple[int, bytes]]:
        """What the encoder holds back."""
        yield from self._coded([*self._sound.rest(), None])

    def _take(self, noise: Noise) -> list[AudioFrame]:
        try:
            return self._sound.take(noise)
        except (av.FFmpegError, ValueError):
            return []  # sound of another form than before

    def _coded(self, frames: "list[AudioFrame] | list[AudioFrame | None]") -> Iterator[tuple[int, bytes]]:
        for frame in frames:
            if self._first is None and frame is not None:
                self._first = int(frame.pts or 0)
            for packet in self._codec.encode(frame):
                at = int(packet.pts or 0)
                # An encoder begins with a frame from before its first sample, in which nothing is heard.
                if self._first is not None and at >= self._first:
                    yield at, bytes(packet)
