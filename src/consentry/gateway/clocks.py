"""The clocks of the gateway: injected, so that a test or a simulation sets them."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Clocks:
    """`now_ms`: UTC; `steady_s`: monotonic. A session ends when either says so."""

    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    steady_s: Callable[[], float] = time.monotonic
