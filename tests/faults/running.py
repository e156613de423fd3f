"""A whole platform of its own for tests of faults: `consentry up --demo` on free ports; processes found by /proc."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from consentry.kernel.errors import Unavailable
from consentry.project.postgres import Cluster
from consentry.project.up.plan import WITNESSES, _free_run

# Bounds of liveness only: a machine that does much else beside is slow, and nothing here is a measurement.
START_WITHIN_S = 420.0
SETTLE_WITHIN_S = 60.0
READY = "Consentry is at"


@dataclass
class Running:
    """One `consentry up` with its folder. `said`: what it told people so far."""

    data: Path
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def origin(self) -> str:
        """Where the web answers."""
        return f"http://localhost:{self.port}"

    @property
    def said(self) -> str:
        """The lines for people."""
        return self.log.read_text(errors="replace")

    def pids(self, name: str) -> list[int]:
        """The processes of one child by its command: `web`, `gateway`, `sequencer`, `signer`, `witness`, `postgres`."""
        return [pid for pid, words in processes_of(self.data) if name in words]

    def signal(self, name: str, number: signal.Signals) -> list[int]:
        """Send a signal to every process of a child; returns which."""
        found = self.pids(name)
        assert found, f"no process {name}"
        for pid in found:
            os.kill(pid, number)
        return found

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Ask its database."""
        with psycopg.connect(Cluster(self.data).url, autocommit=True, connect_timeout=5) as database:
            cursor = database.execute(statement.encode())
            return list(cursor) if cursor.description else []

    def interrupt(self) -> int:
        """Ctrl-C; its exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SETTLE_WITHIN_S * 2)


def processes_of(data: Path) -> list[tuple[int, str]]:
    """Living processes whose `CONSENTRY_DATA` is `data`, and the PostgreSQL of that folder: (pid, name)."""
    entries = (entry for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    return sorted((int(entry.name), name) for entry in entries if (name := _name_of(entry, data)))


def _name_of(entry: Path, data: Path) -> str:
    try:
        words = (entry / "cmdline").read_bytes().split(b"\0")
        if (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z" or not words[0]:
            return ""
        if (entry / "cwd").readlink() == data / "postgres":
            return "postgres"
        is_ours = f"CONSENTRY_DATA={data}".encode() in (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    if not is_ours:
        return ""
    if any(b"granian" in word for word in words) or b"consentry.project.asgi:application" in words:
        return "web"
    place = words.index(b"consentry.project.cli") + 1 if b"consentry.project.cli" in words else 0
    return words[place].decode(errors="replace")


def wait_until(condition: Callable[[], bool], what: str, *, within_s: float = SETTLE_WITHIN_S) -> None:
    """Wait for `condition`; fails saying `what` did not happen."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"within {within_s:g} s: {what} did not happen"
        time.sleep(0.1)


def launch(data: Path, port: int, *more: str, **env: str) -> Running:
    """Start the demo on `data` (with `more` words to `up`, told `env`) and wait until it says where it is."""
    log = data.parent / f"up-{port}-{time.monotonic_ns()}.log"
    said = ("up", "--demo", "--data", str(data), "--port", str(port), *more)
    words = (sys.executable, "-m", "consentry.project.cli", *said)
    with log.open("wb") as out:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**clean_env(), **env}, start_new_session=True
        )
    running = Running(data, port, process, log)
    deadline = time.monotonic() + START_WITHIN_S
    while READY not in running.said:
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise Unavailable(f"the platform does not start:\n{running.said[-3_000:]}")
        time.sleep(0.1)
    return running


@contextmanager
def own_folder() -> Iterator[Path]:
    """A new folder that other users can reach, as the children need it."""
    with tempfile.TemporaryDirectory(prefix="consentry-faults-") as made:
        Path(made).chmod(0o711)
        yield Path(made).resolve() / "data"


def free_port() -> int:
    """A port for the web with the ones after it free."""
    return _free_run(3 + WITNESSES)


def clean_env() -> dict[str, str]:
    """The environment without what the test run set for itself."""
    names = ("CONSENTRY_", "DATABASE_URL", "DJANGO_", "PYTEST_")
    return {name: value for name, value in os.environ.items() if not name.startswith(names)}


def consentry(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run one command of `consentry` to its end."""
    command = (sys.executable, "-m", "consentry.project.cli", *words)
    return subprocess.run(
        command, env={**clean_env(), **env}, capture_output=True, text=True, check=False, timeout=START_WITHIN_S
    )
