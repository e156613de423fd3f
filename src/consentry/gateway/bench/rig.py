"""Drives the measured process and its viewers."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from consentry.gateway.bench.plan import Mark, Plan
from consentry.kernel.errors import Unavailable
from consentry.media.bench_rig import make_stream_a, running


class Asked:
    """A process that answers lines with JSON."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.pid, self._process = process.pid, process

    def hear(self) -> dict[str, float]:
        """Its next line; Unavailable when it died."""
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise Unavailable("a measured process ended")
        answer: dict[str, float] = json.loads(line)
        return answer

    def ask(self, word: str) -> dict[str, float]:
        """Say `word`, hear the answer."""
        if self._process.stdin is not None:
            self._process.stdin.write(word.encode() + b"\n")
            self._process.stdin.flush()
        return self.hear()

    def mark(self) -> Mark:
        """What happened since the last mark."""
        said = self.ask("mark")
        return Mark(
            said["cpu_s"], said["seconds"], int(said["pictures"]), int(said["lost"]), said["p95_ms"], said["p99_ms"],
            int(said["viewers"]),
        )  # fmt: skip


@contextmanager
def worker(plan: Plan) -> Iterator[tuple[Asked, int]]:
    """The measured process once every camera plays, and the port of its door."""
    command = [sys.executable, "-m", "consentry.gateway.bench.worker", json.dumps(asdict(plan))]
    with running(command, stdout=subprocess.PIPE) as process:
        asked = Asked(process)
        yield asked, int(asked.hear()["port"])


@contextmanager
def readers(port: int, count: int, *words: str) -> Iterator[Asked]:
    """`count` viewers that receive."""
    command = [sys.executable, "-m", "consentry.gateway.bench.readers", str(port), str(count), *words]
    with running(command, stdout=subprocess.PIPE) as process:
        asked = Asked(process)
        asked.hear()
        yield asked


@contextmanager
def stream_a() -> Iterator[Path]:
    """Stream A as a file, and a folder around it that goes with the block."""
    with tempfile.TemporaryDirectory(prefix="consentry-media-") as name:
        yield make_stream_a(Path(name))
