"""`consentry web | worker | migrate`: the Django processes."""

import argparse
import os
import sys
from pathlib import Path


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands of this module."""
    web = subparsers.add_parser("web", help="serve the console, the API and the public log")
    web.add_argument("--host", default="127.0.0.1")
    web.add_argument("--port", type=int, default=8480)
    web.add_argument("--data")
    web.set_defaults(run=run_web)
    worker = subparsers.add_parser("worker", help="expiry, notices, reveals")
    worker.add_argument("--data")
    worker.set_defaults(run=run_worker)
    migrate = subparsers.add_parser("migrate", help="bring the tables up to date")
    migrate.add_argument("--data")
    migrate.add_argument("--settled", default="", help=argparse.SUPPRESS)
    migrate.set_defaults(run=run_migrate)


def run_web(arguments: argparse.Namespace) -> int:
    """Become granian: one ASGI process, which serves pages and the event stream."""
    if arguments.data:
        os.environ["CONSENTRY_DATA"] = str(Path(arguments.data).resolve())
    command = [
        str(Path(sys.executable).with_name("granian")), "--interface", "asginl", "--host", arguments.host,
        "--port", str(arguments.port), "--workers", "1", "--loop", "uvloop", "--no-ws", "--log-level", "warning",
        "--backpressure", "2048", "--workers-kill-timeout", "3", "consentry.project.asgi:application",
    ]  # fmt: skip
    os.execv(command[0], command)  # noqa: S606 a list of ours


def run_worker(_arguments: argparse.Namespace) -> int:
    """Run the queue and the ticking jobs until told to stop."""
    from django.conf import settings

    from consentry.project.store_check import need_store
    from consentry.project.worker import run

    need_store(settings.DATA)
    return run()


def run_migrate(arguments: argparse.Namespace) -> int:
    """Apply the migrations that this database lacks, publish the policy, register the gateway beside us."""
    from consentry.project.settle import note_settled, settle

    settle()
    note_settled(arguments.settled)
    return 0
