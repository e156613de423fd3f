"""The recorder: killed at any instant nothing claimed is missing; a full disk stops it alone; damage stays damage."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from consentry.gateway.recorder import SegmentRecorder
from consentry.gateway.segments import JOURNAL, Finished, Run, clear_run, let_go, recover
from consentry.kernel.errors import Untrusted
from consentry.kernel.ids import CameraId, RecordingId, new_id
from consentry.media.coding import sets_of
from consentry.media.file_source import Loop
from consentry.media.fmp4 import Muxer
from consentry.media.units import AccessUnit

CAMERA, RECORDING = CameraId(new_id("camera")), RecordingId(new_id("recording"))
KILLS = 40
START_US = 1_700_000_000_000_000


def units_of(cars: Loop, *, step_us: int = 40_000) -> Iterator[AccessUnit]:
    """The loop again and again, with a wall clock that goes on."""
    clock_us, turn = START_US, 0
    while True:
        for unit in cars.units:
            clock_us += step_us
            yield AccessUnit(0, turn * cars.length_us + unit.ts_us, unit.nals, unit.key, clock_us)
        turn += 1


def write_for_ever(folder: Path, cars: Loop, told: int) -> None:
    """Segments of a few pictures as fast as the disk takes them; each that is finished is told through a pipe."""
    run, muxer = Run(folder, RECORDING, CAMERA), None
    for unit in units_of(cars):
        if unit.key:
            if muxer is not None:
                os.write(told, f"{run.finish().sha256}\n".encode())
            muxer = Muxer(sets_of(unit))
            run.begin(unit.wallclock_us, muxer.init)
        assert muxer is not None
        run.add(muxer.take(unit).build(), unit.wallclock_us)


def killed_run(folder: Path, cars: Loop, segments: int, after_s: float) -> list[str]:
    """A process that writes, killed `after_s` after it had told of so many segments; the digests that it had told."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            write_for_ever(folder, cars, writing)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as told:
        first = [told.readline().strip() for _ in range(segments)]
        time.sleep(after_s)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return first + told.read().split()


