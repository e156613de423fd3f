"""Benchmark of the edge (docs/design/benchmarks.md): `media.edge`, processor time per relayed stream."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from consentry.kernel.bench import Result
from consentry.kernel.errors import Unavailable
from consentry.media.bench_rig import RATE_HZ, copies_cost, cpu_s, make_stream_a, running, source

ROUNDS = 3
# A small PC in a shop; half a core here.
CAMERAS = 32
WINDOW_S, SETTLE_S = 8.0, 3.0
MOST = 0.35
REFERENCE = "ffmpeg -c copy"


def edge() -> Result:
    """Processor time per camera that is read, cached and relayed over a WebSocket, % of a core, 32 of them at once."""
    ours, theirs = [], []
    with tempfile.TemporaryDirectory(prefix="consentry-media-") as name:
        path = make_stream_a(Path(name))
        for _ in range(ROUNDS):
            with source(path, CAMERAS) as urls:
                ours.append(_relay_cost(urls) / CAMERAS * 100)
                theirs.append(copies_cost(urls, WINDOW_S) / CAMERAS * 100)
    value, reference = statistics.median(ours), statistics.median(theirs)
    ratio = value / reference
    return Result(
        "media.edge",
        value,
        "% of a core",
        (REFERENCE, reference),
        ratio,
        f"ratio <= {MOST}",
        ratio <= MOST,
        tuple(ours),
    )


def _relay_cost(urls: list[str]) -> float:
    """Processor seconds per second of the relaying process; Unavailable when it does not relay every picture."""
    sink = [sys.executable, "-m", "consentry.edge.bench_relay", "sink"]
    with running(sink, stdout=subprocess.PIPE) as receiver:
        port = _line(receiver)
        relay = [sys.executable, "-m", "consentry.edge.bench_relay", port, *urls]
        with running(relay, stdout=subprocess.PIPE) as process:
            _line(process)
            time.sleep(SETTLE_S)
            before_s, began_s, had = cpu_s(process.pid), time.monotonic(), int(_ask(process))
            time.sleep(WINDOW_S)
            used_s, seconds, got = cpu_s(process.pid) - before_s, time.monotonic() - began_s, int(_ask(process)) - had
    if got < 0.98 * len(urls) * RATE_HZ * seconds:
        raise Unavailable(f"only {got} pictures were relayed")
    return used_s / seconds


def _line(process: "subprocess.Popen[bytes]") -> str:
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        raise Unavailable("a measured process ended")
    return line.decode().strip()


def _ask(process: "subprocess.Popen[bytes]") -> str:
    if process.stdin is not None:
        process.stdin.write(b"count\n")
        process.stdin.flush()
    return _line(process)


BENCHES: dict[str, Callable[[], Result]] = {"media.edge": edge}
