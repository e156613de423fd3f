"""Starts the children in order, waits for each to serve, watches them, stops them in the opposite order."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from consentry.kernel.errors import Unavailable
from consentry.project.postgres import Cluster
from consentry.project.up.children import Child, Plan

# A child that ends is noticed at once; a machine that does much else beside takes its time with the others.
READY_TIMEOUT_S = 120.0
TASK_TIMEOUT_S = 600.0
LOOK_EVERY_S = 0.03
WATCH_EVERY_S = 0.1

Say = Callable[[str], None]


class Supervisor:
    """Owns all children. `request_stop` may be called from a signal handler or another thread."""

    def __init__(self, logs: Path, say: Say) -> None:
        self.children: list[Child] = []
        self._logs, self._say = logs, say
        self._stop = threading.Event()

    @property
    def is_stopping(self) -> bool:
        """Has somebody asked us to stop?"""
        return self._stop.is_set()

    def start(self, plans: Sequence[Plan]) -> None:
        """Start each child as soon as what it needs serves; return when all serve, or when asked to stop.

        Unavailable, with its last words, when one ends before it serves or does not serve in time.
        """
        began, waiting = time.monotonic(), [Child(plan, self._logs) for plan in plans]
        serving: set[str] = {child.plan.name for child in self.children}
        self.children += waiting
        while waiting and not self._stop.is_set():
            for child in list(waiting):
                if not child.has_started:
                    if serving.issuperset(child.plan.needs):
                        child.start()
                elif child.is_ready():
                    waiting.remove(child)
                    serving.add(child.plan.name)
                    self._say(f"{child.plan.name} {_is_there(child.plan)} ({time.monotonic() - began:.1f} s)")
                elif child.has_failed or child.age_s > _timeout_s(child.plan):
                    raise Unavailable(f"{child.plan.name} does not start: {_last_lines(child.log)}")
            self._stop.wait(LOOK_EVERY_S)

    def watch(self, also: Cluster | None = None, look: Callable[[], str | None] = lambda: None) -> None:
        """Restart what dies (`also`: the database) and say what `look` sees, until somebody asks us to stop."""
        while not self._stop.wait(WATCH_EVERY_S):
            if seen := look():
                self._say(seen)
            if also is not None and also.tend():
                self._say("database ended; started again")
            for child in self.children:
                if said := child.tend(time.monotonic()):
                    self._say(said)

    def stop(self) -> None:
        """Stop all, in the opposite order."""
        for child in reversed(self.children):
            child.stop()

    def request_stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Leave `watch` (or `start`) as soon as may be."""
        self._stop.set()

    def listen_to_signals(self) -> None:
        """Ctrl-C and SIGTERM stop all in order."""
        signal.signal(signal.SIGINT, self.request_stop)
        signal.signal(signal.SIGTERM, self.request_stop)

    @contextmanager
    def interrupted_by_signals(self) -> Iterator[None]:
        """While the block runs, Ctrl-C and SIGTERM break it off with KeyboardInterrupt; afterwards they ask again."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        try:
            yield
        finally:
            self.listen_to_signals()


def _is_there(plan: Plan) -> str:
    return "done" if plan.is_task else "ready"


def _timeout_s(plan: Plan) -> float:
    return TASK_TIMEOUT_S if plan.is_task else READY_TIMEOUT_S


def _last_lines(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return f"see {log}\n" + "\n".join(f"    {line}" for line in lines[-8:])
