"""How much of a camera a weak line gets: all, the smaller sub-stream, or few pictures. Pure: time is handed in.

Down quickly, up slowly: two seconds with losses close together are enough to go down, twenty good ones are needed to
try again, and who falls at once after a try waits twice as long for the next.
"""

from enum import IntEnum

# Two bad seconds within so many seconds are one step down.
BAD_WITHIN_S = 5.0
# What is lost while the change is made says nothing of the line that comes after.
SETTLE_S = 2.0
FIRST_STEADY_S, MOST_STEADY_S = 20.0, 320.0
# Who falls so soon after a step up was not ready for it; who stays so long upstairs starts with a clean slate.
TOO_SOON_S, FORGIVEN_S = 15.0, 120.0


class Level(IntEnum):
    """What a line gets."""

    FULL = 0
    SMALL = 1
    FEW = 2


class Line:
    """One viewer's line. Call `judge` about once a second."""

    def __init__(self) -> None:
        self.level = Level.FULL
        self._steady_s = FIRST_STEADY_S
        self._lost = 0
        self._bad_s: float | None = None
        self._changed_s: float | None = None
        self._quiet_since_s: float | None = None
        self._rose_s: float | None = None

    def judge(self, lost: int, now_s: float, *, has_small: bool) -> Level:
        """`lost`: pictures that the line lost so far, all together; `has_small`: is there a sub-stream for it?"""
        is_bad, self._lost = lost > self._lost, lost
        if self._quiet_since_s is None:
            self._quiet_since_s = now_s
        if self.level is Level.SMALL and not has_small:
            self._step(Level.FEW, now_s)
        if self._changed_s is not None and now_s - self._changed_s < SETTLE_S:
            self._quiet_since_s = now_s
        elif is_bad:
            self._note_bad(now_s, has_small=has_small)
        elif self.level is not Level.FULL and now_s - self._quiet_since_s >= self._steady_s:
            self._step(Level.SMALL if self.level is Level.FEW and has_small else Level.FULL, now_s)
            self._rose_s = now_s
        elif self._rose_s is not None and now_s - self._rose_s >= FORGIVEN_S:
            self._steady_s, self._rose_s = FIRST_STEADY_S, None
        return self.level

    def _note_bad(self, now_s: float, *, has_small: bool) -> None:
        before_s, self._bad_s, self._quiet_since_s = self._bad_s, now_s, now_s
        if before_s is None or now_s - before_s > BAD_WITHIN_S or self.level is Level.FEW:
            return
        if self._rose_s is not None and now_s - self._rose_s < TOO_SOON_S:
            self._steady_s = min(2 * self._steady_s, MOST_STEADY_S)
        self._rose_s = None
        self._step(Level.SMALL if self.level is Level.FULL and has_small else Level.FEW, now_s)

    def _step(self, level: Level, now_s: float) -> None:
        self.level, self._changed_s, self._quiet_since_s, self._bad_s = level, now_s, now_s, None
