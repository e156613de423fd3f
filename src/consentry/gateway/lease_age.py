"""How old a lease is when it arrives, without trusting that two clocks agree.

What a frozen or cut-off process finds in its buffers when it wakes was said long ago and gives no right to go on. Each
lease says when it was made, by the web's clock; the quickest one of a stream counts as new, the others as late.
"""

from collections.abc import Callable


class LeaseAge:
    """Of one control stream at a time."""

    def __init__(self, steady_s: Callable[[], float]) -> None:
        self._steady_s = steady_s
        self._least_s: float | None = None

    def begin(self) -> None:
        """A new stream, perhaps of another web with another clock."""
        self._least_s = None

    def of(self, at_ms: int) -> float:
        """Seconds that a lease made at `at_ms` (the web's clock) took longer to come than the quickest one did.

        A web whose clock is set back looks late, and that ends the stream: a new one begins anew.
        """
        took_s = self._steady_s() - at_ms / 1_000
        self._least_s = took_s if self._least_s is None else min(self._least_s, took_s)
        return took_s - self._least_s
