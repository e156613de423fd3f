"""The helper process: it takes streams apart, cannot get out, and a hostile stream hurts nobody but it."""

import asyncio
import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.media.sinks import X264, Taken, ffmpeg_bytes, needs_ffmpeg

from consentry.media import demux
from consentry.media.demux import DemuxWork, Write, through_child
from consentry.media.demux_frames import Said, pack_frame
from consentry.media.units import SourceFault

DRONE = Path(__file__).resolve().parents[3] / "shared" / "data" / "drone" / "synthetic_drone_klv.ts"

# The real program, its own start, its own call that gives up rights; only what it does with its input is another.
ESCAPES = """
import os, signal, socket, sys
from consentry.media import demux_child
victim = sys.argv.pop()
def out(source, chosen):
    acts = {
        "socket": lambda: socket.socket(),
        "pair": lambda: socket.socketpair(),
        "open": lambda: os.open("/etc/hostname", os.O_RDONLY),
        "write": lambda: os.open(victim + ".new", os.O_WRONLY | os.O_CREAT),
        "program": lambda: os.execv("/bin/true", ["true"]),
        "memory": lambda: bytearray(2 << 30),
        "unlink": lambda: os.unlink(victim),
        "kill": lambda: os.kill(os.getppid(), 0),
    }
    for name, act in acts.items():
        try:
            act()
        except (PermissionError, MemoryError):
            yield b"refused "
        else:
            yield f"GOT OUT BY {name} ".encode()
demux_child.warm_up = lambda chosen: None
demux_child.demux = out
demux_child.main()
"""


