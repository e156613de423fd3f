"""Starts the children in order, waits for each to serve, watches them, stops them in the opposite order."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from consentry.kernel.errors import Unavailable
from consentry.project.postgres import Cluster
from consentry.project.up.children import Child, Plan

READY_TIMEOUT_S = 40.0
WATCH_EVERY_S = 0.1

Say = Callable[[str], None]


class Supervisor:
    """Owns all children. `request_stop` may be called from a signal handler or another thread."""

    def __init__(self, stages: Sequence[Sequence[Plan]], logs: Path, say: Say) -> None:
        self._stages = [[Child(plan, logs) for plan in stage] for stage in stages]
        self._say = say
        self._stop = threading.Event()

    @property
    def children(self) -> list[Child]:
        """All children, first started first."""
        return [child for stage in self._stages for child in stage]

    def start(self) -> None:
        """Start each stage's children together, the next stage when they serve; Unavailable when one does not."""
        for stage in self._stages:
            for child in stage:
                child.start()
            for child in stage:
                self._await(child)
            if self._stop.is_set():
                return

    def watch(self, also: Cluster | None = None) -> None:
        """Restart what dies (`also`: the database), until somebody asks us to stop."""
        while not self._stop.wait(WATCH_EVERY_S):
            if also is not None and also.tend():
                self._say("database ended; started again")
            for child in self.children:
                if said := child.tend(time.monotonic()):
                    self._say(said)

    def stop(self) -> None:
        """Stop all, last started first."""
        for child in reversed(self.children):
            child.stop()

    def request_stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Leave `watch` (or `start`) as soon as may be."""
        self._stop.set()

    def listen_to_signals(self) -> None:
        """Ctrl-C and SIGTERM stop all in order."""
        signal.signal(signal.SIGINT, self.request_stop)
        signal.signal(signal.SIGTERM, self.request_stop)

    def _await(self, child: Child) -> None:
        began = time.monotonic()
        while not child.is_ready():
            if self._stop.is_set():
                return
            if child.process is None or child.process.poll() is not None or time.monotonic() - began > READY_TIMEOUT_S:
                raise Unavailable(f"{child.plan.name} does not start: {_last_lines(child.log)}")
            time.sleep(0.03)
        self._say(f"{child.plan.name} ready ({time.monotonic() - began:.1f} s)")


def _last_lines(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return f"see {log}\n" + "\n".join(f"    {line}" for line in lines[-8:])
