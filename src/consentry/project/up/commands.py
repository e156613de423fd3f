"""`consentry up`: start all, say where it is, watch, stop all in order."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from consentry.kernel.errors import Refused, Unavailable
from consentry.project.postgres import Cluster
from consentry.project.up.keys import make_keys
from consentry.project.up.plan import Ports, Setup, lay_folders, plan_stages
from consentry.project.up.supervisor import Supervisor

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `up`."""
    up = subparsers.add_parser("up", help="run the whole platform on this machine")
    up.add_argument("--demo", action="store_true", help="with the made-up city, its homes and its one-click log-ins")
    up.add_argument("--data", type=Path, default=Path(os.environ.get("CONSENTRY_DATA", "data")), help="data folder")
    up.add_argument("--host", default="localhost", help="address to serve on; the demo is refused on all but loopback")
    up.add_argument("--port", type=int, default=8480, help="port of the web; the others follow")
    up.add_argument("--once", action="store_true", help="play the whole story on free ports, print JSON, stop")
    up.set_defaults(run=run_up)


def run_up(arguments: argparse.Namespace) -> int:
    """Run until Ctrl-C; with `--once` until the story is told (0 only if all of it held)."""
    if arguments.demo and arguments.host not in LOOPBACK:
        raise Refused("the demo has one-click log-ins and is served on loopback only")
    began = time.monotonic()
    said_folder = any(word == "--data" or word.startswith("--data=") for word in sys.argv)
    temporary = arguments.once and not said_folder
    data = Path(tempfile.mkdtemp(prefix="consentry-")) if temporary else arguments.data.resolve()
    try:
        return _run(arguments, data, began)
    finally:
        if temporary:
            shutil.rmtree(data, ignore_errors=True)


def _run(arguments: argparse.Namespace, data: Path, began: float) -> int:
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o711)
    ports = Ports.free() if arguments.once else Ports.from_web(arguments.port)
    cluster = None if os.environ.get("DATABASE_URL") else Cluster(data)
    setup = _prepare(Setup(data, ports, "", arguments.demo), cluster)
    supervisor = Supervisor(plan_stages(setup, with_dispatch=not arguments.once), data / "logs", _say)
    supervisor.listen_to_signals()
    try:
        supervisor.start()
        if arguments.once:
            return _tell(setup)
        _welcome(setup, time.monotonic() - began)
        supervisor.watch(also=cluster)
        return 0
    finally:
        _say("stopping")
        supervisor.stop()
        if cluster is not None:
            cluster.stop()


def _tell(setup: Setup) -> int:
    os.environ.update(setup.environment, DATABASE_URL=setup.database_url)
    from consentry.project.cli import prepare_django

    prepare_django(setup.data)
    from consentry.project.story.tell import tell_story

    return tell_story(setup.data, setup.origin)


def _prepare(setup: Setup, cluster: Cluster | None) -> Setup:
    make_keys(setup.data, log_name=f"consentry.localhost/{setup.data.name}" if setup.demo else "consentry/ledger")
    if cluster is not None:
        cluster.start()
        _say(f"database ready (PostgreSQL, {cluster.isolation})")
    url = os.environ["DATABASE_URL"] if cluster is None else cluster.url
    setup = Setup(setup.data, setup.ports, url, setup.demo)
    lay_folders(setup)
    if os.geteuid() == 0 and not setup.apart:
        _say("other users cannot reach these folders, so all keys are held by one user")
    words = ("demo-seed", "--cameras", str(setup.ports.cameras)) if setup.demo else ("migrate",)
    env = {**os.environ, **setup.environment, "DATABASE_URL": url}
    done = subprocess.run([sys.executable, "-m", "consentry.project.cli", *words], env=env, check=False)
    if done.returncode != 0:
        raise Unavailable("the tables could not be prepared")
    return setup


def _welcome(setup: Setup, seconds: float) -> None:
    _say(f"Consentry is at {setup.origin}  ({seconds:.1f} s)")
    if setup.demo:
        _say("demo: enter with one click as analyst, resident, supervisor, manager or auditor; Ctrl-C stops all")


def _say(line: str) -> None:
    sys.stderr.write(f"  {line}\n")
    sys.stderr.flush()
