"""`consentry up` while it seeds: Ctrl-C stops all in order with a plain line; kill -9 leaves no process."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.faults.running import Running, clean_env, free_port, own_folder, processes_of, wait_until

pytestmark = pytest.mark.slow


@contextmanager
def seeding(*words: str) -> Iterator[Running]:
    """A demo on a new folder, as soon as its database is being filled."""
    with own_folder() as data:
        port, log = free_port(), data.parent / "up.log"
        command = (sys.executable, "-m", "consentry.project.cli", "up", "--demo", "--data", str(data), *words)
        with log.open("wb") as out:
            process = subprocess.Popen(
                (*command, "--port", str(port)), stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=clean_env(),
                start_new_session=True,
            )  # fmt: skip
        running = Running(data, port, process, log)
        try:
            wait_until(lambda: "demo-seed" in names(data), "the seed ran")
            yield running
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def names(data: Path) -> set[str]:
    """The processes of this folder."""
    return {name for _, name in processes_of(data)}


def test_ctrl_c_while_seeding_stops_all_with_a_plain_line() -> None:
    with seeding() as running:
        assert running.interrupt() == 0
        assert processes_of(running.data) == []
        assert running.said.rstrip().endswith("stopped")
        assert "Traceback" not in running.said
        assert "Consentry is at" not in running.said


def test_ctrl_c_of_the_story_tells_none() -> None:
    with seeding("--once") as running:
        assert running.interrupt() == 130
        assert processes_of(running.data) == []
        assert "{" not in running.said
        assert "Traceback" not in running.said


def test_kill_9_while_seeding_leaves_no_process() -> None:
    with seeding() as running:
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        wait_until(lambda: processes_of(running.data) == [], "every process ended")
