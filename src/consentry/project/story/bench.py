"""Benchmarks of the whole way, in Chromium against a real platform: `screen`, `first_frame`, `stop`, and the tile's."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from consentry.kernel.bench import Result
from consentry.kernel.errors import Unavailable
from consentry.media.bench_rig import make_stream_a, source
from consentry.project.story.proof_page import proof_page
from consentry.project.story.sealed_page import sealed_page
from consentry.project.up.plan import Ports

ROUNDS = 3
READY_LINE = "Consentry is at"


def screen() -> Result:
    """Dispatch call accepted → its number shown on the analyst's open page, p95, ms."""
    return _measure("screen", 1_000)


def first_frame() -> Result:
    """Ask answered automatically → first picture of a private camera shown, p95, ms; log, edge and gateway included."""
    return _measure("first_frame", 1_000)


def first_frame_masked() -> Result:
    """The same with a mask burnt in at each home."""
    return _measure("first_frame.masked", 1_000)


def stop() -> Result:
    """Owner's tap → last media byte at the viewer, p95, ms, end to end."""
    return _measure("stop", 500)


def home_event() -> Result:
    """Ring at a real edge → on its owner's open phone page, p95, ms."""
    return _at_home("home.event")


def home_event_picture() -> Result:
    """Ring at a real edge → its picture, opened by that phone alone, is shown there, p95, ms."""
    return _at_home("home.event_picture")


def home_budget() -> Result:
    """kB of gzip of the owner's first page until it is usable, on a weak phone."""
    return _budget("home.budget", 0, "kB gzip", 200)


def home_usable() -> Result:
    """Until the owner's first page is usable on a weak phone with an empty cache, ms."""
    return _budget("home.usable", 1, "ms", 2_000)


def _at_home(name: str) -> Result:
    with _platform() as (data, origin):
        return _judged(name, 2_000, _timed(data, origin, "home_event", name, str(ROUNDS)))


def _budget(name: str, which: int, unit: str, most: int) -> Result:
    with _platform() as (data, origin):
        rounds = tuple(_timed(data, origin, "home_budget", str(ROUNDS))[which])
    value = statistics.median(rounds)
    return Result(name, value, unit, None, None, f"<= {most}", value <= most, rounds)


def _live(name: str, way: str, most_ms: int) -> Callable[[], Result]:
    """A figure of the tile with stream A, by `way`, p95, ms."""

    def measure() -> Result:
        with tempfile.TemporaryDirectory(prefix="consentry-media-") as folder:
            path = make_stream_a(Path(folder))
            with source(path, 1) as (url,), _platform() as (data, origin):
                rounds = _timed(data, origin, "live_timings", name, way, str(ROUNDS), url)
        suffix = {"socket": "ws", "webrtc": "whep"}[way]
        return _judged(f"media.{name}_{suffix}", most_ms, rounds)

    return measure


BENCHES: dict[str, Callable[[], Result]] = {
    "first_frame": first_frame,
    "first_frame.masked": first_frame_masked,
    "home.budget": home_budget,
    "home.event": home_event,
    "home.event_picture": home_event_picture,
    "home.usable": home_usable,
    "ledger.browser": proof_page,
    "media.first_frame_whep": _live("first_frame", "webrtc", 400),
    "media.first_frame_ws": _live("first_frame", "socket", 200),
    "media.latency_whep": _live("latency", "webrtc", 60),
    "media.latency_ws": _live("latency", "socket", 200),
    "media.sealed_page": sealed_page,
    "screen": screen,
    "stop": stop,
}


def p95(values: list[float]) -> float:
    """The 95th percentile (nearest rank) of at least one value."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, round(0.95 * len(ranked) + 0.5) - 1)]


def _measure(name: str, most_ms: int) -> Result:
    with _platform() as (data, origin):
        return _judged(name, most_ms, _timed(data, origin, "timings", name, str(ROUNDS)))


def _timed(data: Path, origin: str, module: str, *words: str) -> list[list[float]]:
    """What a process that drives the platform measured, by rounds."""
    env = {**os.environ, "CONSENTRY_DATA": str(data), "CONSENTRY_DEMO": "1", "CONSENTRY_ORIGIN": origin}
    env.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", f"consentry.project.story.{module}", *words]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise Unavailable(f"{words[0]} could not be measured")
    rounds: list[list[float]] = json.loads(done.stdout)
    return rounds


def _judged(name: str, most_ms: int, measured: list[list[float]]) -> Result:
    rounds = tuple(p95(values) for values in measured)
    value = statistics.median(rounds)
    return Result(name, value, "ms", None, None, f"<= {most_ms}", value <= most_ms, rounds)


@contextmanager
def _platform() -> Iterator[tuple[Path, str]]:
    """The demo on free ports in a folder of its own, until the block ends."""
    data = Path(tempfile.mkdtemp(prefix="consentry-bench-"))
    data.chmod(0o711)
    port = Ports.free().web
    env = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "CONSENTRY_DATA")}
    command = [sys.executable, "-m", "consentry.project.cli", "up", "--demo", "--data", str(data), "--port", str(port)]
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr or ():
            if READY_LINE in line:
                break
        else:
            raise Unavailable("the platform did not start")
        yield data, f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(data, ignore_errors=True)
