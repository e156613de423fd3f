"""Found faces that a person moved or resized: where they are then hidden; pure (docs/spec/redaction.md, *Moves*).

A move says where a face is at one frame. From there on the finder's way goes on from where the person put it, as much
larger or smaller as they made it, up to the next move. The finds themselves stay in the plan as they were found.
"""

import bisect
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from consentry.evidence.redact.types import Box, Find, Move, Plan, Track

SURE_PM = 1_000


@dataclass(frozen=True, slots=True)
class _Carry:
    """`found` is where the finder has a face at a move's frame, `put` where the person put it."""

    found: Box
    put: Box

    def of(self, box: Box) -> Box:
        """A later box of the same track: its middle moved as far, its sides grown by the same share."""
        wide = -(-box.width * self.put.width // self.found.width)
        high = -(-box.height * self.put.height // self.found.height)
        across = box.left + box.right + self.put.left + self.put.right - self.found.left - self.found.right
        down = box.top + box.bottom + self.put.top + self.put.bottom - self.found.top - self.found.bottom
        left, top = (across - wide) // 2, (down - high) // 2
        return Box(left, top, left + wide, top + high)


def moved_tracks(plan: Plan) -> tuple[Track, ...]:
    """The tracks of `plan` with its moves, in their order."""
    moves: dict[str, list[Move]] = defaultdict(list)
    for move in plan.moves:
        moves[move.track].append(move)
    return tuple(moved(track, moves[track.name]) if track.name in moves else track for track in plan.tracks)


def moved(track: Track, moves: Sequence[Move]) -> Track:
    """`track` with its moves (any order, one a frame). One before its first find or after its last carries nothing."""
    put = {move.frame: move for move in moves}
    found = {find.frame: find for find in track.finds}
    first, last = track.finds[0].frame, track.finds[-1].frame
    carry: _Carry | None = None
    finds = []
    for frame in sorted({*put, *found}):
        if frame in put:
            box = put[frame].box
            carry = _Carry(found_at(track.finds, frame), box) if first <= frame <= last else None
            finds.append(Find(frame, box, SURE_PM))
        else:
            find = found[frame]
            finds.append(find if carry is None else replace(find, box=carry.of(find.box)))
    return Track(track.name, tuple(finds))


def found_at(finds: Sequence[Find], frame: int) -> Box:
    """Where the finder has a track at `frame`, in a straight line between two finds, rounded outwards."""
    at = bisect.bisect_right(finds, frame, key=lambda find: find.frame)
    before, after = finds[max(at - 1, 0)], finds[min(at, len(finds) - 1)]
    if before.frame >= after.frame or frame <= before.frame:
        return before.box
    share = (frame - before.frame) / (after.frame - before.frame)
    moved_on = [low + share * (high - low) for low, high in zip(before.box, after.box, strict=True)]
    return Box(math.floor(moved_on[0]), math.floor(moved_on[1]), math.ceil(moved_on[2]), math.ceil(moved_on[3]))
