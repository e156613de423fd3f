"""Pure decisions: which ranges are looked at, what may be changed, what a reviewer names, how long kept."""

import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from consentry.evidence.redact.moves import moved
from consentry.evidence.redact.plan import edits_record, with_edits
from consentry.evidence.redact.review import shown_sha256
from consentry.evidence.redact.types import (
    Box,
    Dismissal,
    Frames,
    Move,
    Plan,
    Region,
    RegionKey,
    SoundSpan,
    Track,
)
from consentry.evidence.types import Retention
from consentry.kernel.errors import Conflict, LimitReached, Malformed
from consentry.kernel.limits import MAX_RANGE_FRAMES, MAX_REGION_KEYS, REDACTION_RANGE_US
from consentry.kernel.mask import Corner

Range = tuple[int, int]
# What its original's own time leaves too short to be disclosed.
LEAST_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Change:
    """All that people decide, as a page sends it. `dismissed`: names of tracks that are no faces.

    `moves`: track, frame and box of each; who made them is not believed of a page.
    """

    dismissed: tuple[str, ...]
    regions: tuple[Region, ...]
    keep_sound: bool
    sound_spans: tuple[SoundSpan, ...]
    moves: tuple[tuple[str, int, Box], ...] = ()


def ranges_of(frames: Frames) -> tuple[Range, ...]:
    """The frames cut into what one person looks at in one piece: at most 10 s and `MAX_RANGE_FRAMES` frames each."""
    ranges, start = [], 0
    while start < frames.count:
        end = bisect.bisect_left(frames.at_us, frames.at_us[start] + REDACTION_RANGE_US)
        end = min(max(end, start + 1), start + MAX_RANGE_FRAMES)
        ranges.append((start, end))
        start = end
    return tuple(ranges)


def changed(plan: Plan, change: Change, person: str, now_ms: int) -> Plan:
    """`plan` as `change` says; who dismissed, moved or drew before stays who did it. Malformed, LimitReached.

    Goes once through the plan's own form, so that nothing is kept that could not be read back.
    """
    names = {track.name for track in plan.tracks}
    if len(set(change.dismissed)) != len(change.dismissed) or not set(change.dismissed) <= names:
        raise Malformed("a track that was not found, or twice", kind="redact-track")
    before = {one.track: one for one in plan.dismissals}
    dismissals = tuple(before.get(name, Dismissal(name, person, now_ms)) for name in sorted(change.dismissed))
    _check_regions(change.regions)
    made = replace(
        plan, dismissals=dismissals, moves=_moves(plan, change, person, now_ms),
        regions=_regions(plan, change.regions, person, now_ms), keep_sound=change.keep_sound,
        sound_spans=tuple(sorted(change.sound_spans, key=lambda span: (span.start_us, span.end_us, span.how.value))),
    )  # fmt: skip
    return with_edits(made, edits_record(made))


def _moves(plan: Plan, change: Change, person: str, now_ms: int) -> tuple[Move, ...]:
    """The moves by track and frame; those that were there keep who made them."""
    tracks = {track.name: track for track in plan.tracks}
    before = {(one.track, one.frame, one.box): one for one in plan.moves}
    frames: dict[str, list[int]] = defaultdict(list)
    for name, frame, _ in change.moves:
        if name not in tracks or not 0 <= frame < plan.frames.count:
            raise Malformed("a move of what was not found", kind="redact-track")
        frames[name].append(frame)
    for name, places in frames.items():
        if len(set(places)) != len(places):
            raise Malformed("two moves of one track at one frame", kind="redact-track")
        _check_near(plan, tracks[name], places)
    return tuple(
        before.get((name, frame, box), Move(name, frame, box, person, now_ms))
        for name, frame, box in sorted(change.moves)
    )


def _check_near(plan: Plan, track: Track, places: Sequence[int]) -> None:
    """Nothing is known of a face long before or after it was found: there a region is drawn instead."""
    at_us, near_us = plan.frames.at_us, plan.rules.bridge_us
    known = sorted({*places, *(find.frame for find in track.finds)})
    first, last = track.finds[0].frame, track.finds[-1].frame
    outside = ((one, other) for one, other in pairwise(known) if one < first or other > last)
    if any(at_us[other] - at_us[one] > near_us for one, other in outside):
        raise Malformed("a move too far from where the face was found", kind="redact-track")


def _regions(plan: Plan, regions: Sequence[Region], person: str, now_ms: int) -> tuple[Region, ...]:
    """The regions; positions that were there keep who put them there."""
    before = {(one.name, key.frame, key.corners): key for one in plan.regions for key in one.keys}
    return tuple(
        replace(region, keys=tuple(
            before.get((region.name, key.frame, key.corners), RegionKey(key.frame, key.corners, person, now_ms))
            for key in region.keys
        ))
        for region in regions
    )  # fmt: skip


