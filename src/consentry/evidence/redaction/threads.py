"""The worker's long work in threads of its own: a film takes minutes or hours, and must hold no place of the queue.

Another two hours of film never makes the end of a look wait. The threads die with their process, and their children and
locks with them.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from django.db import connections

from consentry.evidence import models
from consentry.evidence.redaction.work import find_due, forget_over, release_due
from consentry.kernel.clock import utc_now

logger = logging.getLogger(__name__)
Step = Callable[[datetime], int]
_running: dict[str, threading.Thread] = {}


def keep_going() -> None:
    """Start what waits and is not at work yet in this process: one thread looks for faces, one releases."""
    forget_over()
    _keep("finding", find_due)
    _keep("releasing", release_due)


def _keep(state: str, step: Step) -> None:
    known = _running.get(state)
    if (known is not None and known.is_alive()) or not models.Redaction.objects.filter(state=state).exists():
        return
    thread = threading.Thread(target=_run, args=(step,), name=f"redaction-{state}", daemon=True)
    _running[state] = thread
    thread.start()


def _run(step: Step) -> None:
    try:
        step(utc_now())
    except Exception:  # boundary: the next tick starts another; what broke off is taken up again
        logger.exception("a redaction's turn broke off")
    finally:
        connections.close_all()
