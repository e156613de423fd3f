"""A drone over the demo city: H.264 with MISB ST 0601 in MPEG-TS, played by ffmpeg as a real one plays it."""

import math
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from tests.journeys.stage import CONSENTRY, Stage

from consentry.demo.ground import Point, to_place
from consentry.kernel.geo import Place
from consentry.media.klv import local_sets, write_local_set
from consentry.media.telemetry import SCALES

SECRET = "passphrase=a-good-passphrase"
# MISB ST 0601: the sensor's place and the frame's centre, then four corners; corners beside the centre move with it.
FRAME_CENTRE = (23, 24)
LATS, LONS = (13, 23, 82, 84, 86, 88), (14, 24, 83, 85, 87, 89)
RATE, LENGTH_S, RADIUS_M, SAYS_EACH = 10, 60, 420.0, 2
FORGET = """
import sys
from pathlib import Path
from consentry.project.cli import prepare_django
prepare_django(Path(sys.argv[1]))
from consentry.cameras.models import Camera
from consentry.kernel.clock import utc_now
Camera.objects.filter(id=sys.argv[2]).update(removed_at=utc_now())
"""


def write_flight(path: Path) -> None:
    """A minute of flight around the city's centre, once around, looking inwards."""
    with av.open(str(path), "w", format="mpegts") as target:
        picture = target.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "g": str(RATE)})
        picture.width, picture.height, picture.pix_fmt = 320, 180, "yuv420p"
        said = target.add_data_stream("klv")
        for number in range(RATE * LENGTH_S):
            frame = av.VideoFrame(320, 180, "yuv420p")
            for plane, shade in zip(frame.planes, (40 + number % 160, 120, 130), strict=True):
                plane.update(bytes((shade,)) * plane.buffer_size)
            frame.pts = number
            target.mux(picture.encode(frame))
            if number % SAYS_EACH == 0:
                packet = av.Packet(local_set(2 * math.pi * number / (RATE * LENGTH_S)))
                packet.stream, packet.time_base, packet.pts, packet.dts = said, Fraction(1, RATE), number, number
                target.mux(packet)
        target.mux(picture.encode(None))


def local_set(angle: float) -> bytes:
    """What the drone says at `angle` of its circle."""
    here = Point(RADIUS_M * math.cos(angle), RADIUS_M * math.sin(angle))
    inwards = math.degrees(math.atan2(-here.x, -here.y)) % 360
    ahead, aside = (-math.cos(angle), -math.sin(angle)), (-math.sin(angle), math.cos(angle))

    def ground(away_m: float, side_m: float) -> Place:
        east, north = (away_m * ahead[at] + side_m * aside[at] for at in (0, 1))
        return to_place(Point(here.x + east, here.y + north))

    corners = [ground(260, -130), ground(260, 130), ground(120, 70), ground(120, -70)]
    numbers = {5: inwards, 13: to_place(here).lat, 14: to_place(here).lon, 15: 120.0, 18: 0.0,
               23: ground(180, 0).lat, 24: ground(180, 0).lon}  # fmt: skip
    for at, corner in enumerate(corners):
        numbers |= {82 + 2 * at: corner.lat, 83 + 2 * at: corner.lon}
    now_us = time.time_ns() // 1_000
    return write_local_set({2: now_us.to_bytes(8, "big"), 10: b"Quad"}
                           | {tag: SCALES[tag].write(value) for tag, value in numbers.items()})  # fmt: skip


def bring_here(recording: Path, path: Path) -> None:
    """The flight of `recording`, pictures and packets as they are, but every place moved so that it looks at the city.

    The first picture's centre comes to lie where the demo city's is; what else the packets say stays to the bit.
    """
    with av.open(str(recording)) as source, av.open(str(path), "w", format="mpegts") as target:
        pictures, said = source.streams.video[0], source.streams.data[0]
        ways = {pictures.index: target.add_stream_from_template(pictures), said.index: target.add_data_stream("klv")}
        shift: dict[int, float] = {}
        for packet in source.demux(pictures, said):
            if not packet.size:
                continue
            moved = packet
            if packet.stream_index == said.index:
                (items,) = local_sets(bytes(packet))
                shift = shift or _way_here(items)
                moved = av.Packet(write_local_set({tag: _moved(tag, value, shift) for tag, value in items.items()}))
                moved.pts, moved.dts, moved.time_base = packet.pts, packet.dts, packet.time_base
            moved.stream = ways[packet.stream_index]
            target.mux(moved)


def _way_here(items: dict[int, bytes]) -> dict[int, float]:
    """How far each place of a flight that begins so has to be moved, in degrees, by the tag of its number."""
    middle = to_place(Point(0, 0))
    lat, lon = (SCALES[tag].read(items[tag]) for tag in FRAME_CENTRE)
    assert lat is not None
    assert lon is not None
    return {tag: move for tags, move in ((LATS, middle.lat - lat), (LONS, middle.lon - lon)) for tag in tags}


def _moved(tag: int, value: bytes, shift: dict[int, float]) -> bytes:
    known = SCALES[tag].read(value) if tag in shift and tag in SCALES else None
    return value if known is None else SCALES[tag].write(known + shift[tag])


@contextmanager
def flying(
    stage: Stage, folder: Path, port: int, *, by: str = "http", recording: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A registered city drone that flies meanwhile, `by` http or srt; the process may be killed before the end.

    It flies what a real one recorded, else around the city.
    """
    if recording is None:
        write_flight(folder / "drone.ts")
    else:
        bring_here(recording, folder / "drone.ts")
    url, target = {
        "http": (f"http://127.0.0.1:{port}/live.ts", ["-listen", "1", f"http://127.0.0.1:{port}/live.ts"]),
        "srt": (f"srt://127.0.0.1:{port}?{SECRET}", [f"srt://127.0.0.1:{port}?mode=listener&{SECRET}"]),
    }[by]
    player = subprocess.Popen(
        ["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", str(folder / "drone.ts"), "-map", "0",
         "-c", "copy", "-f", "mpegts", *target], stdin=subprocess.DEVNULL,
    )  # fmt: skip
    place = to_place(Point(0, 0))
    words = ["--url", url, "--name", "Drone 1", "--kind", "drone", "--no-check",
             "--lat", str(place.lat), f"--lon={place.lon}", "--data", str(stage.data)]  # fmt: skip
    made = subprocess.run([CONSENTRY, "camera", "add", *words], capture_output=True, text=True, check=False, timeout=60)
    assert made.returncode == 0, made.stderr
    try:
        yield player
    finally:
        player.kill()
        player.wait()
        forget(stage, made.stdout.split()[0])


def forget(stage: Stage, camera: str) -> None:
    """Take a city camera away again: the platform is one for all journeys."""
    subprocess.run([sys.executable, "-c", FORGET, str(stage.data), camera], check=True, timeout=60)
