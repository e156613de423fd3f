"""Benchmarks of starting: `start.warm` (a folder that was used before) and `start.cold` (a clean clone, `./run`)."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from consentry.kernel.bench import Result
from consentry.kernel.errors import Unavailable
from consentry.project.up.plan import Ports

ROUNDS = 3
READY_LINE = "Consentry is at"
ROOT = Path(__file__).resolve().parents[4]


def warm() -> Result:
    """`consentry up --demo` on a folder that was used before → page and API answer, every child serving, s."""
    with _folder() as folder:
        _start(_up(), folder / "data")
        rounds = tuple(_start(_up(), folder / "data") for _ in range(ROUNDS))
    return _result("start.warm", rounds, 6)


def cold() -> Result:
    """`./run` in a clean clone → page and API answer, every child serving, s; packages come from the usual caches."""
    return _result("start.cold", tuple(_clone_and_start() for _ in range(ROUNDS)), 60)


BENCHES: dict[str, Callable[[], Result]] = {"start.cold": cold, "start.warm": warm}


def _clone_and_start() -> float:
    with _folder() as folder:
        subprocess.run([shutil.which("git") or "git", "clone", "--quiet", str(ROOT), str(folder / "clone")], check=True)
        return _start([str(folder / "clone" / "run")], folder / "data")


def _up() -> list[str]:
    return [sys.executable, "-m", "consentry.project.cli", "up", "--demo"]


def _start(command: list[str], data: Path) -> float:
    """Start, wait, look at the page, stop in order; seconds from the command to the page."""
    port = Ports.free().web
    env = {
        key: value for key, value in os.environ.items() if not key.startswith(("CONSENTRY_", "DATABASE_", "DJANGO_"))
    }
    began_s = time.monotonic()
    process = subprocess.Popen(
        [*command, "--data", str(data), "--port", str(port)], env=env, stderr=subprocess.PIPE, text=True
    )
    try:
        if not any(READY_LINE in line for line in process.stderr or ()):
            raise Unavailable("the platform did not start")
        for path in ("/", "/api/session"):
            with urllib.request.urlopen(f"http://localhost:{port}{path}", timeout=30) as answer:
                answer.read()
        return time.monotonic() - began_s
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="consentry-start-"))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _result(name: str, rounds: tuple[float, ...], most_s: int) -> Result:
    value = statistics.median(rounds)
    return Result(name, value, "s", None, None, f"<= {most_s}", value <= most_s, rounds)
