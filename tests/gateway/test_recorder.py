"""The recorder: killed at any instant nothing claimed is missing; a full disk stops it alone; damage stays damage."""

import hashlib
import json
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
from tests.gateway.conftest import City
from tests.gateway.world import until

from consentry.gateway.recorder import SegmentRecorder
from consentry.gateway.segments import JOURNAL, Run, recover
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


def killed_run(folder: Path, cars: Loop, after_s: float) -> list[str]:
    """A process that writes, killed after `after_s`; the digests that it had told."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            write_for_ever(folder, cars, writing)
        finally:
            os._exit(1)
    os.close(writing)
    time.sleep(after_s)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with os.fdopen(reading) as told:
        return told.read().split()


def pictures(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_killed_at_any_instant_each_told_segment_verifies_and_the_last_is_cut_after_a_whole_fragment(tmp_path, cars):
    chance, told_in_all, recovered = random.Random(7), 0, 0
    for number in range(KILLS):
        folder = tmp_path / str(number)
        told = killed_run(folder, cars, chance.uniform(0.001, 0.12))
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
        recorder.take(CAMERA, unit)
        if number % 25 == 0:
            time.sleep(max(pause_s, 0.005))
        if unit.wallclock_us - START_US > seconds * 1_000_000:
            return


def test_only_what_the_web_names_is_recorded_told_with_its_digest_and_finished_when_it_stops(tmp_path, cars):
    told: list[Any] = []
    recorder = SegmentRecorder(tmp_path, told.append)
    record(recorder, cars, 2)
    recorder.follow({CAMERA: RECORDING})
    record(recorder, cars, 25)
    recorder.follow({})
    record(recorder, cars, 2)
    recorder.close()
    segments = [event for event in told if event["type"] == "segment"]
    assert [event["state"] for event in told if event["type"] == "recorder"] == ["recording", "stopped"]
    assert len(segments) >= 3
    assert recorder.lost_units == 0
    (folder,) = (tmp_path / RECORDING).iterdir()
    assert [event["sha256"] for event in segments] == [done.sha256 for done in recover(folder)]
    assert pictures(folder / "000000.mp4") > 200
    again: list[Any] = []
    SegmentRecorder(tmp_path, again.append).close()
    assert [event["sha256"] for event in again] == [event["sha256"] for event in segments], "told once more at a start"
    assert json.dumps(segments)


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
    recorder.follow({CAMERA: RECORDING})
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


async def test_a_gateway_records_a_city_camera_that_the_web_names_and_tells_each_segment(tmp_path, cars):
    city = City(tmp_path, cars)
    await city.start(record_to=tmp_path / "recordings")
    try:
        viewer = await city.looking()
        leased = {"id": city.public, "url": city.rtsp.url_of("cars"), "epoch": 1}
        bare = city.web.state()
        city.web.state_override = bare | {"public_cameras": [leased | {"recording": RECORDING}]}
        city.web.tell_state()
        told = city.web.reports
        await until(lambda: any(event["type"] == "recorder" for event in told))
        count = len(viewer.media)
        await viewer.pictures(count + 20)
        city.web.state_override = bare | {"public_cameras": [leased]}
        city.web.tell_state()
        await until(lambda: any(event["type"] == "segment" for event in told))
        segment = next(event for event in told if event["type"] == "segment")
        path = tmp_path / "recordings" / RECORDING / segment["run"] / "000000.mp4"
        assert hashlib.sha256(path.read_bytes()).hexdigest() == segment["sha256"]
        assert pictures(path) >= 10
        assert viewer.closed is None, "the look goes on all the while"
    finally:
        await city.stop()
