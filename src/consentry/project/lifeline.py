"""Processes that die with the one that started them, however that one ends."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
_INIT = 1


def die_with_parent(parent: int, with_signal: int = signal.SIGKILL) -> None:
    """Ask the kernel to signal this process when the thread that started it ends; for `preexec_fn` or first thing.

    `parent`: the pid of who starts this process, read before. If it has died meanwhile the kernel has nobody to watch
    for, and this process, which has not begun anything, ends at once.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, with_signal)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def follow_supervisor() -> None:
    """In a grandchild of `consentry up` (a server's own worker): die with our parent too."""
    if os.environ.get("CONSENTRY_SUPERVISED") == "1":
        parent = os.getppid()
        die_with_parent(-1 if parent == _INIT else parent)
