"""Sound that comes in heaps (MPEG-TS carries half a second in one packet) is let out piece by piece, in its own time.

Pictures wait for none of it. How much is held settles at the largest heap; a source that jumps begins anew.
"""

import asyncio
from collections import deque

from consentry.media.outlet import Outlet
from consentry.media.sound_box import SoundPiece

MAX_HELD_PIECES = 400
MAX_HELD_S = 3.0


class SoundPace:
    """One per connection; `close` when it ends. Owned by the event loop."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._held: deque[tuple[SoundPiece, int]] = deque(maxlen=MAX_HELD_PIECES)
        self._zero_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def take(self, piece: SoundPiece, source_us: int) -> None:
        """A piece that is heard at `source_us` of the source's clock."""
        self._held.append((piece, source_us))
        if self._timer is None:
            self._give()

    def close(self) -> None:
        """Let nothing out any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._held.clear()

    def _give(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        while self._held:
            piece, source_us = self._held[0]
            now_s, at_s = loop.time(), source_us / 1_000_000
            # Late: all that follows is heard as much later. Far ahead: the source's clock jumped.
            if self._zero_s is None or not now_s <= self._zero_s + at_s <= now_s + MAX_HELD_S:
                self._zero_s = now_s - at_s
            wait_s = self._zero_s + at_s - now_s
            if wait_s > 0.001:
                self._timer = loop.call_later(wait_s, self._give)
                return
            self._held.popleft()
            self._outlet.give_sound(piece, source_us)
