"""Notices that somebody set the machine's clock while the platform runs, and says it to people."""

from collections.abc import Callable

from consentry.kernel.clock import wall_offset_ms
from consentry.kernel.limits import MAX_CLOCK_SKEW_MS


class ClockWatch:
    """Compares wall time with the time since boot; `look` says a change of state once."""

    def __init__(self, offset_ms: int, read: Callable[[], int] = wall_offset_ms) -> None:
        self._offset_ms, self._read = offset_ms, read
        self._is_off = False

    def look(self) -> str | None:
        """A line for people when the clock went wrong or is right again, else None."""
        set_by_ms = self._read() - self._offset_ms
        was_off, self._is_off = self._is_off, abs(set_by_ms) > MAX_CLOCK_SKEW_MS
        if self._is_off and not was_off:
            return (
                f"THE CLOCK WAS SET by {set_by_ms / 1000:+.0f} s: nobody looks until it is put back, "
                "or until consentry is started again because the new time is the right one"
            )
        return "the clock is as it was: looks are decided again" if was_off and not self._is_off else None
