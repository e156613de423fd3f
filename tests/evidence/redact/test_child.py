"""What a hostile or broken original, finder or child can do: nothing but fail, soon and without output."""

import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.evidence.redact.stage import FRAMES, film, original_of, pictures_of, reviewed

from consentry.evidence.redact import child_process, service
from consentry.evidence.redact.bench_film import Walker, make_film
from consentry.evidence.redact.finder_file import (
    FINDER_NAME,
    check_finder,
    finder_in,
    finder_state,
    keep_finder,
    load_finder,
)
from consentry.evidence.redact.records import HEAD, READ, Said
from consentry.evidence.redact.types import Frames
from consentry.kernel.errors import Malformed, Unavailable, Untrusted

_FROM_WITHIN = """
import json, os, socket, subprocess, sys
from consentry.evidence.redact import child
from consentry.media.sandbox import give_up_rights
child.warm_up(None)
give_up_rights(max_memory_bytes=child.MAX_MEMORY_BYTES, max_cpu_s=None)
said = {}
for name, attempt in {
    "read": lambda: open("/etc/hostname"), "write": lambda: open(sys.argv[1], "w"), "socket": lambda: socket.socket(),
    "program": lambda: subprocess.run(["/bin/true"]), "memory": lambda: bytearray(4 << 30),
}.items():
    try:
        attempt()
        said[name] = "done"
    except (OSError, MemoryError) as error:
        said[name] = type(error).__name__
sys.stdout.write(json.dumps(said))
"""


def test_the_child_can_open_no_file_no_socket_and_no_program(tmp_path: Path) -> None:
    words = [sys.executable, "-I", "-c", _FROM_WITHIN, str(tmp_path / "new")]
    done = subprocess.run(words, capture_output=True, check=True)
    said = json.loads(done.stdout)
    assert said == {"memory": "MemoryError"} | dict.fromkeys(("read", "write", "socket", "program"), "PermissionError")
    assert not list(tmp_path.iterdir())


def test_a_film_with_a_damaged_picture_gives_nothing() -> None:
    data = bytearray(film())
    plan = reviewed(service.plan_by_hand(original_of(bytes(data)), service.decode_frames(original_of(bytes(data)))))
    middle = data.index(b"mdat") + 20_000
    data[middle : middle + 3_000] = random.Random(4).randbytes(3_000)
    broken = original_of(bytes(data))
    with pytest.raises(Malformed) as said:
        service.decode_frames(broken)
    assert said.value.kind == "redact-damaged"
    with pytest.raises(Untrusted):
        service.render_release(broken, plan, io.BytesIO())


def test_frames_that_are_not_those_of_the_plan_give_nothing() -> None:
    original = original_of(film())
    frames = service.decode_frames(original)
    for wrong in (frames.at_us[:-1], (*frames.at_us, frames.at_us[-1] + 40_000), (0, 1, *frames.at_us[2:])):
        plan = reviewed(
            service.plan_by_hand(original, Frames(frames.width_px, frames.height_px, wrong, (0,), has_sound=False))
        )
        with pytest.raises(Malformed):
            service.render_release(original, plan, io.BytesIO())


@pytest.mark.parametrize("data", [b"", b"hello", b"RIFF\0\0\0\0WAVE" + bytes(999), b"\0\0\0\x18ftypisom" + bytes(99)])
def test_what_is_no_film_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed) as said:
        service.decode_frames(original_of(data))
    assert said.value.kind == "redact-unsupported"


def test_films_with_bytes_changed_at_random_end_as_films_or_as_refusals() -> None:
    chance = random.Random(7)
    for _ in range(6):
        data = bytearray(film())
        at = chance.choice([chance.randrange(len(data)), data.index(b"moov") + chance.randrange(3_000)])
        data[at : at + 8] = chance.randbytes(8)
        try:
            count = service.decode_frames(original_of(bytes(data))).count
        except Malformed:
            count = 0
        assert count <= FRAMES + 1


_LIES = {
    "unknown kind": HEAD.pack(99, 0),
    "endless": HEAD.pack(Said.OUT, 2**31),
    "another part": HEAD.pack(Said.READ, READ.size) + READ.pack(7, 0, 10),
    "all at once": HEAD.pack(Said.READ, READ.size) + READ.pack(0, 0, 2**31),
    "nothing": b"",
    "half": HEAD.pack(Said.OUT, 100) + b"half",
    "done with nothing done": HEAD.pack(Said.DONE, 4) + bytes(4),
}


