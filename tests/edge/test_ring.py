"""The owner's recording: what goes in comes out, whatever happens to the process, the index, the disk or the files."""

import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.edge.world import until

from consentry.edge.ring import Ring
from consentry.edge.ring_files import SegmentWriter, read_segment, recover
from consentry.edge.ring_index import FILE, RingIndex
from consentry.edge.ring_settings import RingSettings
from consentry.edge.ring_writer import Place
from consentry.kernel.errors import Unavailable, Untrusted
from consentry.kernel.ids import CameraId, id_of_bytes, new_id
from consentry.media.file_source import Loop
from consentry.media.units import AccessUnit, Sink

KEY = bytes(range(32))
HOUR_US = 3_600_000_000
NOON_US = 1_790_000_000_000_000


class Feed:
    """A camera as the ring sees it: it hands units to who watches."""

    def __init__(self) -> None:
        self.sinks: set[Sink] = set()
        self.watch, self.unwatch = self.sinks.add, self.sinks.discard

    def play(self, units: list[AccessUnit]) -> None:
        for unit in units:
            for sink in tuple(self.sinks):
                sink(unit)


class Home:
    """A ring, its folder and one camera."""

    def __init__(self, folder: Path) -> None:
        self.camera, self.feed, self.now_us = CameraId(id_of_bytes("camera", bytes(16))), Feed(), NOON_US
        self.free: Callable[[], int] | None = None
        self.place = Place(folder / "ring", folder, KEY, lambda: self.now_us, lambda: self.free() if self.free else 1)
        self.settings = RingSettings(keep_free_bytes=0)
        self.start()

    def start(self) -> None:
        self.ring = Ring(self.place, self.settings)
        self.follow()

    def follow(self, **changes: object) -> None:
        self.settings = dataclasses.replace(self.settings, **changes)
        self.ring.follow({self.camera: self.feed}, frozenset({self.camera}), self.settings)

    def files(self) -> list[Path]:
        return sorted(self.place.folder.glob("*/*"))

    def spans(self) -> list[tuple[int, int]]:
        return self.ring.spans(self.camera, 0, 1 << 60)

    def units(self) -> list[AccessUnit]:
        found: list[AccessUnit] = []
        for path in self.files():
            for chunk in read_segment(path, KEY, self.camera).chunks:
                found += chunk.units
        return found


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    made.ring.close()


def minute(loop: Loop, start_us: int = NOON_US, length_us: int = 60_000_000) -> list[AccessUnit]:
    """`length_us` of the loop, dated from `start_us` on."""
    units: list[AccessUnit] = []
    at_us = 0
    while at_us < length_us:
        units += [u._replace(ts_us=at_us + u.ts_us, wallclock_us=start_us + at_us + u.ts_us)
                  for u in loop.units if at_us + u.ts_us < length_us]  # fmt: skip
        at_us += loop.length_us
    return units


def test_what_is_recorded_comes_back_unit_by_unit_in_segments_that_begin_at_key_frames(home: Home, cars: Loop) -> None:
    units = minute(cars)
    home.feed.play(units)
    home.ring.close()
    assert home.units() == units
    assert 5 <= len(home.files()) <= 6
    for path in home.files():
        chunks = read_segment(path, KEY, home.camera).chunks
        assert chunks[0].key
        assert all(chunk.key == chunk.units[0].key for chunk in chunks)
    (span,) = home.spans()
    assert span[0] == NOON_US
    assert span[1] == units[-1].wallclock_us + 1
    raw = home.files()[0].read_bytes()
    assert units[0].nals[-1][:64] not in raw
    assert {path.stat().st_mode & 0o777 for path in home.files()} == {0o600}


