"""The owner's mask: whatever comes out of the masking child has one constant colour where it was drawn."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.edge.moving import moving_loop, seen, spread
from tests.gateway.world import until
from tests.media.hevc import hevc_loop
from tests.media.sinks import needs_ffmpeg

from consentry.edge.mask_child import MaskBurner
from consentry.edge.masker import Masker
from consentry.kernel.errors import Malformed
from consentry.kernel.mask import Mask
from consentry.media.file_source import Loop
from consentry.media.h264 import from_avcc, to_avcc
from consentry.media.mask_area import hidden_spans
from consentry.media.units import AccessUnit

MASK = Mask((((2_000, 2_000), (6_000, 2_000), (6_000, 8_000), (2_000, 8_000)),))
# Well inside the mask, in pixels of the codec's blocks: at its edge the codec blurs what is hidden with what is not.
INSIDE = (0.27, 0.32, 0.53, 0.68)
OUTSIDE = (0.68, 0.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def moving() -> Loop:
    return moving_loop()


def burn(units: Iterable[AccessUnit], mask: Mask = MASK) -> list[AccessUnit]:
    """Through the code of the child, without the process."""
    burner, given = MaskBurner(mask), list(units)
    out = []
    for number, unit in enumerate(given):
        for at, key, body in burner.burn(number, to_avcc(unit.nals), key=unit.key):
            source = given[at]
            out.append(AccessUnit(0, source.ts_us, from_avcc(body), key, source.wallclock_us))
    return out


CORNERS = st.tuples(st.integers(0, 10_000), st.integers(0, 10_000))


@settings(max_examples=60, deadline=None)
@given(st.lists(CORNERS, min_size=3, max_size=6), st.floats(0, 1), st.floats(0, 1))
@example([(0, 10_000)] * 3, 0.0, 0.0)
@example([(10_000, 0)] * 3, 0.0, 0.0)
def test_no_point_between_three_corners_stays_visible(corners: list[tuple[int, int]], one: float, two: float) -> None:
    """Any point of the triangle of the first three corners, when they are the polygon, is in a hidden pixel."""
    (ax, ay), (bx, by), (cx, cy) = corners[:3]
    one, two = (one, two) if one + two <= 1 else (1 - one, 1 - two)
    x = (ax + one * (bx - ax) + two * (cx - ax)) / 10_000
    y = (ay + one * (by - ay) + two * (cy - ay)) / 10_000
    wide, high = 62, 38
    hidden = hidden_spans(Mask((tuple(corners[:3]),)), wide, high)
    at = min(int(x * wide), wide - 1), min(int(y * high), high - 1)
    assert any(span.row == at[1] and span.start <= at[0] < span.end for span in hidden.luma)
    assert any(span.row == at[1] // 2 and span.start <= at[0] // 2 < span.end for span in hidden.chroma)


def test_a_polygon_that_crosses_itself_has_no_hole_and_nothing_far_from_it_is_hidden() -> None:
    star = ((5_000, 500), (7_500, 9_000), (500, 3_500), (9_500, 3_500), (2_500, 9_000))
    hidden = hidden_spans(Mask((star,)), 200, 100)
    assert any(span.row == 50 and span.start <= 100 < span.end for span in hidden.luma)
    assert not any(span.start <= 10 for span in hidden.luma if span.row > 90)
    whole = hidden_spans(Mask((((0, 0), (10_000, 0), (10_000, 10_000), (0, 10_000)),)), 17, 9)
    assert [(span.start, span.end) for span in whole.luma] == [(0, 17)] * 9


def test_what_is_hidden_is_one_colour_and_the_rest_lives(moving: Loop) -> None:
    masked = burn(moving.units)
    assert [(unit.ts_us, unit.key) for unit in masked] == [(unit.ts_us, unit.key) for unit in moving.units]
    pictures = seen(masked)
    assert len(pictures) == len(moving.units)
    assert spread(pictures, INSIDE) <= 2
    assert spread(pictures, OUTSIDE) > 100
    # The control: without the mask the same place is as lively, and outside little but the codec changed.
    plain = seen(moving.units)
    assert spread(plain, INSIDE) > 100
    edge = round(0.68 * 320)
    difference = abs(plain[7][0][:, edge:].astype(int) - pictures[7][0][:, edge:])
    assert difference.mean() < 12


def test_b_frames_and_a_change_of_size_come_through_masked() -> None:
    with_b = moving_loop(b_frames=2)
    assert [unit.ts_us for unit in with_b.units] != sorted(unit.ts_us for unit in with_b.units)
    larger = moving_loop(480, 270, count=14)
    masked = burn([*with_b.units, *larger.units])
    small = [picture for picture in seen(masked) if picture[0].shape == (180, 320)]
    large = [picture for picture in seen(masked) if picture[0].shape == (270, 480)]
    assert len(small) > 15
    assert len(large) > 10
    assert spread(small, INSIDE) <= 2
    assert spread(large, INSIDE) <= 2
    shown = [unit.ts_us for unit in masked[: len(small)]]
    assert shown == sorted(shown), "no B-frames leave"


@needs_ffmpeg
def test_a_camera_of_h265_leaves_masked_as_h264_and_may_change_its_coding(moving: Loop) -> None:
    masked = burn([*hevc_loop().units, *moving.units])
    assert {nal[0] & 31 for unit in masked for nal in unit.nals} <= {1, 5, 7, 8}
    pictures = seen(masked)
    assert len(pictures) == len(hevc_loop().units) + len(moving.units)
    for part in (pictures[:20], pictures[-20:]):
        assert spread(part, INSIDE) <= 2
        assert spread(part, OUTSIDE) > 100


def test_a_picture_too_large_to_mask_ends_the_child() -> None:
    burner = MaskBurner(MASK)
    huge = moving_loop(4_112, 2_304, count=1)
    with pytest.raises(Malformed):
        list(burner.burn(1, to_avcc(huge.units[0].nals), key=True))


class Bench:
    """A masker with its real child; what it shows and says."""

    def __init__(self, mask: Mask = MASK) -> None:
        self.shown: list[AccessUnit] = []
        self.states: list[str] = []
        self.masker = Masker(mask, self.shown.append, self.states.append)

    @property
    def is_working(self) -> bool:
        return self.masker._child is not None

    async def play(self, units: Iterable[AccessUnit]) -> None:
        await until(lambda: self.is_working, timeout_s=20)
        for unit in units:
            self.masker.put(unit)

    def pid(self) -> int:
        assert self.masker._child is not None
        return self.masker._child.pid


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    await made.masker.stop()


async def test_the_child_masks_and_keeps_the_times(bench: Bench, moving: Loop) -> None:
    units = [AccessUnit(0, unit.ts_us, unit.nals, unit.key, 1_000_000 + unit.ts_us) for unit in moving.units]
    await bench.play(units)
    await until(lambda: len(bench.shown) == len(units), timeout_s=30)
    assert [(unit.ts_us, unit.wallclock_us) for unit in bench.shown] == [(u.ts_us, u.wallclock_us) for u in units]
    assert spread(seen(bench.shown), INSIDE) <= 2
    assert set(bench.states) == {"online"}
    status = await asyncio.to_thread(Path(f"/proc/{bench.pid()}/status").read_text)
    assert "Seccomp:\t2" in status, "it gave up its rights; what is left of them is tested in test_picture.py"
    assert "NoNewPrivs:\t1" in status


async def test_a_child_that_dies_shows_nothing_until_another_one_masks(bench: Bench, moving: Loop) -> None:
    await bench.play(moving.units[:3])
    await until(lambda: len(bench.shown) == 3, timeout_s=30)
    os.kill(bench.pid(), signal.SIGKILL)
    await until(lambda: bench.states[-1] == "mask-failed")
    for unit in moving.units:
        bench.masker.put(unit)
    assert len(bench.shown) == 3
    assert bench.masker.dropped_units == len(moving.units)
    await bench.play(moving.units[1:])  # nothing before a key frame: the new child could not show it
    await until(lambda: len(bench.shown) == 3 + 15, timeout_s=30)
    assert spread(seen(bench.shown[3:]), INSIDE) <= 2


async def test_a_child_that_stands_still_is_bounded_in_memory_and_replaced(
    bench: Bench, moving: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consentry.edge.masker.BEHIND_S", 0.2)
    monkeypatch.setattr("consentry.edge.masker.STANDING_S", 1.0)
    await bench.play(moving.units[:1])
    await until(lambda: len(bench.shown) == 1, timeout_s=30)
    stopped = bench.pid()
    os.kill(stopped, signal.SIGSTOP)
    bench.masker.put(moving.units[0])
    await asyncio.sleep(0.3)
    for unit in moving.units * 50:
        bench.masker.put(unit)
    assert bench.masker.dropped_units >= len(moving.units) * 50 - 1
    await until(lambda: bench.states[-1] == "mask-failed")
    with pytest.raises(ProcessLookupError):
        os.kill(stopped, 0)
    await bench.play(moving.units[:5])
    await until(lambda: len(bench.shown) == 6, timeout_s=30)


@pytest.mark.parametrize("nal", [b"\x65" + b"\xff" * 3_000, b"\x65" + bytes(range(256)) * 8])
async def test_hostile_video_shows_nothing_and_is_told(
    bench: Bench, moving: Loop, nal: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consentry.edge.masker.STANDING_S", 0.5)
    sets = moving.units[0].nals[:2]
    await until(lambda: bench.is_working, timeout_s=20)
    for at in range(400):
        bench.masker.put(AccessUnit(0, at * 40_000, (*sets, nal), at == 0, 0))
        if "mask-failed" in bench.states:
            break
        await asyncio.sleep(0.04)
    assert "mask-failed" in bench.states
    pictures = seen(bench.shown)
    assert not pictures or spread(pictures, INSIDE) <= 2