def _check_regions(regions: Sequence[Region]) -> None:
    if len({region.name for region in regions}) != len(regions):
        raise Malformed("two regions of one name", kind="redact-region")
    if sum(len(region.keys) for region in regions) > MAX_REGION_KEYS:
        raise LimitReached("so many key positions are not kept", kind="redact-too-large")
    if any(_is_flat(key.corners) for region in regions for key in region.keys):
        raise Malformed("a region that hides nothing", kind="redact-region")


def _is_flat(corners: Sequence[Corner]) -> bool:
    across, down = {x for x, _ in corners}, {y for _, y in corners}
    return len(across) < 2 or len(down) < 2


class Found:
    """A plan as it was found, with its ranges; remembers what it said of each, since little changes at a time."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.ranges = ranges_of(plan.frames)
        self._tracks: list[list[Track]] = [[] for _ in self.ranges]
        self._by_name = {track.name: track for track in plan.tracks}
        self._said: dict[tuple[object, ...], str] = {}
        starts, at_us, hold_us = [start for start, _ in self.ranges], plan.frames.at_us, plan.rules.hold_us
        for track in plan.tracks:
            first = bisect.bisect_left(at_us, at_us[track.finds[0].frame] - hold_us)
            last = bisect.bisect_right(at_us, at_us[track.finds[-1].frame] + hold_us) - 1
            for number in range(bisect.bisect_right(starts, first) - 1, bisect.bisect_right(starts, last)):
                self._tracks[number].append(track)

    def part(self, number: int, plan: Plan) -> Plan:
        """`plan` (this one with edits) without what leaves range `number` as it is: the same covers, sooner found."""
        start, end = self.ranges[number]
        tracks = tuple(self._tracks_of(number, plan.moves))
        names = {track.name for track in tracks}
        return replace(
            plan, tracks=tracks, reviews=(),
            dismissals=tuple(one for one in plan.dismissals if one.track in names),
            moves=tuple(one for one in plan.moves if one.track in names),
            regions=tuple(one for one in plan.regions if one.keys[0].frame < end and one.end > start),
            sound_spans=tuple(one for one in plan.sound_spans if self._is_heard(one, start, end)),
        )  # fmt: skip

    def shown(self, number: int, plan: Plan) -> str:
        """What a reviewer of range `number` of `plan` (this one with edits) names: `review.shown_sha256`."""
        part = self.part(number, plan)
        dismissed = tuple(one.track for one in part.dismissals)
        moves = tuple((one.track, one.frame, one.box) for one in part.moves)
        asked = (number, dismissed, moves, part.regions, part.keep_sound, part.sound_spans)
        if asked not in self._said:
            if len(self._said) > 4 * len(self.ranges) + 64:
                self._said.clear()
            self._said[asked] = shown_sha256(part, *self.ranges[number])
        return self._said[asked]

    def all_shown(self, plan: Plan) -> list[str]:
        """Of each range."""
        return [self.shown(number, plan) for number in range(len(self.ranges))]

    def _tracks_of(self, number: int, moves: Sequence[Move]) -> Iterator[Track]:
        """The tracks that may hide something in range `number`; a move may take one where it was not found."""
        by_track: dict[str, list[Move]] = defaultdict(list)
        for move in moves:
            by_track[move.track].append(move)
        yield from (track for track in self._tracks[number] if track.name not in by_track)
        yield from (
            self._by_name[name] for name, its in by_track.items()
            if self._reaches(moved(self._by_name[name], its), number)
        )  # fmt: skip

    def _reaches(self, track: Track, number: int) -> bool:
        (start, end), at_us, hold_us = self.ranges[number], self.plan.frames.at_us, self.plan.rules.hold_us
        last_us = at_us[track.finds[-1].frame] + hold_us
        return at_us[track.finds[0].frame] - hold_us <= at_us[end - 1] and at_us[start] <= last_us

    def _is_heard(self, span: SoundSpan, start: int, end: int) -> bool:
        at_us = self.plan.frames.at_us
        return span.end_us > at_us[start] and (end == len(at_us) or span.start_us < at_us[end])


def joined(ranges: Iterable[Range]) -> str:
    """Ranges as custody names them, those that touch as one: `0-600, 900-1200`."""
    whole: list[Range] = []
    for start, end in sorted(ranges):
        if whole and start <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(end, whole[-1][1])
        else:
            whole.append((start, end))
    return ", ".join(f"{start}-{end}" for start, end in whole)


def derivative_base(base: Retention, *, now: datetime) -> Retention:
    """How long a redaction is kept for its own sake: as its original for its own.

    One that only a case or hold still keeps leaves a redaction 30 days of its own. Conflict `redact-owner-date`: an
    owner's last date has passed, and nothing is made anew of their clip.
    """
    if base.until is None or base.until > now:
        return base
    if base.reason == "owner":
        raise Conflict("the owner's last date for this clip has passed", kind="redact-owner-date")
    return Retention(now + LEAST_KEPT, base.reason)
