"""From faces found in some frames to tracks over time; pure. What belongs together only steers how it is hidden.

A find joins the track whose expected place it is nearest to; one that fits none begins a track. Every find stays in
some track, whatever is joined.
"""

import math
from collections.abc import Iterable, Sequence

from consentry.evidence.redact.types import Box, Find, FinderRules, Track

# A second's walk takes a head seven times its own width away; between two finds it may grow by the last factor.
_REACH, _REACH_PER_S, _GROWTH = 0.6, 5.0, 2.0
_MOST_REACH = 2.5


def track_finds(finds: Iterable[Find], at_us: Sequence[int], rules: FinderRules) -> tuple[Track, ...]:
    """Join `finds` (any order) to tracks; `at_us` holds the time of every frame."""
    by_frame: dict[int, list[Find]] = {}
    for find in finds:
        by_frame.setdefault(find.frame, []).append(find)
    tracks: list[list[Find]] = []
    for frame, found in sorted(by_frame.items()):
        alive = [track for track in tracks if at_us[frame] - at_us[track[-1].frame] <= rules.bridge_us]
        tracks += _join(alive, found, at_us)
    return tuple(Track(str(number), tuple(track)) for number, track in enumerate(tracks))


def _join(alive: list[list[Find]], found: list[Find], at_us: Sequence[int]) -> list[list[Find]]:
    """Append each find to its track, nearest pairs first; the finds that are left, each as a new track."""
    pairs = sorted(
        (
            (distance, track_at, find_at)
            for track_at, track in enumerate(alive)
            for find_at, find in enumerate(found)
            if (distance := _distance_to(track, find, at_us)) <= 1
        ),
    )
    taken_tracks: set[int] = set()
    taken_finds: set[int] = set()
    for _, track_at, find_at in pairs:
        if track_at not in taken_tracks and find_at not in taken_finds:
            taken_tracks.add(track_at)
            taken_finds.add(find_at)
            alive[track_at].append(found[find_at])
    rest = (find for find_at, find in enumerate(found) if find_at not in taken_finds)
    return [[find] for find in sorted(rest, key=lambda find: find.box)]


def expected_box(finds: Sequence[Find], moment_us: int, at_us: Sequence[int]) -> Box:
    """Where a face is when it goes on as between its last two finds, at most for half a second's way."""
    last = finds[-1]
    if len(finds) < 2:
        return last.box
    return moved_on(finds[-2], last, moment_us, at_us)


def moved_on(before: Find, last: Find, moment_us: int, at_us: Sequence[int]) -> Box:
    """`last`, moved by the speed from `before` to it; `before` may lie later in time (going backwards)."""
    gap_us = at_us[last.frame] - at_us[before.frame]
    ahead_us = moment_us - at_us[last.frame]
    ahead_us = max(-500_000, min(500_000, ahead_us))
    across = (last.box.left + last.box.right - before.box.left - before.box.right) / 2 * ahead_us / gap_us
    down = (last.box.top + last.box.bottom - before.box.top - before.box.bottom) / 2 * ahead_us / gap_us
    box = last.box
    return Box(
        math.floor(box.left + across), math.floor(box.top + down),
        math.ceil(box.right + across), math.ceil(box.bottom + down),
    )  # fmt: skip


def _distance_to(track: Sequence[Find], find: Find, at_us: Sequence[int]) -> float:
    """0 for a find just where the track was expected, above 1 for what cannot be the same face."""
    gap_s = (at_us[find.frame] - at_us[track[-1].frame]) / 1_000_000
    reach = min(_REACH + _REACH_PER_S * gap_s, _MOST_REACH)
    return _distance(expected_box(track, at_us[find.frame], at_us), find.box) / reach


def _distance(expected: Box, seen: Box) -> float:
    """Between the centres, in sizes of the face; endless for boxes of another size."""
    size = max(expected.width, expected.height, 1)
    growth = max(seen.width, 1) / max(expected.width, 1)
    if not 1 / _GROWTH <= growth <= _GROWTH:
        return math.inf
    across = (seen.left + seen.right - expected.left - expected.right) / 2
    down = (seen.top + seen.bottom - expected.top - expected.bottom) / 2
    return math.hypot(across, down) / size
