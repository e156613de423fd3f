"""The supervisor, with real processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from consentry.kernel.errors import Unavailable
from consentry.project.up.children import Child, Plan
from consentry.project.up.supervisor import Supervisor

SLEEPER = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")


def _wait(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        time.sleep(0.025)
    pytest.fail("it did not happen within 10 s")


def test_killed_child_is_started_again_and_said(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(tmp_path, said.append)
    supervisor.start([Plan("one", SLEEPER)])
    watcher = threading.Thread(target=supervisor.watch, daemon=True)
    watcher.start()
    first = supervisor.children[0].process
    assert first is not None
    first.send_signal(signal.SIGKILL)
    _wait(lambda: supervisor.children[0].restarts == 1)
    assert supervisor.children[0].process is not None
    assert supervisor.children[0].process.pid != first.pid
    supervisor.request_stop()
    watcher.join()
    supervisor.stop()
    assert any("signal SIGKILL" in line for line in said)
    assert supervisor.children[0].process is None


def test_a_child_that_is_dead_already_is_stopped_as_well(tmp_path: Path) -> None:
    child = Child(Plan("gone", ("false",)), tmp_path)
    child.start()
    assert child.process is not None
    child.process.wait()
    child.stop()
    assert child.process is None


def test_child_that_keeps_dying_is_left_alone_longer_each_time_and_said(tmp_path: Path) -> None:
    child, pauses = Child(Plan("weak", ("false",)), tmp_path), list[float]()
    child.start()
    now_s = time.monotonic()
    for _ in range(8):
        assert child.process is not None
        child.process.wait()
        said = child.tend(now_s) or ""
        pauses.append(float(said.partition("again in ")[2].partition(" s")[0]))
        assert child.tend(now_s + pauses[-1] - 0.001) is None
        now_s += pauses[-1]
        assert child.tend(now_s) == "weak started again"
    assert pauses == [0.25, 0.5, 1, 2, 4, 8, 8, 8]
    assert child.restarts == 8
    child.stop()


def test_children_stop_in_the_opposite_order(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    script = f"""
import signal, sys, time
def leave(*_):
    open({str(trace)!r}, 'a').write(sys.argv[1] + ' ')
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
open(sys.argv[2], 'w').close()
time.sleep(60)
"""
    plans = [
        Plan(
            name,
            (sys.executable, "-c", script, name, str(tmp_path / f"{name}.up")),
            ready=(tmp_path / f"{name}.up").exists,
            needs=needs,
        )
        for name, needs in (("first", ()), ("second", ("first",)))
    ]
    supervisor = Supervisor(tmp_path, lambda _line: None)
    supervisor.start(plans)
    supervisor.stop()
    assert trace.read_text().split() == ["second", "first"]


def test_child_that_cannot_start_is_named_with_its_last_words(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "raise SystemExit('no disk')")
    plan = Plan("broken", command, ready=lambda: False)
    supervisor = Supervisor(tmp_path, lambda _line: None)
    with pytest.raises(Unavailable, match=r"(?s)broken.*no disk"):
        supervisor.start([plan, Plan("never", SLEEPER, needs=("broken",))])
    assert supervisor.children[1].process is None
    supervisor.stop()


def test_killed_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    script = f"""
import os, pathlib, sys
from consentry.project.up.children import Plan
from consentry.project.up.supervisor import Supervisor
supervisor = Supervisor(pathlib.Path({str(tmp_path)!r}), lambda line: None)
supervisor.start([Plan("one", {SLEEPER!r})])
print(supervisor.children[0].process.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    child = int(done.stdout)
    _wait(lambda: not _alive(child))


def test_task_is_waited_for_done_once_and_not_started_again(tmp_path: Path) -> None:
    mark, said = tmp_path / "mark", list[str]()
    task = Plan("tables", (sys.executable, "-c", f"open({str(mark)!r}, 'a').write('x')"), is_task=True)
    after = Plan("one", SLEEPER, ready=lambda: mark.read_text() == "x", needs=("tables",))
    supervisor = Supervisor(tmp_path, said.append)
    supervisor.start([after, task])
    watcher = threading.Thread(target=supervisor.watch, daemon=True)
    watcher.start()
    time.sleep(0.5)
    supervisor.request_stop()
    watcher.join()
    supervisor.stop()
    assert mark.read_text() == "x"
    assert [line.partition(" (")[0] for line in said] == ["tables done", "one ready"]


def test_stop_while_a_task_runs_ends_it_and_starts_nothing_more(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, lambda _line: None)
    threading.Timer(0.5, supervisor.request_stop).start()
    supervisor.start([Plan("seeding", SLEEPER, is_task=True), Plan("web", SLEEPER, needs=("seeding",))])
    seeding, web = supervisor.children
    assert seeding.process is not None
    pid = seeding.process.pid
    supervisor.stop()
    assert not _alive(pid)
    assert not web.has_started


def test_signal_breaks_off_a_story_and_asks_to_stop_otherwise(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    supervisor = Supervisor(tmp_path, lambda _line: None)
    try:
        supervisor.listen_to_signals()
        with pytest.raises(KeyboardInterrupt), supervisor.interrupted_by_signals():
            signal.raise_signal(signal.SIGTERM)
        assert not supervisor.is_stopping
        signal.raise_signal(signal.SIGINT)
        assert supervisor.is_stopping
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "zombie" not in Path(f"/proc/{pid}/status").read_text()
