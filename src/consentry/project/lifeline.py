"""Processes that die with the one that started them, however that one ends."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def die_with_parent(with_signal: int = signal.SIGKILL) -> None:
    """Ask the kernel to signal this process when the thread that started it ends; for `preexec_fn` or first thing."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, with_signal)


def follow_supervisor() -> None:
    """In a grandchild of `consentry up` (a server's own worker): die with our parent too."""
    if os.environ.get("CONSENTRY_SUPERVISED") == "1":
        die_with_parent()