@pytest.mark.parametrize("lie", list(_LIES))
def test_a_child_that_lies_is_not_believed(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"import sys; sys.stdout.buffer.write({_LIES[lie]!r}); sys.stdout.flush()"
    plan = service.plan_by_hand(original_of(film()), Frames(480, 270, (0, 40_000), (0,), has_sound=False))
    monkeypatch.setattr(child_process, "COMMAND", [sys.executable, "-c", code])
    with pytest.raises(Unavailable):
        service.render_release(original_of(film()), reviewed(plan), io.BytesIO())


_NONSENSE = {
    "a face before any frame": HEAD.pack(Said.FINDS, 4) + bytes(4),
    "half a face": HEAD.pack(Said.FRAME, 9) + bytes(9) + HEAD.pack(Said.FINDS, 9) + bytes(9),
    "less than a face": HEAD.pack(Said.FINDS, 2) + bytes(2),
    "a frame twice": 2 * (HEAD.pack(Said.FRAME, 9) + bytes(9)),
    "a short frame": HEAD.pack(Said.FRAME, 3) + bytes(3),
    "a short shape": HEAD.pack(Said.SHAPE, 1) + bytes(1),
}


@pytest.mark.parametrize("nonsense", list(_NONSENSE))
def test_nonsense_is_no_index(nonsense: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"import sys, time; sys.stdout.buffer.write({_NONSENSE[nonsense]!r}); sys.stdout.flush(); time.sleep(60)"
    monkeypatch.setattr(child_process, "COMMAND", [sys.executable, "-c", code])
    with pytest.raises(Unavailable) as said:
        service.index_frames(original_of(film()))
    assert said.value.kind == "redact-helper"
    assert "cannot be" in str(said.value)


def test_a_child_that_stands_still_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = tmp_path / "pid"
    code = f"import os, time; open({str(here)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    monkeypatch.setattr(child_process, "COMMAND", [sys.executable, "-c", code])
    monkeypatch.setattr(child_process, "REDACTION_SILENT_S", 1.5)
    with pytest.raises(Unavailable):
        service.decode_frames(original_of(film()))
    with pytest.raises(ProcessLookupError):
        os.kill(int(here.read_text()), 0)


def test_without_the_pinned_finder_no_faces_are_planned(tmp_path: Path) -> None:
    model = load_finder()
    with pytest.raises(Unavailable) as said:
        load_finder(tmp_path)
    assert said.value.kind == "finder-missing"
    for other in (model[:-1] + b"\0", b"", model + b"\0"):
        with pytest.raises(Untrusted):
            service.plan_redaction(original_of(film()), other)
        (tmp_path / FINDER_NAME).write_bytes(other)
        assert finder_state(tmp_path) == "finder-unknown"
        with pytest.raises(Untrusted):
            finder_in(tmp_path / FINDER_NAME)
    keep_finder(model, tmp_path)
    assert finder_state(tmp_path) == "ready"
    check_finder(finder_in(tmp_path / FINDER_NAME))


@pytest.mark.parametrize("container", ["matroska", "mpegts", "flv"])
def test_other_containers_are_read_alike(container: str) -> None:
    data = make_film((160, 120), 30, (), container=container)
    frames = service.decode_frames(original_of(data))
    assert service.index_frames(original_of(data)).at_us == frames.at_us
    steps = {later - earlier for earlier, later in zip(frames.at_us, frames.at_us[1:], strict=False)}
    assert frames.count == 30
    assert steps <= {39_999, 40_000, 40_001, 39_000, 41_000}


def test_a_phone_held_upright_is_shown_and_searched_upright(tmp_path: Path) -> None:
    held, turned = tmp_path / "held.mp4", tmp_path / "turned.mp4"
    lying = make_film((270, 480), 30, (Walker(80, (40, 50), (1.0, 1.0)),))
    held.write_bytes(lying)
    encoding = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "14"]
    for command in (
        ["-i", str(held), "-vf", "transpose=2", *encoding, str(tmp_path / "t.mp4")],
        ["-i", str(tmp_path / "t.mp4"), "-c", "copy", "-metadata:s:v", "rotate=270", str(turned)],
    ):
        subprocess.run(["ffmpeg", "-v", "error", "-y", *command], check=True)
    original = original_of(turned.read_bytes())
    plan = service.plan_redaction(original, load_finder())
    assert (plan.frames.width_px, plan.frames.height_px) == (270, 480)
    assert len(plan.tracks) == 1
    out = io.BytesIO()
    service.render_release(original, reviewed(plan), out)
    made, before = pictures_of(out.getvalue())[10][1], pictures_of(lying)[10][1]
    assert made.shape == before.shape
    assert np.abs(made[300:].astype(int) - before[300:]).mean() < 3
