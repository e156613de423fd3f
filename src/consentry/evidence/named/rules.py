"""Pure decisions about a named copy: what is made next. Times in microseconds since the item began."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from consentry.kernel.limits import NAMED_PIECE_US

Made = Sequence[tuple[int, int]]  # [from, until) of each piece, in order of time, none over another


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing is made from `from_us` on, up to `until_us`, where a piece stands; 0: up to the end, wherever that is."""

    from_us: int
    until_us: int

    def holds(self, at_us: int) -> bool:
        """Does `at_us` lie in it?"""
        return self.from_us <= at_us and (not self.until_us or at_us < self.until_us)


def gaps_in(made: Made, ended_us: int | None) -> Iterator[Gap]:
    """What is not made, in order of time; `ended_us` None: nobody knows yet where it ends."""
    edges = [(0, 0), *made]
    yield from (Gap(before[1], after[0]) for before, after in pairwise(edges) if before[1] < after[0])
    last_us = edges[-1][1]
    if ended_us is None or last_us < ended_us:
        yield Gap(last_us, 0)


def next_gap(made: Made, ended_us: int | None, wanted_us: int) -> Gap | None:
    """What is made next for somebody who looks at `wanted_us`: from there on, and what was left out after that.

    In the middle of a gap it begins at a whole piece's time, so that who moves to and fro does not leave crumbs. None:
    all is made.
    """
    found = list(gaps_in(made, ended_us))
    if not found:
        return None
    if ended_us is not None:
        wanted_us = min(wanted_us, ended_us - 1)
    gap = next((one for one in found if not one.until_us or one.until_us > wanted_us), found[0])
    begin_us = wanted_us // NAMED_PIECE_US * NAMED_PIECE_US
    is_inside = gap.holds(wanted_us) and begin_us - gap.from_us >= NAMED_PIECE_US
    return Gap(begin_us, gap.until_us) if is_inside else gap


def is_made(made: Made, ended_us: int | None, at_us: int) -> bool:
    """Is there something to play at `at_us`?"""
    return not any(gap.holds(at_us) for gap in gaps_in(made, ended_us))
