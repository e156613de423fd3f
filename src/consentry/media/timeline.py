"""Where a source's clock lies on a line that never jumps."""

_WRAP = 1 << 32
_CLOCK_HZ = 90_000
MAX_STEP_US = 10_000_000
MAX_BACK_US = 1_000_000


class Timeline:
    """Maps a source's times to microseconds that do not jump, across wraps, restarts and broken clocks.

    A step of more than 10 s forward or 1 s back is a jump of the source's clock; the line then goes on by the time
    that really passed. Small steps back (B-frames) stay.
    """

    def __init__(self, clock_hz: int = _CLOCK_HZ) -> None:
        self._clock_hz = clock_hz
        self._offset_us: int | None = None
        self._last_source_us = 0
        self._last_arrival_us = 0
        self._highest_us = 0
        self._last_rtp: int | None = None
        self._unwrapped = 0

    def restart(self) -> None:
        """A new connection: forget the source's clock, keep the line."""
        self._offset_us = None
        self._last_rtp = None

    def place_rtp(self, rtp: int, arrival_us: int) -> int:
        """The place of a 32-bit RTP time (90 kHz unless said otherwise) that arrived at `arrival_us` (UTC)."""
        if self._last_rtp is None:
            self._unwrapped = rtp
        else:
            step = (rtp - self._last_rtp) % _WRAP
            self._unwrapped += step - _WRAP if step >= _WRAP // 2 else step
        self._last_rtp = rtp
        return self.place(self._unwrapped * 1_000_000 // self._clock_hz, arrival_us)

    def place(self, source_us: int, arrival_us: int) -> int:
        """The place of the source's own microseconds."""
        step = source_us - self._last_source_us
        if self._offset_us is None:
            self._offset_us = max(arrival_us, self._highest_us + 1) - source_us
        elif step > MAX_STEP_US or self._offset_us + source_us < self._highest_us - MAX_BACK_US:
            passed = min(max(arrival_us - self._last_arrival_us, 1), MAX_STEP_US)
            self._offset_us = self._highest_us + passed - source_us
        self._last_source_us, self._last_arrival_us = source_us, arrival_us
        placed = self._offset_us + source_us
        if placed > self._highest_us:
            self._highest_us = placed
        return placed
