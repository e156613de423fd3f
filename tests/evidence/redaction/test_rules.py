"""Pure rules: ranges cover every frame, what a range names is what the whole names, what cannot be is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentry.evidence.redact.plan import edits_record, parse_plan, plan_record
from consentry.evidence.redact.review import shown_sha256
from consentry.evidence.redact.types import (
    Box,
    Dismissal,
    Find,
    Frames,
    Hush,
    Move,
    OriginalName,
    Plan,
    Region,
    RegionKey,
    SoundSpan,
    Track,
)
from consentry.evidence.redaction.rules import Change, Found, changed, derivative_base, joined, ranges_of
from consentry.evidence.types import Retention
from consentry.kernel.errors import Conflict, ConsentryError, LimitReached, Malformed
from consentry.kernel.limits import MAX_RANGE_FRAMES, REDACTION_RANGE_US

CORNER = ((0, 0), (2_000, 0), (2_000, 2_000), (0, 2_000))
NOTHING = Change((), (), keep_sound=False, sound_spans=())
NOW = datetime(2026, 5, 1, tzinfo=UTC)


def plan_of(at_us: tuple[int, ...], tracks: tuple[Track, ...] = ()) -> Plan:
    frames = Frames(640, 360, at_us, (0,), has_sound=True)
    return Plan(OriginalName("itm_x", ("0" * 64,)), frames, "", tracks=tracks)


times = st.lists(st.integers(1, 3_000_000), min_size=1, max_size=700).map(
    lambda steps: tuple(sum(steps[: place + 1]) for place in range(len(steps)))
)


@settings(max_examples=40, deadline=None)
@given(times)
def test_ranges_hold_every_frame_once_and_are_no_longer_than_one_person_looks_at(at_us: tuple[int, ...]) -> None:
    ranges = ranges_of(plan_of(at_us).frames)
    assert [frame for start, end in ranges for frame in range(start, end)] == list(range(len(at_us)))
    for start, end in ranges:
        assert end - start <= MAX_RANGE_FRAMES
        assert end - start == 1 or at_us[end - 1] - at_us[start] < REDACTION_RANGE_US


def tracks_in(draw: st.DrawFn, count: int) -> tuple[Track, ...]:
    made = []
    for name in range(draw(st.integers(0, 6))):
        places = draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=5, unique=True))
        finds = (Find(place, Box(left, 100, left + 700, 900), 800)
                 for place in sorted(places) for left in [draw(st.integers(0, 9_000))])  # fmt: skip
        made.append(Track(str(name), tuple(finds)))
    return tuple(made)


@st.composite
def edited(draw: st.DrawFn) -> tuple[Plan, Plan]:
    """A plan as found, and edited."""
    count = draw(st.integers(1, 900))
    plan = plan_of(tuple(40_000 * place for place in range(count)), tracks_in(draw, count))
    regions = []
    for name in range(draw(st.integers(0, 3))):
        first = draw(st.integers(0, count - 1))
        regions.append(Region(str(name), (RegionKey(first, CORNER),), draw(st.integers(first + 1, count))))
    spans = tuple(
        SoundSpan(start, start + draw(st.integers(1, 9_000_000)), draw(st.sampled_from(list(Hush))))
        for start in draw(st.lists(st.integers(0, 40_000_000), max_size=3))
    )
    dismissals = tuple(Dismissal(track.name, "per_a", 5) for track in plan.tracks if draw(st.booleans()))
    keeps = draw(st.booleans())
    moves = moves_in(draw, plan)
    return plan, replace(
        plan, regions=tuple(regions), sound_spans=spans, dismissals=dismissals, keep_sound=keeps, moves=moves
    )


def moves_in(draw: st.DrawFn, plan: Plan) -> tuple[Move, ...]:
    """Some tracks moved at frames that are near enough to where they were found."""
    made = []
    for track in plan.tracks:
        first, last = track.finds[0].frame, track.finds[-1].frame
        near = st.integers(max(first - 50, 0), min(last + 50, plan.frames.count - 1))
        for frame in sorted(draw(st.sets(near, max_size=3))):
            left, top = draw(st.integers(0, 9_000)), draw(st.integers(0, 9_000))
            made.append(Move(track.name, frame, Box(left, top, left + 800, top + 900), "per_a", 5))
    return tuple(made)


@settings(max_examples=40, deadline=None)
@given(edited())
def test_what_a_range_names_is_what_the_whole_plan_names(case: tuple[Plan, Plan]) -> None:
    plan, now = case
    found = Found(plan)
    assert found.all_shown(now) == [shown_sha256(now, start, end) for start, end in found.ranges]
    assert found.all_shown(plan) == [shown_sha256(plan, start, end) for start, end in found.ranges]
    assert found.all_shown(now) == [shown_sha256(now, start, end) for start, end in found.ranges], "remembered"


@settings(max_examples=30, deadline=None)
@given(edited())
def test_a_changed_plan_can_always_be_read_back(case: tuple[Plan, Plan]) -> None:
    plan, now = case
    spans = tuple(sorted(now.sound_spans, key=lambda span: span.start_us))
    moves = tuple((one.track, one.frame, one.box) for one in now.moves)
    change = Change(tuple(one.track for one in now.dismissals), now.regions, now.keep_sound, spans, moves)
    made = changed(plan, change, "per_b", 7)
    assert changed(made, change, "per_c", 9) == made, "who did it stays who did it"
    assert parse_plan(plan_record(made)) == made
    assert set(edits_record(made)) == {"dismissals", "keep_sound", "moves", "regions", "sound_spans"}


ONE = plan_of(tuple(40_000 * place for place in range(50)), (Track("0", (Find(3, Box(1, 1, 90, 90), 900),)),))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"dismissed": ("7",)}, Malformed),
        ({"dismissed": ("0", "0")}, Malformed),
        ({"moves": (("7", 3, Box(0, 0, 9, 9)),)}, Malformed),
        ({"moves": (("0", 50, Box(0, 0, 9, 9)),)}, Malformed),
        ({"moves": (("0", 3, Box(0, 0, 9, 9)), ("0", 3, Box(0, 0, 8, 8)))}, Malformed),
        ({"moves": (("0", 3, Box(5, 0, 5, 9)),)}, Malformed),
        ({"regions": (Region("a", (RegionKey(0, CORNER),), 51),)}, Malformed),
        ({"regions": (Region("a", (RegionKey(9, CORNER),), 9),)}, Malformed),
        ({"regions": (Region("a", (RegionKey(60, CORNER),), 61),)}, Malformed),
        ({"regions": (Region("a", (RegionKey(5, CORNER), RegionKey(5, CORNER)), 9),)}, Malformed),
        ({"regions": (Region("a", (RegionKey(5, CORNER), RegionKey(2, CORNER)), 9),)}, Malformed),
        ({"regions": (Region("a", (RegionKey(0, CORNER), RegionKey(1, CORNER[:3])), 9),)}, Malformed),
        ({"regions": (Region("a", (RegionKey(0, ((0, 0), (10_001, 0), (0, 9))),), 9),)}, Malformed),
        ({"regions": (Region("a", (RegionKey(0, ((0, 0), (-1, 0), (0, 9))),), 9),)}, Malformed),
        ({"regions": (Region("a", (RegionKey(0, ((5, 0), (5, 10), (5, 20))),), 9),)}, Malformed),
        ({"regions": (Region("a", (RegionKey(0, CORNER),), 9),) * 2}, Malformed),
        ({"regions": (Region("", (RegionKey(0, CORNER),), 9),)}, Malformed),
        ({"regions": tuple(Region(str(n), (RegionKey(0, CORNER),), 9) for n in range(201))}, Malformed),
        ({"regions": tuple(Region(str(n), tuple(RegionKey(k, CORNER) for k in range(49)), 50) for n in range(41))},
         LimitReached),
        ({"sound_spans": (SoundSpan(9, 9, Hush.MUTE),)}, Malformed),
        ({"sound_spans": (SoundSpan(9, 3, Hush.BLEEP),)}, Malformed),
        ({"sound_spans": (SoundSpan(-1, 3, Hush.BLEEP),)}, Malformed),
        ({"sound_spans": (SoundSpan(0, 2**60, Hush.BLEEP),)}, Malformed),
        ({"sound_spans": tuple(SoundSpan(n, n + 1, Hush.MUTE) for n in range(2_001))}, Malformed),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_whole(change: dict[str, object], error: type[ConsentryError]) -> None:
    said = {"dismissed": (), "regions": (), "keep_sound": False, "sound_spans": (), **change}
    with pytest.raises(error):
        changed(ONE, Change(**said), "per_b", 7)  # type: ignore[arg-type]  # a table of changes


def test_a_face_is_moved_where_it_was_found_or_step_by_step_from_there_and_nowhere_else() -> None:
    plan = plan_of(tuple(40_000 * place for place in range(200)), ONE.tracks)
    box = Box(0, 0, 900, 900)
    steps = (("0", 50, box), ("0", 90, box))
    assert len(changed(plan, replace(NOTHING, moves=steps), "per_b", 7).moves) == 2
    with pytest.raises(Malformed):
        changed(plan, replace(NOTHING, moves=steps[1:]), "per_b", 7)


@pytest.mark.parametrize(
    ("ranges", "words"),
    [([], ""), ([(0, 5)], "0-5"), ([(5, 9), (0, 5)], "0-9"), ([(0, 5), (7, 9), (8, 12)], "0-5, 7-12")],
)
def test_ranges_that_touch_are_one_in_custody(ranges: list[tuple[int, int]], words: str) -> None:
    assert joined(ranges) == words


def test_a_redaction_is_kept_as_its_original_is_for_its_own_sake() -> None:
    day = timedelta(days=1)
    assert derivative_base(Retention(NOW + day, "owner"), now=NOW) == Retention(NOW + day, "owner")
    assert derivative_base(Retention(None, "programme"), now=NOW) == Retention(None, "programme")
    assert derivative_base(Retention(NOW - day, "upload"), now=NOW) == Retention(NOW + 30 * day, "upload")
    with pytest.raises(Conflict):
        derivative_base(Retention(NOW, "owner"), now=NOW)
