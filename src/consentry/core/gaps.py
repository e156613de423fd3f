"""Which ids of a sequence were skipped and may still appear. Pure."""

from collections.abc import Iterable
from typing import Final

MAX_MISSING: Final = 10_000


class Gaps:
    """Follows a table whose ids come from a sequence but commit in any order.

    A missing id was drawn by a transaction that began before we noticed; once every transaction that was running at
    that time is over (`xmin` passed the `xmax` of then, seen twice) and the id is still missing, it was rolled back.
    """

    def __init__(self) -> None:
        self.newest = 0
        self._missing: dict[int, int] = {}

    def start(self, newest: int) -> None:
        """Everything up to `newest` counts as read."""
        self.newest = newest

    @property
    def safe_id(self) -> int:
        """The highest id such that it and all below are read or will never appear."""
        return min(self._missing, default=self.newest + 1) - 1

    def missing(self) -> list[int]:
        """Ids to look for again."""
        return list(self._missing)

    def take(self, ids: Iterable[int], *, xmin: int, xmax: int) -> None:
        """Note what was read (ascending) under a snapshot that was taken before the read.

        Args:
            xmin: every transaction below is over. xmax: every transaction that has begun is below.
        """
        for found in ids:
            if found > self.newest:
                self._missing.update(dict.fromkeys(range(max(self.newest + 1, found - MAX_MISSING), found), xmax))
                self.newest = found
            else:
                self._missing.pop(found, None)
        settled = [found for found, noticed in self._missing.items() if xmin > noticed]
        for found in settled + sorted(self._missing)[:-MAX_MISSING]:
            self._missing.pop(found, None)
