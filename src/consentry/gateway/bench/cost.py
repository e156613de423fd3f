"""Processor time of cameras and of viewers, against `ffmpeg -c copy` of the same stream: `media.ingest` and others."""

import os
import statistics
import subprocess
import time
from pathlib import Path

from consentry.gateway.bench.plan import Mark, Plan
from consentry.gateway.bench.rig import Asked, readers, stream_a, worker
from consentry.kernel.bench import Result
from consentry.media.bench_rig import RATE_HZ, copies_cost, source

ROUNDS = 3
CAMERAS, VIEWERS = 50, 100
WINDOW_S, SETTLE_S = 5.0, 1.5
REFERENCE = "ffmpeg -c copy"
STREAMS_TARGET, MOST_DELAY_MS = 200, 50.0
STEPS = (240, 200, 150, 100)


def ingest() -> Result:
    """Processor time per camera of 50 × stream A that nobody watches, % of a core, against one `ffmpeg -c copy` each.

    As in the running gateway, the bytes of a fragment are built when the first viewer needs them, so not here;
    `media.ingest_recorded` builds them all.
    """
    with stream_a() as path:
        return _ingest("media.ingest", path, 0.30, Plan([]))


def ingest_recorded() -> Result:
    """The same with every camera recorded: segments and SHA-256 on the writer's thread."""
    with stream_a() as path:
        plan = Plan([], record_to=str(path.parent / "segments"))
        return _ingest("media.ingest_recorded", path, 0.40, plan)


def viewer_ws() -> Result:
    """Processor time of one of 100 WebSocket viewers, % of a core, against one `ffmpeg -c copy`."""
    with stream_a() as path:
        return _viewers("media.viewer_ws", path, 0.15, "")


def viewer_wss() -> Result:
    """The same over TLS that the gateway ends itself."""
    with stream_a() as path:
        return _viewers("media.viewer_wss", path, 0.25, str(_certificate(path.parent)))


def streams() -> Result:
    """How many × stream A one core takes with every picture and p99 of the added delay under 50 ms.

    The source has the other core; the largest of the steps that held counts.
    """
    with stream_a() as path:
        held = [next((float(count) for count in STEPS if _holds(path, count)), 0.0) for _ in range(ROUNDS)]
    value = statistics.median(held)
    target = f">= {STREAMS_TARGET}"
    return Result("media.streams", value, "streams", None, None, target, value >= STREAMS_TARGET, tuple(held))


def _holds(path: Path, count: int) -> bool:
    cores = sorted(os.sched_getaffinity(0))
    with source(path, count, core=cores[-1]) as urls, worker(Plan(urls)) as (asked, _):
        os.sched_setaffinity(asked.pid, {cores[0]})
        mark = _window(asked)
    return mark.lost == 0 and mark.p99_ms < MOST_DELAY_MS and mark.pictures > 0.98 * count * RATE_HZ * mark.seconds


def _window(asked: Asked) -> Mark:
    time.sleep(SETTLE_S)
    asked.mark()
    time.sleep(WINDOW_S)
    return asked.mark()


def _ingest(name: str, path: Path, most: float, plan: Plan) -> Result:
    ours, theirs = [], []
    for _ in range(ROUNDS):
        with source(path, CAMERAS) as urls:
            with worker(Plan(urls, plan.record_to)) as (asked, _):
                mark = _window(asked)
            ours.append(mark.cpu_s / mark.seconds / CAMERAS * 100)
            theirs.append(copies_cost(urls, WINDOW_S) / CAMERAS * 100)
    return _against_copy(name, ours, theirs, most)


def _viewers(name: str, path: Path, most: float, certificate: str) -> Result:
    words = ("tls",) if certificate else ()
    ours, theirs = [], []
    with source(path, 1) as urls, worker(Plan(urls, serve=True, certificate=certificate)) as (asked, port):
        for _ in range(ROUNDS):
            alone = _window(asked)
            with readers(port, VIEWERS, *words):
                full = _window(asked)
            ours.append((full.cpu_s / full.seconds - alone.cpu_s / alone.seconds) / VIEWERS * 100)
            theirs.append(copies_cost(urls, WINDOW_S) * 100)
    return _against_copy(name, ours, theirs, most)


def _against_copy(name: str, ours: list[float], theirs: list[float], most: float) -> Result:
    value, reference = statistics.median(ours), statistics.median(theirs)
    ratio = value / reference
    return Result(
        name, value, "% of a core", (REFERENCE, reference), ratio, f"ratio <= {most}", ratio <= most, tuple(ours)
    )


def _certificate(folder: Path) -> Path:
    """Key and self-signed certificate in one file, for this machine's own viewers."""
    path = folder / "tls.pem"
    subject = ("-subj", "/CN=127.0.0.1", "-days", "1")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *subject]
    subprocess.run(
        [*command, "-keyout", str(path), "-out", str(path.with_suffix(".crt"))], check=True, capture_output=True
    )
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path
