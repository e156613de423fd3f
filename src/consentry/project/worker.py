"""The worker process: jobs from PostgreSQL and the ticking tasks that the rooms' `tasks.py` declare."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import django.db
import psycopg
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException

from consentry.kernel.errors import Unavailable

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 8.0
STEADY_AFTER_S = 20.0

# A job that may take long has a lock, and so runs once at most; two places are always left beside all of those, for
# the jobs that end looks each second.
LEFT = 2

# What the queue, Django or the driver raise when the database is gone.
AWAY: tuple[type[Exception], ...] = (
    ConnectorException,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    django.db.OperationalError,
    django.db.InterfaceError,
)

logger = logging.getLogger(__name__)


def run() -> int:
    """Work until SIGTERM or SIGINT; a job that fails is logged and the next one runs."""
    logging.getLogger("procrastinate.periodic").setLevel(logging.ERROR)
    keep_working(_work)
    return 0


def keep_working(work: Callable[[], None], *, wait: Callable[[float], None] = time.sleep) -> None:
    """Run `work` until it ends by itself; while the database is away, wait for it with growing pauses and say so."""
    pause_s = FIRST_PAUSE_S
    while True:
        began_s = time.monotonic()
        try:
            work()
        except* AWAY as errors:
            if time.monotonic() - began_s > STEADY_AFTER_S:
                pause_s = FIRST_PAUSE_S
            logger.warning("the database is away (%s); looking again in %g s", _first_words(errors), pause_s)
        else:
            return
        wait(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def _work() -> None:
    if not isinstance(app.connector, DjangoConnector):
        raise Unavailable("the queue is not the database's")
    asyncio.run(_work_on(app.connector))


async def _work_on(connector: DjangoConnector) -> None:
    """Each place has a thread of its own: Python gives a process of two cores only six."""
    places = at_once()
    with (
        ThreadPoolExecutor(places, "job") as threads,
        app.replace_connector(connector.get_worker_connector()) as worker,
    ):
        asyncio.get_running_loop().set_default_executor(threads)
        async with worker.open_async():
            await worker.run_worker_async(concurrency=places, delete_jobs="successful", fetch_job_polling_interval=1.0)


def at_once() -> int:
    """How many jobs run at the same time: every long one, and those that must never wait for one."""
    app.perform_import_paths()  # type: ignore[no-untyped-call]  # the library leaves it untyped
    return len({task.lock for task in app.tasks.values() if task.lock}) + LEFT


def _first_words(error: BaseException) -> str:
    """The first line of the first error inside a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error.__cause__ or error).partition("\n")[0] or type(error).__name__
