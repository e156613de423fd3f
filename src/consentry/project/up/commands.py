"""`consentry up`: start all, say where it is, watch, stop all in order."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from consentry.kernel.errors import ConsentryError, Refused
from consentry.project.django_ready import prepare_django
from consentry.project.postgres import Cluster
from consentry.project.up.clock_watch import ClockWatch
from consentry.project.up.keys import make_keys
from consentry.project.up.plan import Ports, Setup, lay_folders, plan_children
from consentry.project.up.settled import fingerprint, is_settled
from consentry.project.up.supervisor import Supervisor

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `up`."""
    up = subparsers.add_parser("up", help="run the whole platform on this machine")
    up.add_argument("--demo", action="store_true", help="with the made-up city, its homes and its one-click log-ins")
    up.add_argument("--data", type=Path, default=Path(os.environ.get("CONSENTRY_DATA", "data")), help="data folder")
    up.add_argument("--host", default="localhost", help="address to serve on; the demo is refused on all but loopback")
    up.add_argument("--port", type=int, default=8480, help="port of the web; the others follow")
    many = "media gateways on this machine, at best one per core; they share the cameras (default: 1)"
    up.add_argument("--gateways", type=int, choices=range(1, 17), metavar="N", default=_said_gateways(), help=many)
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
    supervisor = Supervisor(data / "logs", _say)
    supervisor.listen_to_signals()
    cluster = None if os.environ.get("DATABASE_URL") else Cluster(data)
    try:
        setup = _prepare(_setup(arguments, data), cluster)
        wanted = fingerprint(setup)
        plans = plan_children(
            setup, settled="" if is_settled(setup, wanted) else wanted, with_dispatch=not arguments.once
        )
        supervisor.start(plans)
        if arguments.once:
            return _tell(setup, supervisor)
        if not supervisor.is_stopping:
            _welcome(setup, time.monotonic() - began)
        supervisor.watch(also=cluster, look=ClockWatch(setup.clock_offset_ms).look)
        return 0
    except ConsentryError:
        # What was broken off because we were asked to stop is no fault.
        if not supervisor.is_stopping:
            raise
        return 130 if arguments.once else 0
    finally:
        _say("stopping")
        supervisor.stop()
        if cluster is not None:
            cluster.stop()
        _say("stopped")


def _setup(arguments: argparse.Namespace, data: Path) -> Setup:
    ports = Ports.free(arguments.gateways) if arguments.once else Ports.from_web(arguments.port)
    host = "127.0.0.1" if arguments.demo or arguments.host == "localhost" else arguments.host
    said, gateway = os.environ.get("CONSENTRY_ORIGIN", ""), os.environ.get("CONSENTRY_GATEWAY_ORIGIN", "")
    said_gateways = " ".join(address.rstrip("/") for address in gateway.split())
    return Setup(data, ports, "", arguments.demo, host, arguments.gateways, said.rstrip("/"), said_gateways)


def _said_gateways() -> int:
    said = os.environ.get("CONSENTRY_GATEWAYS", "1")
    return int(said) if said.isdecimal() and 1 <= int(said) <= 16 else 1


def _tell(setup: Setup, supervisor: Supervisor) -> int:
    """Tell the story; Ctrl-C and SIGTERM break it off (130)."""
    if supervisor.is_stopping:
        return 130
    os.environ.update(setup.environment, DATABASE_URL=setup.database_url)
    prepare_django(setup.data)
    from consentry.project.story.tell import tell_story

    with supervisor.interrupted_by_signals():
        return tell_story(setup.data, setup.origin)


def _prepare(setup: Setup, cluster: Cluster | None) -> Setup:
    if os.environ.get("CONSENTRY_STORE_URL") or os.environ.get("CONSENTRY_TSA_URL"):
        from consentry.project.store_check import need_store  # not in every start: it loads the store's library

        need_store(setup.data)
    log_name = f"consentry.localhost/{setup.data.name}" if setup.demo else "consentry/ledger"
    make_keys(setup.data, gateways=setup.gateways, log_name=log_name)
    if cluster is not None:
        cluster.start()
        _say(f"database ready (PostgreSQL, {cluster.isolation})")
    setup = replace(setup, database_url=os.environ["DATABASE_URL"] if cluster is None else cluster.url)
    lay_folders(setup)
    if os.geteuid() == 0 and not setup.apart:
        _say("other users cannot reach these folders, so all keys are held by one user")
    return setup


def _welcome(setup: Setup, seconds: float) -> None:
    _say(f"Consentry is at {setup.origin}  ({seconds:.1f} s)")
    if setup.demo:
        _say("demo: enter with one click as owner, analyst, officer, supervisor, manager or auditor; Ctrl-C stops all")
    elif (setup.data / "keys" / "recovery.key").exists():
        _say(f"take {setup.data / 'keys' / 'recovery.key'} offline now, in two persons' hands (docs/guide/keys.md)")


def _say(line: str) -> None:
    sys.stderr.write(f"  {line}\n")
    sys.stderr.flush()