def test_holes_are_shown_as_holes_and_a_clock_that_steps_breaks_nothing(home: Home, cars: Loop) -> None:
    home.feed.play(minute(cars, NOON_US, 15_000_000))
    home.feed.play(minute(cars, NOON_US + 60_000_000, 15_000_000))
    home.feed.play(minute(cars, NOON_US + 30_000_000, 5_000_000))  # the clock went back
    home.ring.close()
    starts = [(first - NOON_US) // 1_000_000 for first, _ in home.spans()]
    ends = [round((last - NOON_US) / 1_000_000) for _, last in home.spans()]
    assert (starts, ends) == ([0, 30, 60], [15, 35, 75])


def test_a_camera_that_falls_silent_has_its_last_pictures_written(home: Home, cars: Loop) -> None:
    home.feed.play(minute(cars, NOON_US, 3_000_000))
    until(lambda: [path.suffix for path in home.files()] == [".part"])
    assert home.spans()[0][0] == NOON_US
    until(lambda: home.ring.tick() or [path.suffix for path in home.files()] == [".seg"])
    assert len(home.units()) == len(minute(cars, NOON_US, 3_000_000))


def test_a_disk_that_is_too_slow_loses_whole_groups_and_counts_them(
    home: Home, cars: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consentry.edge.ring_writer.RING_QUEUE_BYTES", 200_000)
    until(lambda: home.ring.writer.total_bytes == 0 and not home.ring.writer._queue)
    units = minute(cars)
    with home.ring.writer._more:  # the writer cannot take from its queue: as if it hung in a write
        home.feed.play(units)
    home.ring.close()
    kept = home.units()
    assert 0 < len(kept) < len(units)
    assert len(kept) + home.ring.writer.lost_units <= len(units)
    assert home.ring.writer.lost_units > 0
    home.ring.tick()
    assert "disk is too slow" in home.ring.note()
    wanted = iter(units)
    assert all(unit in wanted for unit in kept), "in order, none twice"
    assert kept[0].key


def test_a_torn_segment_is_cut_to_its_last_whole_chunk(tmp_path: Path, cars: Loop) -> None:
    camera, units = CameraId(new_id("camera")), minute(cars, NOON_US, 4_000_000)
    writer = SegmentWriter(tmp_path, KEY, camera, NOON_US)
    ends = [writer.size_bytes]
    for at in range(0, len(units), 25):
        writer.append(units[at : at + 25])
        ends.append(writer.size_bytes)
    whole = writer.path.read_bytes()
    writer.abandon()
    for cut in (0, 5, *ends, *(end - 1 for end in ends), *(end + 3 for end in ends), len(whole) // 2):
        writer.path.write_bytes(whole[:cut] + (b"\0" * 4_096 if cut % 2 else b""))  # some disks leave zeros behind
        found, most = (
            recover(tmp_path, KEY, writer.path),
            max((n for n, end in enumerate(ends) if end <= cut), default=0),
        )
        assert not writer.path.exists()
        if most == 0:
            assert found is None
            continue
        assert found is not None
        chunks = read_segment(found.path_in(tmp_path), KEY, camera).chunks
        assert [unit for chunk in chunks for unit in chunk.units] == units[: most * 25]
        found.path_in(tmp_path).unlink()


def test_a_changed_moved_or_foreign_segment_is_not_believed(home: Home, cars: Loop) -> None:
    home.feed.play(minute(cars, NOON_US, 2_000_000))
    home.ring.close()
    (path,) = home.files()
    whole = path.read_bytes()
    for at in (3, 20, 30, 60, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :])
        with pytest.raises(Untrusted):
            read_segment(path, KEY, home.camera)
    path.write_bytes(whole)
    for key, camera in ((bytes(32), home.camera), (KEY, CameraId(new_id("camera")))):
        with pytest.raises(Untrusted):
            read_segment(path, key, camera)


@pytest.mark.parametrize("hurt", ["missing", "garbage", "torn", "row-too-many"])
def test_the_index_is_made_again_from_the_files(home: Home, cars: Loop, hurt: str) -> None:
    home.feed.play(minute(cars))
    home.ring.close()
    before, path = home.spans(), home.place.state / FILE
    if hurt == "missing":
        path.unlink()
    elif hurt == "garbage":
        path.write_bytes(os.urandom(8_192))
    elif hurt == "torn":
        path.write_bytes(path.read_bytes()[:-5_000] + os.urandom(3_000))
    else:
        home.files()[-1].unlink()
        before = [(before[0][0], int(home.files()[-1].stem.split("-")[1]))]
    home.start()
    until(lambda: _quietly(home.spans) == before)


def _quietly(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except Unavailable:
        return None


def test_hours_size_opting_out_and_removing_really_delete(home: Home, cars: Loop) -> None:
    home.feed.play(minute(cars))
    until(lambda: len(home.files()) >= 5)
    home.ring.close()
    home.start()
    full = sum(path.stat().st_size for path in home.files())
    home.follow(max_bytes=full // 2)
    until(lambda: sum(path.stat().st_size for path in home.files()) <= full // 2)
    assert home.spans()[0][1] > NOON_US + 50_000_000, "the newest stay"
    home.now_us = NOON_US + 50_000_000 + HOUR_US
    home.follow(hours=1)
    until(lambda: min(int(path.stem.split("-")[1]) for path in home.files()) >= NOON_US + 50_000_000)
    home.follow(off=frozenset({home.camera}))
    until(lambda: home.files() == [])
    home.feed.play(minute(cars, NOON_US + HOUR_US))
    home.follow(off=frozenset(), hours=48)
    home.feed.play(minute(cars, NOON_US + HOUR_US, 5_000_000))
    until(lambda: len(home.files()) == 1)
    home.ring.follow({}, frozenset(), home.settings)
    until(lambda: home.files() == [])
    assert list(home.place.folder.iterdir()) == []


def test_what_was_said_while_the_edge_did_not_run_is_done_when_it_starts(home: Home, cars: Loop) -> None:
    for settings in (RingSettings(hours=0), RingSettings(off=frozenset({home.camera}))):
        home.feed.play(minute(cars))
        home.ring.close()
        assert home.files()
        kept, home.settings = home.settings, dataclasses.replace(settings, keep_free_bytes=0)
        home.ring = Ring(home.place, home.settings)
        until(lambda: home.files() == [])
        home.ring.close()
        home.settings = kept
        home.start()


def test_old_recordings_go_also_while_no_camera_gives_anything(
    home: Home, cars: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consentry.edge.ring.AGE_S", -1.0)
    home.feed.play(minute(cars))
    until(lambda: len(home.files()) >= 5)
    home.now_us = NOON_US + 49 * HOUR_US
    until(lambda: home.ring.tick() or home.files() == [])


def test_a_span_that_the_owner_deletes_is_gone_also_from_the_segment_being_written(home: Home, cars: Loop) -> None:
    home.feed.play(minute(cars, NOON_US, 35_000_000))
    assert home.ring.clear(home.camera, NOON_US + 12_000_000, NOON_US + 14_000_000)
    until(lambda: len(home.files()) == 3)
    assert [(first - NOON_US) // 1_000_000 for first, _ in home.spans()] == [0, 20]
    assert home.ring.clear(home.camera, NOON_US + 31_000_000, NOON_US + 90_000_000)
    assert home.spans()[-1][1] <= NOON_US + 31_000_000
    home.feed.play(minute(cars, NOON_US + 35_000_000, 3_000_000))
    until(lambda: home.spans()[-1][1] > NOON_US + 36_000_000)
    assert home.spans()[-1][0] < NOON_US + 36_000_000, "it goes on at the next key frame, not at the next segment"
    assert home.ring.clear(home.camera)
    assert home.files() == []


def test_a_clock_that_is_wrong_for_a_moment_costs_little(
    home: Home, cars: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consentry.edge.ring_room.AGED_PER_TURN", 1)
    home.feed.play(minute(cars))
    home.ring.close()
    count, home.now_us = len(home.files()), NOON_US + 8_760 * HOUR_US
    home.start()
    until(lambda: len(home.files()) == count - 1)
    home.now_us = NOON_US
    home.feed.play(minute(cars, NOON_US + 60_000_000, 11_000_000))
    until(lambda: len(home.files()) == count + 1)


def test_with_the_disk_nearly_full_the_oldest_go_first_then_recording_pauses_and_says_so(
    home: Home, cars: Loop
) -> None:
    home.feed.play(minute(cars))
    until(lambda: len(home.files()) >= 5)
    first = home.files()[0]
    home.free = lambda: 1_000 if first.exists() else 1_000_000
    home.follow(keep_free_bytes=500_000)
    until(lambda: not first.exists())
    assert len(home.files()) >= 4
    assert home.ring.note() == ""
    home.free = lambda: 1_000
    home.feed.play(minute(cars, NOON_US + 60_000_000, 11_000_000))
    until(lambda: home.ring.note() != "" and len(home.files()) <= 1)  # the one that was being written may stay
    home.free = lambda: 1_000_000
    home.ring.writer._retry_s = 0.0  # half a minute later
    home.feed.play(minute(cars, NOON_US + 120_000_000, 11_000_000))
    until(lambda: home.ring.note() == "" and len(home.files()) >= 1)


def test_a_disk_that_is_really_full_loses_the_oldest_and_nothing_newer(
    small_disk: Path, tmp_path: Path, cars: Loop
) -> None:
    home = Home(tmp_path)
    home.ring.close()
    home.place = dataclasses.replace(home.place, folder=small_disk / "ring")
    home.start()
    (tmp_path / "other").mkdir()
    units = minute(cars, length_us=240_000_000)
    for at in range(0, len(units), 500):
        home.feed.play(units[at : at + 500])
        until(lambda: not home.ring.writer._queue)
    home.ring.close()
    kept = home.units()
    assert 0 < len(kept) < len(units)
    assert kept[-1].wallclock_us >= units[-1].wallclock_us - 21_000_000
    assert sum(path.stat().st_size for path in home.files()) > 400_000, "it gives up a little, not all"
    for path in home.files():
        assert read_segment(path, KEY, home.camera).chunks


RECORD = """
import sys, time
from pathlib import Path
from tests.edge.test_ring import Home, minute, NOON_US
from tests.edge.conftest import VIDEO
from consentry.media.file_source import load_loop
home, loop = Home(Path(sys.argv[1])), load_loop(VIDEO, key_every_s=0.5, most_s=1, height_px=108)
for at in range(10_000):
    print(at, flush=True)
    home.feed.play(minute(loop, NOON_US + (int(sys.argv[2]) * 1_000 + at) * 12_000_000, 12_000_000))
    time.sleep(0.01)
"""


def test_kill_9_at_any_instant_leaves_whole_segments_and_a_true_index(tmp_path: Path, cars: Loop) -> None:
    luck = random.Random(5)
    for turn in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", RECORD, str(tmp_path), str(turn)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert child.stdout is not None
        for _ in range(luck.randrange(4, 12)):
            child.stdout.readline()
        time.sleep(luck.random() / 20)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
    home = Home(tmp_path)
    until(lambda: home.ring.writer.total_bytes > 0 or not home.ring.writer._queue)
    home.ring.close()
    assert len(home.files()) > 5
    assert {path.suffix for path in home.files()} == {".seg"}
    index = RingIndex(tmp_path)
    said = {item.path_in(home.place.folder) for item in index.within(home.camera, 0, 1 << 60)}
    index.close()
    assert said == set(home.files())
    for path in home.files():
        assert read_segment(path, KEY, home.camera).chunks[0].key