def pictures(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_killed_at_any_instant_each_told_segment_verifies_and_the_last_is_cut_after_a_whole_fragment(tmp_path, cars):
    chance, told_in_all, recovered = random.Random(7), 0, 0
    for number in range(KILLS):
        folder = tmp_path / str(number)
        told = killed_run(folder, cars, chance.randint(0, 3), chance.uniform(0.001, 0.03))
        if not folder.exists():
            continue
        found = recover(folder)
        assert [done.sha256 for done in found][: len(told)] == told
        assert len(told) <= len(found) <= len(told) + 2  # finished but not told yet, and the one that was written
        assert recover(folder) == found, "twice is once"
        assert not list(folder.glob("*.part"))
        for done in found:
            data = (folder / f"{done.number:06}.mp4").read_bytes()
            assert (hashlib.sha256(data).hexdigest(), len(data)) == (done.sha256, done.size_bytes)
            assert START_US < done.start_us <= done.end_us
        if found and found[-1].recovered:
            recovered += 1
            assert pictures(folder / f"{found[-1].number:06}.mp4") > 0
        told_in_all += len(told)
    assert told_in_all > KILLS, "segments were finished before the kills"
    assert recovered > KILLS // 4, "and most kills came in the middle of one"


def finished_run(folder: Path, cars: Loop, segments: int) -> Path:
    run, muxer, left = Run(folder, RECORDING, CAMERA), None, segments
    for unit in units_of(cars):
        if unit.key:
            if muxer is not None:
                run.finish()
                left -= 1
            if not left:
                run.close()
                return folder
            muxer = Muxer(sets_of(unit))
            run.begin(unit.wallclock_us, muxer.init)
        run.add(muxer.take(unit).build(), unit.wallclock_us)  # type: ignore[union-attr]
    return folder


def test_a_torn_last_line_is_cut_and_anything_else_is_damage_that_is_left_alone(tmp_path, cars):
    folder = finished_run(tmp_path / "whole", cars, 3)
    whole = recover(folder)
    journal = folder / JOURNAL
    lines = journal.read_bytes()
    with journal.open("ab") as file:
        file.write(lines[:50])
    assert recover(folder) == whole
    assert journal.read_bytes() == lines
    cases = {
        "a line changed": lines.replace(b'"number":1', b'"number":7'),
        "a line gone": b"".join(lines.splitlines(keepends=True)[::2]),
        "not JSON": b"{}\n" + lines,
    }
    for name, data in cases.items():
        journal.write_bytes(data)
        with pytest.raises(Untrusted):
            recover(folder)
        assert journal.read_bytes() == data, name
    journal.write_bytes(lines)
    with (folder / "000001.mp4").open("r+b") as segment:
        segment.seek(900)
        segment.write(b"!")
    with pytest.raises(Untrusted):
        recover(folder)


def test_a_segment_without_one_whole_fragment_is_kept_as_broken_and_never_named(tmp_path, cars):
    folder = finished_run(tmp_path / "run", cars, 2)
    (folder / "000002-5.part").write_bytes((folder / "000000.mp4").read_bytes()[:700])
    assert len(recover(folder)) == 2
    assert [path.name for path in folder.glob("*.broken")] == ["000002-5.broken"]


def record(recorder: SegmentRecorder, cars: Loop, seconds: int, *, pause_s: float = 0.0) -> None:
    for number, unit in enumerate(units_of(cars)):
        recorder.take(RECORDING, CAMERA, unit)
        if number % 25 == 0:
            time.sleep(max(pause_s, 0.005))
        if unit.wallclock_us - START_US > seconds * 1_000_000:
            return


def segments_in(told: list[Any]) -> list[Finished]:
    return [event["segment"] for event in told if event["type"] == "segment"]


def test_a_recording_is_told_with_its_digests_rests_stops_and_is_told_again_until_the_vault_has_it(tmp_path, cars):
    told: list[Any] = []
    recorder = SegmentRecorder(tmp_path, told.append)
    record(recorder, cars, 15)
    recorder.rest(RECORDING, CAMERA)
    record(recorder, cars, 15)
    recorder.stop(RECORDING, CAMERA)
    recorder.stop(RecordingId(new_id("recording")), CAMERA)
    recorder.close()
    segments = segments_in(told)
    states = [event["state"] for event in told if event["type"] == "recorder"]
    assert states == ["recording", "resting", "recording", "stopped", "stopped"], "also of what was never written"
    assert len(segments) == 4
    assert recorder.lost_units == 0
    runs = sorted((tmp_path / RECORDING).iterdir())
    assert len(runs) == 2, "after a rest another run begins"
    assert [one.sha256 for one in segments] == [done.sha256 for folder in runs for done in recover(folder)]
    assert pictures(runs[0] / "000000.mp4") > 200
    let_go(runs[0], 0, b"{}")
    again: list[Any] = []
    SegmentRecorder(tmp_path, again.append).close()
    assert segments_in(again) == segments[1:], "all but what the vault has"
    assert not clear_run(runs[0])
    let_go(runs[0], 1, b"{}")
    assert len(recover(runs[0])) == 2, "the journal still holds"
    assert clear_run(runs[0])
    assert not runs[0].exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    words = (shutil.which("mount") or "false", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place))
    if subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("a full disk needs the right to mount a small tmpfs")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_stops_the_recording_with_a_word_and_it_goes_on_once_there_is_room(small_disk, cars, monkeypatch):
    monkeypatch.setattr("consentry.gateway.recorder.AGAIN_S", 0.1)
    told: list[Any] = []
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(850_000))
    recorder = SegmentRecorder(small_disk / "rec", told.append)
    states = lambda: [event["state"] for event in told if event["type"] == "recorder"]  # noqa: E731
    record(recorder, cars, 15, pause_s=0.02)
    until_s = time.monotonic() + 20
    while "disk-full" not in states():
        assert time.monotonic() < until_s, states()
        record(recorder, cars, 10, pause_s=0.02)
    ballast.unlink()
    while states()[-1] != "recording":
        assert time.monotonic() < until_s, states()
        record(recorder, cars, 2, pause_s=0.02)
    recorder.close()
    assert recorder.lost_units > 0
    for folder in (small_disk / "rec" / RECORDING).iterdir():
        assert all(done.size_bytes for done in recover(folder))
