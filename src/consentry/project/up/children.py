"""One child process: started with its own environment and user, logged to a file, restarted with back-off."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from consentry.project.lifeline import die_with_parent

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 8.0
STEADY_AFTER_S = 20.0
STOP_TIMEOUT_S = 8.0


@dataclass(frozen=True)
class Plan:
    """What to start. `ready` says whether it serves; `user` is the numeric user to run as when we are root.

    `needs`: the names of those that must serve first. `is_task`: it does one thing and ends; it "serves" once it has
    ended well, and is not started again.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    user: int | None = None
    needs: tuple[str, ...] = ()
    is_task: bool = False


class Child:
    """A running (or resting) child. Not thread-safe: the supervisor's loop owns it."""

    def __init__(self, plan: Plan, logs: Path) -> None:
        self.plan = plan
        self.log = logs / f"{plan.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.restarts = 0
        self.has_started = False
        self._pause_s = FIRST_PAUSE_S
        self._started_at = 0.0
        self._again_at = 0.0

    def start(self) -> None:
        """Start now; its output goes to its log file, its life hangs on ours."""
        parent = os.getpid()
        with self.log.open("ab") as log:
            user = self.plan.user if os.geteuid() == 0 else None
            self.process = subprocess.Popen(
                self.plan.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.plan.env},
                start_new_session=True,
                # Children are started by the main thread alone, before any other thread of ours exists.
                preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )
        self._started_at = time.monotonic()
        self.has_started = True

    @property
    def age_s(self) -> float:
        """Seconds since its last start."""
        return time.monotonic() - self._started_at

    @property
    def has_failed(self) -> bool:
        """Has it ended, though it should serve (or its task is not done)?"""
        if self.process is None:
            return True
        code = self.process.poll()
        return code is not None and not (self.plan.is_task and code == 0)

    def tend(self, now_s: float) -> str | None:
        """Restart a dead child when its pause is over. Returns what happened, for people, or None."""
        if self.plan.is_task:
            return None
        if self.process is None:
            if now_s >= self._again_at:
                self.start()
                self.restarts += 1
                return f"{self.plan.name} started again"
            return None
        code = self.process.poll()
        if code is None:
            if now_s - self._started_at > STEADY_AFTER_S:
                self._pause_s = FIRST_PAUSE_S
            return None
        self.process = None
        self._again_at = now_s + self._pause_s
        said = f"{self.plan.name} ended ({_cause(code)}); again in {self._pause_s:g} s, see {self.log}"
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        return said

    def is_ready(self) -> bool:
        """Is it running and, if it can say so, serving? A task: has it ended well?"""
        if self.process is None or self.has_failed:
            return False
        if self.plan.is_task:
            return self.process.poll() == 0
        return self.plan.ready is None or self.plan.ready()

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after `STOP_TIMEOUT_S`."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None


def _cause(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
