"""Pure rules of redaction: what is hidden when, what must be reviewed, what a plan may say, what is heard."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentry.evidence.redact.cover import Cover, Covers, region_at
from consentry.evidence.redact.encode import hush
from consentry.evidence.redact.plan import derivation, parse_plan, plan_record
from consentry.evidence.redact.review import check_reviewed, shown_sha256, unreviewed
from consentry.evidence.redact.track import track_finds
from consentry.evidence.redact.types import (
    Box,
    Dismissal,
    Find,
    FinderRules,
    Frames,
    Hush,
    OriginalName,
    Plan,
    Region,
    RegionKey,
    Review,
    SoundSpan,
)
from consentry.kernel.canonical import canonical_json
from consentry.kernel.errors import Malformed, Refused

COUNT = 200
AT_US = tuple(40_000 * number for number in range(COUNT))
RULES = FinderRules()
BOX = Box(4_000, 4_000, 4_400, 4_600)


def _plan(*finds: Find, **more: object) -> Plan:
    frames = Frames(640, 360, AT_US, (0, 100), has_sound=True)
    return replace(
        Plan(OriginalName("itm_x", ("ab" * 32,)), frames, "cd" * 32, tracks=track_finds(finds, AT_US, RULES)), **more
    )  # type: ignore[arg-type]


def _moved(box: Box, across: int, down: int = 0) -> Box:
    return Box(box.left + across, box.top + down, box.right + across, box.bottom + down)


def _hides(cover: Cover, box: Box) -> bool:
    """Is `box`, as far as it lies in the picture, inside one box of the cover?"""
    left, top, right, bottom = max(box.left, 0), max(box.top, 0), min(box.right, 10_000), min(box.bottom, 10_000)
    if left >= right or top >= bottom:
        return True
    return any(
        one.left <= left and one.top <= top and right <= one.right and bottom <= one.bottom for one in cover.boxes
    )


_boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    st.integers(-200, 9_900), st.integers(-200, 9_900), st.integers(50, 2_000), st.integers(50, 2_000),
)  # fmt: skip
_finds = st.lists(
    st.builds(Find, st.integers(0, COUNT // 5 - 1).map(lambda n: 5 * n), _boxes, st.just(800)), max_size=12
)


@given(_finds)
@settings(deadline=None, max_examples=200)
def test_whatever_was_found_is_hidden_where_and_when_it_was_found(finds: list[Find]) -> None:
    plan = _plan(*finds)
    covers = Covers(plan)
    assert sorted(find.frame for track in plan.tracks for find in track.finds) == sorted(f.frame for f in finds)
    for find in finds:
        assert _hides(covers.at(find.frame), find.box)


# Two looks at least: who was seen once has no speed that could be followed.
@given(st.integers(-60, 60), st.integers(-40, 40), st.integers(0, 60), st.integers(95, 140))
@settings(deadline=None, max_examples=100)
def test_a_face_that_walks_is_hidden_between_looks_and_a_second_before_and_after(
    across: int, down: int, first: int, last: int
) -> None:
    first, last = first // 5 * 5 + 30, last // 5 * 5
    covers = Covers(
        _plan(*(Find(n, _moved(BOX, across * n, down * n), 900) for n in range(first, last + 1, 5))),
    )
    for frame in range(first, last + 1):
        assert _hides(covers.at(frame), _moved(BOX, across * frame, down * frame)), frame
    # The speed is followed for half a second beyond the ends; where it stood stays hidden for a second.
    for frame in (*range(first - 12, first), *range(last + 1, last + 13)):
        assert _hides(covers.at(frame), _moved(BOX, across * frame, down * frame)), frame
    for frame in (first - 25, last + 25):
        end = first if frame < first else last
        assert _hides(covers.at(frame), _moved(BOX, across * end, down * end))
    assert covers.at(first - 26).boxes == covers.at(last + 26).boxes == ()


def test_a_face_that_was_lost_for_a_second_stays_hidden() -> None:
    seen = [n for n in range(0, 100, 5) if not 40 < n < 65]
    covers = Covers(_plan(*(Find(n, _moved(BOX, 20 * n), 900) for n in seen)))
    for frame in range(100):
        assert _hides(covers.at(frame), _moved(BOX, 20 * min(frame, 95))), frame


def test_two_who_cross_are_both_hidden_all_the_way() -> None:
    paths = ((2_000, 40), (6_000, -40))
    finds = [Find(n, _moved(BOX, start - 4_000 + step * n), 900) for n in range(0, 100, 5) for start, step in paths]
    covers = Covers(_plan(*finds))
    for frame in range(96):
        for start, step in paths:
            assert _hides(covers.at(frame), _moved(BOX, start - 4_000 + step * frame)), frame


def test_a_dismissed_track_is_shown_and_only_that_one() -> None:
    plan = _plan(Find(50, BOX, 900), Find(50, _moved(BOX, 3_000), 900))
    assert len(plan.tracks) == 2
    shown = replace(plan, dismissals=(Dismissal(plan.tracks[0].name, "usr_a", 1),))
    assert len(Covers(shown).at(50).boxes) == 1


def test_a_region_moves_in_a_straight_line_from_key_to_key_and_ends() -> None:
    corners = ((0, 0), (1_000, 0), (1_000, 1_000))
    moved = tuple((x + 500, y + 250) for x, y in corners)
    region = Region("r", (RegionKey(10, corners), RegionKey(20, moved)), 30)
    assert [list(region_at(region, frame)) for frame in (9, 10, 29, 30)] == [[], [corners], [moved], []]
    assert list(region_at(region, 14)) == [((200, 100), (1_200, 100), (1_200, 1_100))]


def test_a_review_holds_only_for_what_was_shown() -> None:
    plan = _plan(Find(20, BOX, 900))
    reviews = tuple(
        Review(start, end, "usr_a", 1, shown_sha256(plan, start, end)) for start, end in ((0, 100), (100, COUNT))
    )
    done = replace(plan, reviews=reviews)
    check_reviewed(done)
    # Somebody moves a region in after the review: only the frames it touches are open again.
    drawn = Region("r", (RegionKey(150, ((0, 0), (9, 0), (9, 9))),), 160)
    assert unreviewed(replace(done, regions=(drawn,))) == ((100, COUNT),)
    assert unreviewed(replace(done, tracks=())) == ((0, 100),)
    assert unreviewed(replace(done, sound_spans=(SoundSpan(0, 1_000, Hush.MUTE),))) == ((0, 100),)
    assert unreviewed(replace(done, keep_sound=True)) == ((0, COUNT),)
    assert unreviewed(replace(done, original=OriginalName("itm_y", ("ab" * 32,)))) == ((0, COUNT),)
    assert unreviewed(replace(done, reviews=reviews[1:])) == ((0, 100),)
    assert unreviewed(replace(done, reviews=(replace(reviews[0], reviewer=""), reviews[1]))) == ((0, 100),)


@given(st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(1, COUNT)), max_size=8))
@settings(deadline=None, max_examples=60)
def test_exactly_the_frames_that_nobody_looked_at_are_open(ranges: list[tuple[int, int]]) -> None:
    plan = _plan()
    spans = [(start, min(start + length, COUNT)) for start, length in ranges]
    reviews = tuple(Review(start, end, "usr_a", 1, shown_sha256(plan, start, end)) for start, end in spans)
    seen = {frame for start, end in spans for frame in range(start, end)}
    done = replace(plan, reviews=reviews)
    assert {f for start, end in unreviewed(done) for f in range(start, end)} == set(range(COUNT)) - seen
    if len(seen) < COUNT:
        with pytest.raises(Refused):
            check_reviewed(done)


def _full_plan() -> Plan:
    region = Region("r", (RegionKey(0, ((0, 0), (9, 0), (9, 9))),), 10)
    return _plan(
        Find(20, BOX, 900), Find(25, _moved(BOX, 30), 880), dismissals=(Dismissal("0", "usr_a", 5),), regions=(region,),
        keep_sound=True, sound_spans=(SoundSpan(0, 10, Hush.BLEEP),), reviews=(Review(0, 5, "usr_a", 9, "ef" * 32),),
    )  # fmt: skip


def test_a_plan_is_the_same_after_a_way_through_json_and_its_derivation_is_canonical() -> None:
    plan = _full_plan()
    assert parse_plan(json.loads(canonical_json(plan_record(plan)))) == plan
    said = derivation(plan)
    assert said["plan_sha256"] == hashlib.sha256(canonical_json(plan_record(plan))).hexdigest()
    assert (said["kind"], said["frames"], said["reviewers"], said["reviewed_ms"]) == ("redaction", COUNT, ["usr_a"], 9)
    assert len(canonical_json(said)) < 2_000


_WRONG: list[tuple[tuple[str | int, ...], object]] = [
    (("v",), 1), (("v",), 3), (("more",), 1), (("frames", "at_us"), [0, 0]), (("frames", "keys"), [COUNT]),
    (("frames", "width"), 0), (("finder_sha256",), "x"), (("rules", "least_score_pm"), 1_001),
    (("rules", "look_px"), 1_000_000), (("rules", "hold_us"), -1), (("rules", "every_us"), 1.5),
    (("tracks", 0, 1), []), (("tracks", 0, 1, 0), [COUNT, 0, 0, 9, 9, 500]),
    (("tracks", 0, 1, 0), [0, 9, 0, 9, 9, 500]),
    (("tracks", 0, 1, 0), [0, 0, 0, 9, 9, 1_001]), (("tracks", 0, 0), ""), (("regions", 0, "end"), COUNT + 1),
    (("regions", 0, "end"), 0), (("regions", 0, "keys"), []), (("regions", 0, "keys", 0, 1), [[0, 0], [1, 1]]),
    (("regions", 0, "keys", 0, 1, 0), [0, 10_001]), (("keep_sound",), 1), (("sound_spans", 0), [5, 5, "mute"]),
    (("sound_spans", 0), [0, 5, "blur"]), (("reviews", 0, "end"), COUNT + 1), (("reviews", 0, "sha256"), "EF" * 32),
    (("dismissals", 0, "reviewer"), "x" * 201), (("original", "parts"), ["short"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), _WRONG)
def test_what_is_no_plan_is_refused(path: tuple[str | int, ...], value: object) -> None:
    record = json.loads(canonical_json(plan_record(_full_plan())))
    place = record
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(Malformed):
        parse_plan(record)


def test_muting_beats_bleeping_and_spans_are_kept_to_the_sample() -> None:
    samples = np.ones(1_000, np.float32)
    hush(samples, 5_000, [(5_100, 5_300, Hush.MUTE), (5_200, 5_400, Hush.BLEEP), (0, 5_010, Hush.MUTE)])
    assert (samples[:10] == 0).all()
    assert (samples[10:100] == 1).all()
    assert (samples[100:300] == 0).all()
    assert 0 < np.abs(samples[300:400]).max() <= 0.11
    assert (samples[400:] == 1).all()
