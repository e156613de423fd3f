"""What an eye notices: real streets in changing light and traffic do not move; turned, covered and frozen ones do."""

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path

import av
import numpy
import pytest
from tests.edge.moving import moving_loop

from consentry.media.camera_eye import FROZEN_S, HIGH, WIDE, Eye, Thumbnail
from consentry.media.thumbnail_child import shrink
from consentry.media.thumbnails import Thumbnails
from consentry.media.units import AccessUnit

VIDEOS = Path(__file__).resolve().parents[3] / "shared" / "data" / "video"
EVERY_S = 10.0
Change = Callable[[numpy.ndarray], numpy.ndarray]


@pytest.fixture(scope="module", params=["car-detection.mp4", "vtest.avi"])
def street(request: pytest.FixtureRequest) -> list[numpy.ndarray]:
    """Grey pictures of one fixed camera, a second apart, with cars or people in them."""
    path = VIDEOS / request.param
    if not path.exists():
        pytest.skip(f"needs ../shared/data/video/{request.param}")
    with av.open(str(path)) as container:
        frames = itertools.islice(container.decode(video=0), 0, 26 * 15, 26)
        return [frame.to_ndarray(format="gray") for frame in frames]


def thumbnail(picture: numpy.ndarray) -> Thumbnail:
    frame = av.VideoFrame.from_ndarray(numpy.ascontiguousarray(picture), format="gray")
    made = shrink(frame)
    return Thumbnail(made[: WIDE * HIGH], made[WIDE * HIGH :])


def unit(*, key: bool = False, size: int = 900, clock_off_us: int | None = None) -> AccessUnit:
    return AccessUnit(0, 0, (bytes([0x65 if key else 0x41]) * size,), key, 0, clock_off_us)


class Time:
    """Looks every ten seconds, with lively units between."""

    def __init__(self, eye: Eye) -> None:
        self.eye, self.now_s = eye, 0.0

    def watch(self, pictures: Iterable[numpy.ndarray], *, size: int = 900, off_us: int | None = None) -> None:
        for picture in pictures:
            self.eye.note_unit(unit(key=True), self.now_s)
            for _ in range(5):
                self.eye.note_unit(unit(size=size, clock_off_us=off_us), self.now_s)
            self.eye.note_thumbnail(thumbnail(picture), self.now_s)
            self.now_s += EVERY_S

    def warnings(self) -> tuple[str, ...]:
        return self.eye.warnings(self.now_s)


def light(gain: float, base: float = 0.0, gamma: float = 1.0) -> Change:
    return lambda picture: (numpy.clip((picture / 255.0) ** gamma * gain + base, 0, 1) * 255).astype(numpy.uint8)


def turned(part: float) -> Change:
    return lambda picture: numpy.roll(picture, round(part * picture.shape[1]), axis=1)


@pytest.mark.parametrize("change", [
    light(0.3), light(1, gamma=2), light(0.5, 0.4), light(1, gamma=0.5),
], ids=["dusk", "hard light", "fog", "low sun"])  # fmt: skip
def test_traffic_and_other_light_are_no_move(street: list[numpy.ndarray], change: Change) -> None:
    time = Time(Eye(now_s=0))
    time.watch(street)
    assert time.warnings() == ()
    time.watch(change(picture) for picture in street)
    assert "view-moved" not in time.warnings()


@pytest.mark.parametrize("part", [0.1, 0.3, 0.5])
def test_a_turned_camera_is_noticed_also_after_a_restart_and_turned_back_is_well(
    street: list[numpy.ndarray], part: float
) -> None:
    time = Time(Eye(now_s=0))
    time.watch(street)
    again = Time(Eye(reference=time.eye.reference, now_s=0))
    again.watch(turned(part)(picture) for picture in street)
    assert again.warnings() == ("view-moved",)
    again.watch(street)
    assert again.warnings() == ()


def test_the_outline_of_a_mask_does_not_hide_a_move(street: list[numpy.ndarray]) -> None:
    """Half of the picture is one colour; that half is as before, whatever the camera does."""

    def masked(picture: numpy.ndarray) -> numpy.ndarray:
        painted = picture.copy()
        painted[:, : picture.shape[1] // 2] = 60
        return painted

    ignored = {row * WIDE + column for row in range(HIGH) for column in range(WIDE // 2 + 1)}
    time = Time(Eye(ignored=ignored, now_s=0))
    time.watch(masked(picture) for picture in street)
    assert time.warnings() == ()
    time.watch(masked(turned(0.3)(picture)) for picture in street)
    assert time.warnings() == ("view-moved",)


def test_a_covered_lens_is_told_and_is_no_move(street: list[numpy.ndarray]) -> None:
    time = Time(Eye(now_s=0))
    time.watch(street)
    time.watch(numpy.full_like(street[0], 3) for _ in range(4))
    assert time.warnings() == ("covered",)
    time.watch(street)
    assert time.warnings() == ()


def test_a_picture_that_stands_still_is_frozen_after_a_minute(street: list[numpy.ndarray]) -> None:
    time = Time(Eye(now_s=0))
    time.watch(street[:3])
    time.watch(itertools.repeat(street[3], round(FROZEN_S / EVERY_S) - 1), size=12)
    assert "frozen" not in time.warnings()
    time.watch([street[3]] * 2, size=12)
    assert "frozen" in time.warnings()
    time.watch(street[4:6])
    assert "frozen" not in time.warnings()


def test_a_quiet_street_whose_pictures_still_say_something_is_not_frozen(street: list[numpy.ndarray]) -> None:
    time = Time(Eye(now_s=0))
    time.watch([street[0]] * 12, size=300)
    assert time.warnings() == ()


def test_a_camera_of_key_frames_alone_is_frozen_when_they_are_the_same_to_the_bit(street: list[numpy.ndarray]) -> None:
    eye = Eye(now_s=0)
    for at in range(9):
        eye.note_unit(unit(key=True), at * EVERY_S)
        eye.note_thumbnail(thumbnail(street[0]), at * EVERY_S)
    assert eye.warnings(9 * EVERY_S) == ("frozen",)


def test_a_clock_that_is_off_is_told_and_one_that_is_right_is_not(street: list[numpy.ndarray]) -> None:
    time = Time(Eye(now_s=0))
    time.watch(street[:2], off_us=150_000)
    assert time.warnings() == ()
    time.watch(street[:2], off_us=-90_000_000)
    assert time.warnings() == ("clock-drift",)


def test_a_camera_that_sends_nothing_any_more_has_no_warnings_left(street: list[numpy.ndarray]) -> None:
    time = Time(Eye(now_s=0))
    time.watch(street[:2], off_us=-90_000_000)
    time.now_s += 10 * FROZEN_S
    assert time.warnings() == ()


async def test_thumbnails_are_made_apart_and_hostile_units_give_none() -> None:
    thumbnails, loop = Thumbnails(), moving_loop(count=2)
    try:
        first = await thumbnails.take(loop.units[0])
        assert first is not None
        assert len(set(first.grey)) > 20
        hostile = AccessUnit(0, 0, (*loop.units[0].nals[:2], b"\x65" + b"\xff" * 3_000), True, 0)
        broken = await thumbnails.take(hostile)
        assert broken is None or broken.digest != first.digest
        assert await thumbnails.take(AccessUnit(0, 0, (b"\x65",), True, 0)) is None
        assert await thumbnails.take(loop.units[0]) == first
    finally:
        await thumbnails.stop()
