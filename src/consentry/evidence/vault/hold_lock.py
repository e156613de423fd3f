"""One at a time: an advisory lock on a folder or file, between threads and processes; the kernel lets go at death."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from consentry.kernel.errors import Unavailable
from consentry.kernel.limits import VAULT_LOCK_WAIT_S

_AGAIN_S = 0.005


@contextlib.contextmanager
def locked(path: Path, *, wait_s: float = VAULT_LOCK_WAIT_S) -> Iterator[None]:
    """Hold `path`; Unavailable `vault-busy` when somebody else does for `wait_s`. FileNotFoundError: it is not there.

    The holder does little between: no sender and no network is waited for under it.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        until = time.monotonic() + wait_s
        while not take(fd):
            if time.monotonic() >= until:
                raise Unavailable("another process works on this", kind="vault-busy")
            time.sleep(_AGAIN_S)
        yield
    finally:
        os.close(fd)


def take(fd: int) -> bool:
    """Try to hold an open file; False when another has it. Closing the descriptor lets it go."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Whether somebody holds the file now."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return not take(fd)
    finally:
        os.close(fd)
