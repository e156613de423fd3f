"""Two clocks, both handed in: wall time (what tickets speak of) and a monotonic one (which nobody can set)."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from consentry.kernel.clock import to_ms, utc_now


@dataclass(frozen=True)
class EdgeClock:
    """`now_ms`: UTC ms since 1970. `steady_ms`: ms that only ever rise, from any start."""

    now_ms: Callable[[], int]
    steady_ms: Callable[[], int]


def system_clock() -> EdgeClock:
    """This machine's clocks."""
    return EdgeClock(lambda: to_ms(utc_now()), lambda: time.monotonic_ns() // 1_000_000)
