"""What the media benchmarks share: stream A, a process that plays it to many, and the processor time of others.

Stream A: 1080p30, H.264 at 4 Mbit/s, a key frame each 2 s. The source is a process of its own, so that its cost is not
counted; a measured process and its reference read from the same source, one after the other.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

import av

from consentry.kernel.errors import Unavailable
from consentry.media.file_source import Loop
from consentry.media.h264 import PPS, SPS, from_annex_b, nal_kind
from consentry.media.rtsp_server import RtspServer
from consentry.media.units import AccessUnit

RATE_HZ, SECONDS = 30, 4
PERIOD_US = 1_000_000 // RATE_HZ
# Cameras do not take their pictures in the same moment; the streams are spread over so many phases of one period.
PHASES = 10
_TICKS_HZ = os.sysconf("SC_CLK_TCK")
_START_S = 60.0
_MAKE = (
    "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc2=size=1920x1080:rate={RATE_HZ},noise=alls=24:allf=t",
    "-t", str(SECONDS), "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-b:v", "4M", "-maxrate", "4M",
    "-bufsize", "1M", "-g", "60", "-bf", "0", "-sc_threshold", "0",
)  # fmt: skip
_COPY = ("-an", "-c", "copy", "-f", "mp4", "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-y", "/dev/null")


def make_stream_a(folder: Path) -> Path:
    """Encode four seconds of stream A into `folder`; Unavailable without `ffmpeg`."""
    path = folder / "a.mp4"
    try:
        subprocess.run([*_MAKE, str(path)], check=True)
    except FileNotFoundError as error:
        raise Unavailable("the media benchmarks need ffmpeg (Debian: apt-get install ffmpeg)") from error
    return path


def read_units(path: Path) -> Loop:
    """The H.264 of a file as it is, not coded anew."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        annex_b = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        packets = [out for packet in container.demux(stream) for out in annex_b.filter(packet)]
    units: list[AccessUnit] = []
    sets: tuple[bytes, ...] = ()
    for index, packet in enumerate(packets):
        nals = from_annex_b(bytes(packet))
        sets = tuple(nal for nal in nals if nal_kind(nal) in (SPS, PPS)) or sets
        pictures = tuple(nal for nal in nals if nal_kind(nal) in (1, 5))
        key = bool(packet.is_keyframe)
        units.append(AccessUnit(0, index * PERIOD_US, (*sets, *pictures) if key else pictures, key, 0))
    return Loop(tuple(units), len(units) * PERIOD_US)


@contextmanager
def source(path: Path, count: int, *, core: int | None = None) -> Iterator[list[str]]:
    """Play stream A to whoever asks; yields `count` addresses, several of the same phase."""
    command = [sys.executable, "-m", "consentry.media.bench_rig", str(path)]
    with running(command, stdout=subprocess.PIPE) as process:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        port = (process.stdout.readline() if process.stdout else b"").decode().strip()
        if not port:
            raise Unavailable("the source of stream A did not start")
        yield [f"rtsp://127.0.0.1:{port}/a{number % PHASES}" for number in range(count)]


@contextmanager
def running(command: list[str], *, stdout: int = subprocess.DEVNULL) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that ends with the block, at the latest."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=stdout)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def cpu_s(pid: int) -> float:
    """Processor seconds (user and system) that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_HZ


def resident_bytes(pid: int) -> int:
    """Memory that a process holds now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def copies_cost(urls: list[str], seconds: float) -> float:
    """Processor seconds per second of one `ffmpeg -c copy` to fragmented MP4 per address, together: the reference."""
    with ExitStack() as stack:
        inputs = (["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, *_COPY] for url in urls)
        pids = [stack.enter_context(running(command)).pid for command in inputs]
        wait_for(lambda: all(_has_written(pid) for pid in pids))
        time.sleep(2)  # probing is over
        before, began_s = sum(map(cpu_s, pids)), time.monotonic()
        time.sleep(seconds)
        return (sum(map(cpu_s, pids)) - before) / (time.monotonic() - began_s)


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait until `holds`; Unavailable when it does not within a minute."""
    deadline_s = time.monotonic() + _START_S
    while not holds():
        if time.monotonic() > deadline_s:
            raise Unavailable("a process of the benchmark did not start")
        time.sleep(0.05)


def _has_written(pid: int) -> bool:
    """Has it written a group of pictures?"""
    return int(Path(f"/proc/{pid}/io").read_text().split()[3]) > 500_000


async def _play(loop: Loop) -> None:
    """One server, ten phases; prints its port."""
    server = RtspServer()
    await server.start()
    first = loop.units[0]
    for phase in range(PHASES):
        server.publish(f"a{phase}", first)
    sys.stdout.write(server.url_of("").rstrip("/").rpartition(":")[2] + "\n")
    sys.stdout.flush()
    began_us, slot_us, number = time.time_ns() // 1_000, PERIOD_US // PHASES, 0
    while True:
        for unit in loop.units:
            for phase in range(PHASES):
                due_us = began_us + number * PERIOD_US + phase * slot_us
                await asyncio.sleep(max(0.0, due_us / 1_000_000 - time.time()))
                now_us = time.time_ns() // 1_000
                server.publish(f"a{phase}", AccessUnit(0, number * PERIOD_US, unit.nals, unit.key, now_us))
            number += 1


def _main() -> None:
    import uvloop

    uvloop.run(_play(read_units(Path(next(islice(sys.argv, 1, None))))))


if __name__ == "__main__":
    _main()
