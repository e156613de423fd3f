"""When the next unit of a recording that is played is due: as it was recorded, holes left out."""

from collections.abc import Callable

from consentry.kernel.limits import RING_GAP_US

_US = 1_000_000


class Pace:
    """`now_s` is a steady clock in seconds. What lies before `from_us` is for the decoder and comes at once."""

    def __init__(self, from_us: int, now_s: Callable[[], float]) -> None:
        self._from_us, self._now_s = from_us, now_s
        self._base_s: float | None = None
        self._last_us = 0

    def wait_s(self, wallclock_us: int) -> float:
        """Seconds until the unit of that wall clock is due; 0 when it is, or is late."""
        now_s = self._now_s()
        if wallclock_us <= self._from_us:
            return 0.0
        if self._base_s is None or abs(wallclock_us - self._last_us) > RING_GAP_US:
            self._base_s = now_s - wallclock_us / _US
        self._last_us = wallclock_us
        return max(0.0, self._base_s + wallclock_us / _US - now_s)

    def rest(self) -> None:
        """The line was slow: go on from here, and do not hurry after it."""
        self._base_s = None
