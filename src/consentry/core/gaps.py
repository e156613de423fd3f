"""Which ids of a sequence were skipped and may still appear. Pure."""

from collections.abc import Iterable
from typing import Final

MAX_MISSING: Final = 10_000
SETTLE_S: Final = 1.0


class Gaps:
    """Follows a table whose ids come from a sequence but commit in any order.

    A missing id was drawn by a transaction that had begun when we noticed. Once every transaction that was running then
    is over (`xmin` reached the `xmax` of then), a moment has passed (an id is drawn just before its transaction gets
    a number) and the id is still missing, it was rolled back.
    """

    def __init__(self) -> None:
        self.newest = 0
        self._missing: dict[int, tuple[int, float]] = {}

    def start(self, newest: int, ids: Iterable[int], *, xmax: int, now_s: float) -> None:
        """Begin after `newest`; of the `ids` just below it those that are not there may still appear."""
        self.newest, there = newest, set(ids)
        skipped = set(range(min(there, default=newest + 1), newest + 1)) - there
        self._missing = dict.fromkeys(skipped, (xmax, now_s))

    @property
    def safe_id(self) -> int:
        """The highest id such that it and all below are read or will never appear."""
        return min(self._missing, default=self.newest + 1) - 1

    def missing(self) -> list[int]:
        """Ids to look for again."""
        return list(self._missing)

    def take(self, ids: Iterable[int], snapshot: tuple[int, int], *, now_s: float) -> None:
        """Note what was read (ascending) after `snapshot` was taken.

        Args:
            snapshot: (xmin, xmax): every transaction below xmin is over, every one that has begun is below xmax.
            now_s: a monotonic clock, seconds.
        """
        xmin, xmax = snapshot
        for found in ids:
            if found > self.newest:
                skipped = range(max(self.newest + 1, found - MAX_MISSING), found)
                self._missing.update(dict.fromkeys(skipped, (xmax, now_s)))
                self.newest = found
            else:
                self._missing.pop(found, None)
        for found, (noticed, at_s) in list(self._missing.items()):
            if xmin >= noticed and now_s - at_s >= SETTLE_S:
                del self._missing[found]
        for found in sorted(self._missing)[:-MAX_MISSING]:
            del self._missing[found]
