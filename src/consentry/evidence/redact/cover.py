"""What is hidden in each frame; pure. It errs outwards: a face is hidden before it was found and after it was lost.

Between two looks that follow each other all from the one box to the other is hidden. Over a longer gap a box moves in a
straight line, wider the further the next find is away, and the places at both ends stay hidden for `hold_us` as well.
Beyond the ends of a track, both where the face was and where it would be had it gone on.
"""

import bisect
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from consentry.evidence.redact.moves import moved_tracks
from consentry.evidence.redact.track import moved_on
from consentry.evidence.redact.types import Box, Find, FinderRules, Plan, Region, Track
from consentry.kernel.mask import MASK_SPAN, Corner

_BUCKET = 64
_Reach = tuple[int, int, Track]  # the frames [start, end) in which a track hides anything


@dataclass(frozen=True, slots=True)
class Cover:
    """What is hidden in one frame: boxes and polygons of whole ten-thousandths, in a fixed order."""

    boxes: tuple[Box, ...]
    polygons: tuple[tuple[Corner, ...], ...]


class Covers:
    """The covers of a plan, frame by frame; owns nothing but what it looked up once."""

    def __init__(self, plan: Plan) -> None:
        dismissed = {one.track for one in plan.dismissals}
        self._at_us, self._rules = plan.frames.at_us, plan.rules
        self._regions = plan.regions
        # Which tracks may hide something in each `_BUCKET` frames: a long film has thousands, a moment has a few.
        self._buckets: dict[int, list[_Reach]] = {}
        for track in moved_tracks(plan):
            if track.name not in dismissed:
                start, end = self._reach(track)
                for number in range(start // _BUCKET, -(-end // _BUCKET)):
                    self._buckets.setdefault(number, []).append((start, end, track))

    def at(self, frame: int) -> Cover:
        """What is hidden in `frame`."""
        boxes = (
            box for start, end, track in self._buckets.get(frame // _BUCKET, ()) if start <= frame < end
            for box in self._boxes(track.finds, frame)
        )  # fmt: skip
        inside = sorted({box for box in map(_within, boxes) if box.width > 0 and box.height > 0})
        polygons = (corners for region in self._regions for corners in region_at(region, frame))
        return Cover(tuple(inside), tuple(polygons))

    def _reach(self, track: Track) -> tuple[int, int]:
        """The frames [start, end) in which a track hides anything."""
        first_us = self._at_us[track.finds[0].frame] - self._rules.hold_us
        last_us = self._at_us[track.finds[-1].frame] + self._rules.hold_us
        return bisect.bisect_left(self._at_us, first_us), bisect.bisect_right(self._at_us, last_us)

    def _boxes(self, finds: Sequence[Find], frame: int) -> Iterator[Box]:
        at = bisect.bisect_right(finds, frame, key=lambda find: find.frame)
        moment_us = self._at_us[frame]
        if at == 0:
            yield self._beyond(finds[0], finds[1] if len(finds) > 1 else None, moment_us)
        elif at == len(finds):
            yield self._beyond(finds[-1], finds[-2] if len(finds) > 1 else None, moment_us)
        else:
            yield from self._between(finds, at, moment_us)

    def _beyond(self, last: Find, other: Find | None, moment_us: int) -> Box:
        away_us = abs(moment_us - self._at_us[last.frame])
        box = last.box
        if other is not None:
            box = _hull(box, moved_on(other, last, moment_us, self._at_us))
        return widened(box, self._rules, away_us)

    def _between(self, finds: Sequence[Find], at: int, moment_us: int) -> Iterator[Box]:
        before, after = finds[at - 1], finds[at]
        since_us, left_us = moment_us - self._at_us[before.frame], self._at_us[after.frame] - moment_us
        if since_us + left_us < 2 * self._rules.every_us:
            yield widened(_hull(before.box, after.box), self._rules, 0)
            return
        share = since_us / (since_us + left_us)
        moved = [low + share * (high - low) for low, high in zip(before.box, after.box, strict=True)]
        box = Box(math.floor(moved[0]), math.floor(moved[1]), math.ceil(moved[2]), math.ceil(moved[3]))
        yield widened(box, self._rules, min(since_us, left_us))
        if since_us <= self._rules.hold_us:
            yield self._beyond(before, finds[at - 2] if at > 1 else None, moment_us)
        if left_us <= self._rules.hold_us:
            yield self._beyond(after, finds[at + 1] if at + 1 < len(finds) else None, moment_us)


def widened(box: Box, rules: FinderRules, away_us: int) -> Box:
    """`box` with its margin on every side, wider with the time to the next find."""
    share_pm = rules.margin_pm + rules.drift_pm_per_s * away_us // 1_000_000
    across = -(-box.width * share_pm // 1_000)
    down = -(-box.height * share_pm // 1_000)
    return Box(box.left - across, box.top - down, box.right + across, box.bottom + down)


def region_at(region: Region, frame: int) -> Iterator[tuple[Corner, ...]]:
    """The corners of a region in `frame`; nothing where it does not hide."""
    if not region.keys[0].frame <= frame < region.end:
        return
    at = bisect.bisect_right(region.keys, frame, key=lambda key: key.frame)
    before = region.keys[at - 1]
    if at == len(region.keys):
        yield before.corners
        return
    after = region.keys[at]
    share = (frame - before.frame) / (after.frame - before.frame)
    yield tuple(
        (round(x0 + share * (x1 - x0)), round(y0 + share * (y1 - y0)))
        for (x0, y0), (x1, y1) in zip(before.corners, after.corners, strict=True)
    )


def cover_record(cover: Cover) -> list[list[list[int]] | list[list[list[int]]]]:
    """A cover as JSON, for hashing what was shown."""
    return [[list(box) for box in cover.boxes], [[list(c) for c in polygon] for polygon in cover.polygons]]


def covers_between(plan: Plan, start: int, end: int) -> Sequence[Cover]:
    """The covers of frames [start, end)."""
    covers = Covers(plan)
    return [covers.at(frame) for frame in range(start, end)]


def _hull(one: Box, other: Box) -> Box:
    return Box(
        min(one.left, other.left), min(one.top, other.top), max(one.right, other.right), max(one.bottom, other.bottom)
    )


def _within(box: Box) -> Box:
    return Box(max(box.left, 0), max(box.top, 0), min(box.right, MASK_SPAN), min(box.bottom, MASK_SPAN))
