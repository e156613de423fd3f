"""What a box needs with eight cameras recording (docs/design/benchmarks.md): real RTSP, a real edge, stream A each."""

import asyncio
import contextlib
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentry.edge.addresses import keep_address
from consentry.edge.key_files import load_keys
from consentry.edge.pins import parse_pins
from consentry.edge.store import Store
from consentry.kernel.bench import Result
from consentry.kernel.canonical import to_b64
from consentry.kernel.errors import Unavailable
from consentry.kernel.ids import CameraId, new_id
from consentry.kernel.note import COSIGNATURE_V1, Signer
from consentry.kernel.owner_record import public_point
from consentry.media.file_source import Loop, load_loop, play
from consentry.media.rtsp_server import RtspServer

ROUNDS, CAMERAS, PLAY_S = 3, 8, 45.0
FRAMES, RATE, WIDTH_PX, HEIGHT_PX, BIT_RATE = 120, 30, 1920, 1080, 4_000_000
TARGET_MB = 150


def memory() -> Result:
    """MB (10^6) of proportional memory of an edge and its children, 45 s after eight cameras began to record."""
    with tempfile.TemporaryDirectory(prefix="consentry-bench-") as name, _cameras(Path(name)) as urls:
        values = [_round(Path(name) / f"home-{number}", urls) for number in range(ROUNDS)]
    value = statistics.median(values)
    return Result("media.edge_memory", value, "MB", None, None, f"<= {TARGET_MB}", value <= TARGET_MB, tuple(values))


BENCHES: dict[str, Callable[[], Result]] = {"media.edge_memory": memory}


def _round(folder: Path, urls: list[str]) -> float:
    prepare_home(folder, urls)
    environment = {**os.environ, "CONSENTRY_EDGE_DATA": str(folder), "CONSENTRY_EDGE_PAGE": "127.0.0.1:0"}
    command = [sys.executable, "-m", "consentry.edge", "run"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as child:
        try:
            time.sleep(PLAY_S)
            recorded = {path.parent.name for path in folder.glob("ring/*/*.seg")}
            if len(recorded) < len(urls):
                raise Unavailable(f"only {len(recorded)} of {len(urls)} cameras were recorded")
            return sum(_pss_bytes(pid) for pid in _family(child.pid)) / 1e6
        finally:
            child.kill()


def prepare_home(folder: Path, urls: list[str]) -> None:
    """A paired home with these cameras, whose gateway is not there (as in an evening without internet)."""
    log, witness = Signer.generate("bench.example/log"), Signer.generate("bench.example/w1", COSIGNATURE_V1)
    owner, ticket = ec.generate_private_key(ec.SECP256R1()), Ed25519PrivateKey.generate()
    pins = parse_pins({
        "edge": new_id("edge"), "owner_key": to_b64(public_point(owner)), "owner_rp_id": "", "quorum": 1,
        "log_vkey": log.verifier.vkey, "witness_vkeys": [witness.verifier.vkey], "recovery_key": "", "policies": [],
        "ticket_keys": [to_b64(ticket.public_key().public_bytes_raw())], "ledger_url": "http://127.0.0.1:1/",
        "gateways": [{"id": new_id("gateway"), "url": "ws://127.0.0.1:1/edge"}],
    }, server="http://127.0.0.1")  # fmt: skip
    store, keys = Store(folder), load_keys(folder)
    store.pin(pins, ())
    for url in urls:
        keep_address(store, keys, CameraId(new_id("camera")), url)
    store.close()


@contextmanager
def _cameras(folder: Path) -> Iterator[list[str]]:
    """Addresses of eight cameras that play stream A, out of a process of their own."""
    path = folder / "a.mp4"
    _make_stream(path)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_serve_cameras, args=(path, theirs.send), daemon=True)
    child.start()
    try:
        if not ours.poll(120):
            raise Unavailable("the stand-in cameras did not start")
        yield ours.recv()
    finally:
        child.kill()
        child.join()


def _serve_cameras(path: Path, tell: Callable[[list[str]], None]) -> None:
    asyncio.run(_play_all(_read_copy(path), tell))


async def _play_all(loop: Loop, tell: Callable[[list[str]], None]) -> None:
    server = RtspServer()
    await server.start()
    names = [f"camera{number}" for number in range(CAMERAS)]
    playing = [asyncio.create_task(play(loop, partial(server.publish, name))) for name in names]
    tell([server.url_of(name) for name in names])
    await asyncio.gather(*playing)


def _read_copy(path: Path) -> Loop:
    return load_loop(path, key_every_s=2.0, most_s=FRAMES / RATE)


def _make_stream(path: Path) -> None:
    """Four seconds of noise on a moving ramp: hard to code, so that the bit rate is really reached."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "crf": "30"})
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        for number in range(FRAMES):
            frame = av.VideoFrame(WIDTH_PX, HEIGHT_PX, "yuv420p")
            for plane in frame.planes:
                row = bytes((at + 3 * number) % 256 for at in range(plane.line_size))
                noise = os.urandom(plane.line_size)
                plane.update(b"".join(noise if (line * 7 + number) % 360 == 0 else row for line in range(plane.height)))
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _family(pid: int) -> list[int]:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # children that look at one picture come and go
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *(one for child in children for one in _family(int(child)))]
    return []


def _pss_bytes(pid: int) -> int:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next((int(line.split()[1]) * 1_024 for line in lines if line.startswith("Pss:")), 0)
    return 0
