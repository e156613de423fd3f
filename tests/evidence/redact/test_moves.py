"""A found face that a person moved: hidden where they put it, followed from there; and what was kept before that."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.evidence.redact.cover import Covers
from consentry.evidence.redact.moves import found_at, moved
from consentry.evidence.redact.plan import edits_record, parse_plan, plan_record, with_edits
from consentry.evidence.redact.types import Box, Find, Frames, Move, OriginalName, Plan, Region, RegionKey, Track
from consentry.kernel.canonical import canonical_json
from consentry.kernel.errors import Malformed
from consentry.kernel.mask import MASK_SPAN

BOX = Box(4_000, 4_000, 4_400, 4_600)
COUNT = 200
WALK = Track("0", tuple(Find(frame, Box(*(side + 10 * frame for side in BOX)), 900) for frame in range(20, 101, 5)))
CORNERS = ((0, 0), (900, 0), (900, 900))


def put(frame: int, box: Box, track: str = "0") -> Move:
    return Move(track, frame, box, "usr_a", 5)


def plan_with(*moves: Move) -> Plan:
    frames = Frames(640, 360, tuple(40_000 * frame for frame in range(COUNT)), (0,), has_sound=False)
    region = Region("r", (RegionKey(0, CORNERS, "usr_a", 7),), 9)
    return Plan(OriginalName("itm_x", ("0" * 64,)), frames, "", tracks=(WALK,), moves=moves, regions=(region,))


def shifted(box: Box, by: int) -> Box:
    return Box(box.left + by, box.top + by, box.right + by, box.bottom + by)


def test_from_a_move_on_the_way_that_was_found_goes_on_where_the_person_put_it() -> None:
    to = shifted(WALK.finds[6].box, 500)
    there = {find.frame: find.box for find in moved(WALK, [put(50, to)]).finds}
    for find in WALK.finds:
        assert there[find.frame] == (find.box if find.frame < 50 else shifted(find.box, 500)), find.frame


def test_what_was_made_twice_as_large_stays_twice_as_large_until_the_next_move() -> None:
    found = WALK.finds[6].box
    twice = Box(found.left - 200, found.top - 300, found.right + 200, found.bottom + 300)
    there = {find.frame: find.box for find in moved(WALK, [put(80, WALK.finds[12].box), put(50, twice)]).finds}
    assert (there[75].width, there[75].height) == (800, 1_200)
    assert there[75].left + there[75].right == WALK.finds[11].box.left + WALK.finds[11].box.right
    assert [there[frame] for frame in (80, 85, 100)] == [WALK.finds[place].box for place in (12, 13, 16)]


def test_between_two_finds_it_is_measured_from_the_way_between_them() -> None:
    assert found_at(WALK.finds, 52) == shifted(BOX, 520)
    there = {find.frame: find.box for find in moved(WALK, [put(52, shifted(BOX, 520 + 40))]).finds}
    assert (there[50], there[55]) == (WALK.finds[6].box, shifted(WALK.finds[7].box, 40))


def test_a_move_before_or_after_all_finds_lengthens_the_track_and_shifts_nothing() -> None:
    far = Box(0, 0, 300, 300)
    longer = moved(WALK, [put(10, far), put(110, far)])
    assert [find.box for find in longer.finds] == [far, *(find.box for find in WALK.finds), far]


def test_what_is_hidden_follows() -> None:
    to = Box(8_000, 1_000, 8_400, 1_600)
    covers = Covers(plan_with(put(50, to)))
    assert any(hides(box, to) for box in covers.at(50).boxes)
    assert not any(hides(box, WALK.finds[10].box) for box in covers.at(70).boxes)
    assert any(hides(box, WALK.finds[2].box) for box in covers.at(30).boxes)


def hides(box: Box, other: Box) -> bool:
    return box.left <= other.left and box.top <= other.top and box.right >= other.right and box.bottom >= other.bottom


@given(
    st.dictionaries(
        st.integers(0, COUNT - 1),
        st.tuples(st.integers(0, 9_000), st.integers(0, 9_000), st.integers(1, 1_000), st.integers(1, 1_000)),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_wherever_somebody_says_a_face_is_it_is_hidden_at_that_frame(places: dict[int, tuple[int, ...]]) -> None:
    moves = [put(frame, Box(x, y, x + wide, y + high)) for frame, (x, y, wide, high) in places.items()]
    covers = Covers(plan_with(*moves))
    for move in moves:
        assert any(hides(box, move.box) for box in covers.at(move.frame).boxes)
        assert all(0 <= side <= MASK_SPAN for box in covers.at(move.frame).boxes for side in box)


def test_who_moved_and_who_drew_stand_in_the_plan() -> None:
    plan = plan_with(put(50, BOX))
    said = plan_record(plan)
    assert said["moves"] == [["0", 50, *BOX, "usr_a", 5]]
    assert said["regions"][0]["keys"] == [[0, [list(corner) for corner in CORNERS], "usr_a", 7]]
    assert parse_plan(json.loads(canonical_json(said))) == plan


def test_a_plan_and_edits_of_before_are_still_read() -> None:
    plan = replace(plan_with(), regions=(Region("r", (RegionKey(0, CORNERS),), 9),))
    old = json.loads(canonical_json(plan_record(plan)))
    old["v"] = 1
    del old["moves"]
    old["regions"][0]["keys"] = [key[:2] for key in old["regions"][0]["keys"]]
    assert parse_plan(old) == plan
    edits = json.loads(canonical_json(edits_record(plan)))
    del edits["moves"]
    edits["regions"] = old["regions"]
    assert with_edits(replace(plan, regions=()), edits) == plan


@pytest.mark.parametrize(
    "move",
    [
        ["0", COUNT, *BOX, "usr_a", 5], ["0", -1, *BOX, "usr_a", 5], ["0", 5, 10, 10, 10, 20, "usr_a", 5],
        ["0", 5, 0, 0, 10_001, 20, "usr_a", 5], ["0", 5, -1, 0, 9, 20, "usr_a", 5], ["0", 5, *BOX, "", 5],
        ["", 5, *BOX, "usr_a", 5], ["0", 5, *BOX, "usr_a", -1], ["0", 5, *BOX, "usr_a"], {},
        ["0", 5, *BOX, "usr_a", 5.0],
    ],
)  # fmt: skip
def test_what_is_no_move_is_refused(move: object) -> None:
    record = json.loads(canonical_json(plan_record(plan_with())))
    record["moves"] = [move]
    with pytest.raises(Malformed):
        parse_plan(record)
