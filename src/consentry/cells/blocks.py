"""Pure rules of blocks: groups of 50 to 99 addresses inside a published cell, all of which have the same distances.

A camera opens when a reported call is near enough, and the log tells that it opened. Measured from the camera itself,
each call would draw a circle around it, and a year of calls would leave one house. So distances are measured to the
*middle* of the camera's block, and no call opens a block whose *far side* lies beyond the ceiling of 800 m: one answer
for every address of the block, and none of them further from the call than the ceiling.

1. The addresses of a published cell are counted per H3 cell of resolution 11 (50 m across).
2. They are cut in two at the middle of their longer side for as long as both halves keep 50, and in the end laid to
   rest as blocks. What cannot be cut (a tower block) stays whole, however many they are.
3. Fewer than 50 (a city of one small cell) are no block: a camera there opens for no call.

Source: docs/design/privacy.md.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

import h3

from consentry.cells.rules import MIN_ADDRESSES
from consentry.cells.types import Block
from consentry.kernel.geo import Place, distance_m

FINE_RES = 11
# From the middle of a fine cell to its corner (29 m on average, 33 m at most), and as far again for the yard.
RIM_M = 60.0


class FrozenBlock(NamedTuple):
    """A block as cut: its fine cells (resolution 11, sorted) and how many addresses lie in them, at least 50."""

    block: Block
    fine: tuple[str, ...]
    addresses: int


class _Spot(NamedTuple):
    fine: str
    addresses: int
    place: Place


def cut(homes: Mapping[str, int]) -> list[FrozenBlock]:
    """The blocks of one published cell from `homes` (H3 resolution 11 → addresses of that cell, each ≥ 1), in order."""
    spots = [_Spot(fine, count, Place(*h3.cell_to_latlng(fine))) for fine, count in sorted(homes.items())]
    waiting, blocks = [spots], []
    while waiting:
        group = waiting.pop()
        halves = _halves(group)
        if halves is not None:
            waiting.extend(halves)
        elif _weight(group) >= MIN_ADDRESSES:
            blocks.append(_block(group))
    return sorted(blocks, key=lambda block: block.fine)


def is_inside(block: Block, place: Place) -> bool:
    """Does `place` lie within the block's radius? Only then is the far side at least as far as the place itself."""
    return distance_m(block.middle, place) <= block.radius_m


def far_side_m(block: Block, place: Place) -> float:
    """Metres from `place` to the far side of `block`: never less than to any address in it."""
    return distance_m(block.middle, place) + block.radius_m


def _weight(group: Sequence[_Spot]) -> int:
    return sum(spot.addresses for spot in group)


def _halves(group: list[_Spot]) -> tuple[list[_Spot], list[_Spot]] | None:
    """`group` in two halves of at least 50, as even as can be, across its longer side; None when it cannot be cut."""
    if _weight(group) < 2 * MIN_ADDRESSES:
        return None
    middle = math.cos(math.radians(group[0].place.lat))
    tall = _spread([spot.place.lat for spot in group]) >= _spread([spot.place.lon * middle for spot in group])
    for by_lat in (tall, not tall):
        line = sorted(group, key=lambda spot: (spot.place.lat if by_lat else spot.place.lon, spot.fine))
        at = _fair_cut([spot.addresses for spot in line])
        if at is not None:
            return line[:at], line[at:]
    return None


def _fair_cut(counts: Sequence[int]) -> int | None:
    """After how many of `counts` both sides hold at least 50 and are nearest to halves; None when there is no such."""
    before, total = list(accumulate(counts)), sum(counts)
    fair = [at for at, held in enumerate(before, 1) if MIN_ADDRESSES <= held <= total - MIN_ADDRESSES]
    return min(fair, key=lambda at: (abs(2 * before[at - 1] - total), at), default=None)


def _spread(values: Sequence[float]) -> float:
    return max(values) - min(values)


def _block(group: Sequence[_Spot]) -> FrozenBlock:
    total = _weight(group)
    lat, lon = (sum(spot.place[axis] * spot.addresses for spot in group) / total for axis in (0, 1))
    middle = Place(round(lat, 6), round(lon, 6))
    radius_m = math.ceil(max(distance_m(middle, spot.place) for spot in group) + RIM_M)
    fine = tuple(sorted(spot.fine for spot in group))
    return FrozenBlock(Block(middle, radius_m), fine, total)
