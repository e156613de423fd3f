"""Pictures that come in heaps (a segment, a file) are let through in their own time."""

import asyncio
import time

# Further from its own time than this, a picture starts the count anew: the source jumped, or we fell behind.
MAX_AHEAD_S = 12.0
MAX_BEHIND_S = 1.0


class Pacer:
    """One per connection. Who waits in `hold` reads no further, and so the source is held back, not the memory."""

    def __init__(self) -> None:
        self._zero_s: float | None = None

    async def hold(self, source_us: int) -> None:
        """Return when the picture of `source_us` (the source's clock, microseconds) is due."""
        now_s, at_s = time.monotonic(), source_us / 1_000_000
        if self._zero_s is None or not -MAX_BEHIND_S < self._zero_s + at_s - now_s < MAX_AHEAD_S:
            self._zero_s = now_s - at_s
        await asyncio.sleep(max(0.0, self._zero_s + at_s - now_s))