def test_the_helper_can_open_no_socket_file_or_program(tmp_path: Path) -> None:
    victim = tmp_path / "a-file-of-somebody-else"
    victim.write_text("untouched")
    words = [sys.executable, "-I", "-c", ESCAPES, "mpegts", str(victim)]
    done = subprocess.run(words, input="", capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused"] * 8, done.stderr
    assert [(path, path.read_text()) for path in tmp_path.iterdir()] == [(victim, "untouched")]


async def run(container: str, data: bytes, taken: Taken, *, hold_open: bool = False) -> SourceFault:
    async def feed(write: Write) -> None:
        for at in range(0, len(data), 65_536):
            await write(data[at : at + 65_536])
        if hold_open:
            await asyncio.sleep(3_600)

    with pytest.raises(SourceFault) as caught:
        await through_child(DemuxWork(container, 1.5, 6), feed, taken.outlet())
    return caught.value


async def test_a_drones_stream_gives_pictures_and_every_klv_packet() -> None:
    if not DRONE.exists():
        pytest.skip("needs ../shared/data/drone")
    taken = Taken()
    fault = await run("mpegts", DRONE.read_bytes(), taken)
    assert fault.kind == "silent"  # it ended
    assert len(taken.units) == 200
    assert len(taken.klv) == 200
    assert all(packet.startswith(bytes.fromhex("060e2b34020b01010e01030101000000")) for packet in taken.klv)
    assert len(taken.decoded()) >= 198
    assert taken.units[0].key


@needs_ffmpeg
@pytest.mark.parametrize(("container", "words"), [
    ("mpegts", ("-bf", "2", "-f", "mpegts")), ("flv", ("-f", "flv")),
    ("mp4", ("-movflags", "frag_keyframe+empty_moov", "-f", "mp4")),
])  # fmt: skip
async def test_each_container_gives_all_its_pictures(container: str, words: tuple[str, ...]) -> None:
    taken = Taken()
    await run(container, ffmpeg_bytes("-t", "2", *X264, *words), taken)
    assert len(taken.units) == 50
    assert len(taken.decoded()) >= 47
    times = sorted(unit.ts_us for unit in taken.units)
    assert all(abs(later - sooner - 40_000) <= 1_100 for sooner, later in itertools.pairwise(times))
    assert [unit.key for unit in taken.units].count(True) == 2


def hostile() -> dict[str, tuple[str, bytes]]:
    stream = ffmpeg_bytes("-t", "1", *X264, "-f", "mpegts")
    head = bytes.fromhex("474000100000b00d0001c100000001f0002ab104b2").ljust(188, b"\xff")
    endless = head + (b"\x47\x41\x00\x10" + b"\x00\x00\x01\xe0\x00\x00" + b"\x11" * 178) * 60_000
    flipped = bytearray(stream)
    for at in range(400, len(flipped), 7):
        flipped[at] ^= 0x55
    return {
        "random bytes": ("mpegts", os.urandom(400_000)),
        "random after a good start": ("mpegts", stream[: len(stream) // 2] + os.urandom(300_000)),
        "flipped bits": ("mpegts", bytes(flipped)),
        "a picture that never ends": ("mpegts", endless),
        "an MP4 box of 4 GB": ("mp4", bytes((0, 0, 0, 16)) + b"ftypisom\0\0\0\0" + b"\xff\xff\xff\xf0moov" * 50_000),
        "an FLV tag of 16 MB": ("flv", b"FLV\x01\x01\x00\x00\x00\x09\x00\x00\x00\x00\x09\xff\xff\xff" + bytes(300_000)),
        "JPEGs that are none": ("mjpeg", b"".join(b"\x00\x00\x04\x00\xff\xd8" + os.urandom(1_022) for _ in range(60))),
        "a JPEG of 4 GB": ("mjpeg", b"\xff\xff\xff\xff" + bytes(100_000)),
    }  # fmt: skip


@needs_ffmpeg
async def test_hostile_streams_end_in_a_fault_and_leave_nothing_behind() -> None:
    for name, (container, data) in hostile().items():
        began, taken = time.monotonic(), Taken()
        fault = await run(container, data, taken)
        assert fault.kind in ("protocol", "no-video", "silent", "no-key-frame", "no-parameter-sets"), name
        assert time.monotonic() - began < 15, name
    assert not children_of_this_process()


def children_of_this_process() -> list[int]:
    mine = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return [int(pid) for pid in mine if b"demux_child" in Path(f"/proc/{pid}/cmdline").read_bytes()]


LIARS = {
    "dies at once": ("import sys; sys.exit(3)", {"silent", "protocol"}),
    "stalls": ("import time; time.sleep(60)", {"no-key-frame"}),
    "says more than it may": (f"out({pack_frame(Said.FAULT, 0, b'')[:9]!r} + b'\\xff\\xff\\xff\\xff')", {"protocol"}),
    "speaks an unknown word": ("out(b'\\x09' + bytes(12))", {"protocol"}),
    "stops within a frame": (f"out({pack_frame(Said.PICTURE, 0, b'abcdef')[:15]!r})", {"protocol"}),
    "lies about lengths": (f"out({pack_frame(Said.PICTURE, 0, b'abcdef')!r})", {"protocol"}),
    "floods": (f"while True: out({pack_frame(Said.KLV, 0, b'k')!r})", {"protocol"}),
    "says an invented fault": (f"out({pack_frame(Said.FAULT, 0, b'all-is-well')!r})", {"protocol"}),
    "sends a picture without sets": (f"out({pack_frame(Said.PICTURE, 0, bytes((0, 0, 0, 2, 0x65, 1)))!r})",
                                     {"no-parameter-sets"}),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIARS)
async def test_a_helper_that_was_taken_over_ends_in_a_fault(
    lie: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, kinds = LIARS[lie]
    program = tmp_path / "python"
    words = f"import sys\ndef out(data):\n sys.stdout.buffer.write(data); sys.stdout.buffer.flush()\n{code}\n"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} {tmp_path / 'liar.py'}\n")
    (tmp_path / "liar.py").write_text(words)
    program.chmod(0o755)
    monkeypatch.setattr(demux.sys, "executable", str(program))
    taken = Taken()

    async def feed(write: Write) -> None:
        while True:
            await write(bytes(65_536))

    with pytest.raises(SourceFault) as caught:
        await through_child(DemuxWork("mpegts", 0.5, 1.0), feed, taken.outlet())
    assert caught.value.kind in kinds
    assert not taken.units


async def test_a_helper_that_is_killed_is_a_fault_and_its_parent_goes_on() -> None:
    taken = Taken()

    async def feed(write: Write) -> None:
        await write(DRONE.read_bytes() if DRONE.exists() else ffmpeg_bytes("-t", "1", *X264, "-f", "mpegts"))
        await taken.until(lambda it: len(it.units) > 3)
        os.kill(children_of_this_process()[-1], 9)
        await asyncio.sleep(60)

    with pytest.raises(SourceFault) as caught:
        await through_child(DemuxWork("mpegts", 30, 30), feed, taken.outlet())
    assert caught.value.kind in ("silent", "protocol")
