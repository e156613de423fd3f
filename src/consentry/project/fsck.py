"""`consentry fsck`: does a data folder keep the invariants of docs/design/overview.md? Names what is broken."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import psycopg

from consentry.kernel.errors import NotFound
from consentry.project.django_ready import prepare_django
from consentry.project.postgres import Cluster

# Rooms with promises of their own: each offers `invariants.broken_invariants()`.
ROOMS = ("core", "ledger", "consent", "orders", "access", "evidence", "requests", "neighbors")


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `fsck`."""
    fsck = subparsers.add_parser("fsck", help="check the invariants on a data folder and name what is broken")
    fsck.add_argument("--data", type=Path, default=Path(os.environ.get("CONSENTRY_DATA", "data")))
    fsck.set_defaults(run=run_fsck)


def run_fsck(arguments: argparse.Namespace) -> int:
    """0 when all holds; else one line per broken invariant and 1."""
    data = arguments.data.resolve()
    if not (data / "keys").is_dir():
        raise NotFound(f"{data} is not a data folder")
    count = 0
    with running_database(data):
        prepare_django(data)
        for room in ROOMS:
            for broken in import_module(f"consentry.{room}.invariants").broken_invariants():
                count += 1
                sys.stdout.write(f"invariant {broken.number}: {broken.what}\n")
    sys.stdout.write(f"{count} broken\n" if count else "all invariants hold\n")
    return 1 if count else 0


@contextmanager
def running_database(data: Path) -> Iterator[None]:
    """The folder's PostgreSQL: the one that runs, else started for the time of this block."""
    cluster = Cluster(data)
    if os.environ.get("DATABASE_URL") or _answers(cluster):
        yield
        return
    cluster.start()
    try:
        yield
    finally:
        cluster.stop()


def _answers(cluster: Cluster) -> bool:
    """Does it serve now? Its lock file says nothing: a killed server leaves it behind."""
    try:
        psycopg.connect(cluster.url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True
