"""A child never outlives the process that started it, not even one that was killed while it started the child."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.faults.running import wait_until

# Between fork and the child's own word to the kernel lies a moment; here it is as long as the test wants.
STARTER = """
import os, pathlib, subprocess, sys, time
from consentry.project.lifeline import die_with_parent
parent, go = os.getpid(), pathlib.Path(sys.argv[1])
def follow():
    while not go.exists():
        time.sleep(0.01)
    die_with_parent(parent)
subprocess.Popen(["sleep", "600"], preexec_fn=follow).wait()
"""


def children_of(pid: int) -> list[int]:
    """The living children of a process."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    """Is there such a process, and is it no zombie?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("killed_first", [True, False])
def test_child_ends_with_a_parent_that_is_killed_before_or_after_it_listens(
    tmp_path: Path, *, killed_first: bool
) -> None:
    go = tmp_path / "go"
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(go)])
    wait_until(lambda: bool(children_of(starter.pid)), "the child was forked")
    (child,) = children_of(starter.pid)
    if not killed_first:
        go.touch()
        wait_until(lambda: b"sleep" in Path(f"/proc/{child}/cmdline").read_bytes(), "the child ran")
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    go.touch()
    wait_until(lambda: not is_alive(child), "the child ended", within_s=20)
