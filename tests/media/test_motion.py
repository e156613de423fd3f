"""Motion: real people are noticed, noise and passing clouds are not, and a quiet scene costs hardly a look."""

from pathlib import Path

import pytest
from tests.edge.moving import moving_loop

from consentry.media.camera_eye import HIGH, WIDE
from consentry.media.file_source import load_loop
from consentry.media.h264 import to_avcc
from consentry.media.motion import SAME_MOVEMENT_S, MotionSense, Sensitivity
from consentry.media.thumbnail_child import thumbnail_of
from consentry.media.units import AccessUnit

PEOPLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "video" / "vtest.avi"


def street(*, light: float = 1.0, mover_at: int | None = None) -> bytes:
    """A still street under some light, with a dark mover of 2 × 5 cells before it."""
    rows = [[min(255, round(light * (60 + 7 * ((row * 5 + column * 3) % 20)))) for column in range(WIDE)]
            for row in range(HIGH)]  # fmt: skip
    if mover_at is not None:
        for row in range(8, 13):
            rows[row][mover_at : mover_at + 2] = [10, 10]
    return bytes(level for row in rows for level in row)


@pytest.mark.parametrize("sensitivity", list(Sensitivity))
def test_real_people_who_walk_by_are_noticed_within_two_seconds(sensitivity: Sensitivity) -> None:
    if not PEOPLE.exists():
        pytest.skip("needs ../shared/data/video/vtest.avi")
    sense, begun = MotionSense(sensitivity), []
    for unit in load_loop(PEOPLE, key_every_s=1, most_s=4, height_px=288).units:
        now_s = unit.ts_us / 1_000_000
        if sense.note_unit(unit, now_s) and sense.note_thumbnail(
            thumbnail_of(to_avcc(unit.nals))[: WIDE * HIGH], now_s
        ):
            begun.append(now_s)
    assert len(begun) == 1
    assert begun[0] <= 2


def test_a_mover_is_one_event_for_as_long_as_it_moves_and_another_one_later() -> None:
    sense = MotionSense(Sensitivity.MEDIUM)
    assert not sense.note_thumbnail(street(), 0)
    assert [sense.note_thumbnail(street(mover_at=at), at) for at in range(1, 20)] == [True] + [False] * 18
    for at in range(20, 60):
        sense.note_thumbnail(street(), at)
    assert sense.note_thumbnail(street(mover_at=4), 60 + SAME_MOVEMENT_S)


def test_a_cloud_and_a_small_thing_at_low_sensitivity_are_no_motion() -> None:
    sense = MotionSense(Sensitivity.HIGH)
    sense.note_thumbnail(street(), 0)
    assert not any(sense.note_thumbnail(street(light=1 - at / 40), at) for at in range(1, 12))
    low = MotionSense(Sensitivity.LOW)
    low.note_thumbnail(street(), 0)
    assert not low.note_thumbnail(street(mover_at=5), 1)


def test_a_quiet_scene_is_looked_at_every_ten_seconds_and_a_restless_one_at_each_key_frame() -> None:
    sense = MotionSense(Sensitivity.MEDIUM)

    def second(at_s: int, size: int) -> bool:
        looks = sense.note_unit(AccessUnit(0, 0, (b"\x65" * 9_000,), True, 0), float(at_s))
        for part in range(1, 10):
            sense.note_unit(AccessUnit(0, 0, (b"\x41" * size,), False, 0), at_s + part / 10)
        return looks

    quiet = [second(at, 400) for at in range(60)]
    assert 5 <= sum(quiet) <= 9
    restless = [second(at, 2_000) for at in range(60, 66)]
    assert sum(restless) >= 4


def test_noise_all_over_is_followed_as_the_usual() -> None:
    """A stream that is always restless is soon the usual: what counts is more than that."""
    sense, loop = MotionSense(Sensitivity.LOW), moving_loop(160, 90, count=200)
    looks = [at for at, unit in enumerate(loop.units) if sense.note_unit(unit, unit.ts_us / 1_000_000)]
    assert len(looks) < 20, "of forty key frames"
