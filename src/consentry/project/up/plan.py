"""Which processes make the platform, in which stages, with which environment and user."""

import os
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from consentry.kernel.note import Verifier
from consentry.ledger.trust import Witness, WitnessPolicy, write_policy
from consentry.project.postgres import reachable_by_others
from consentry.project.up.children import Plan
from consentry.project.up.keys import USERS, WITNESSES, give
from consentry.project.up.probes import answers_http, answers_socket, exists

PACKAGE = Path(__file__).resolve().parents[2]

Ready = Callable[[], bool]


@dataclass(frozen=True)
class Ports:
    """Loopback ports. The witnesses take `witness` and the ones after it."""

    web: int
    gateway: int
    witness: int
    cameras: int

    @classmethod
    def from_web(cls, web: int) -> "Ports":
        """The usual ports: the ones after the web's."""
        return cls(web, web + 1, web + 2, web + 2 + WITNESSES)

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nobody uses now."""
        return cls.from_web(_free_run(3 + WITNESSES))


@dataclass(frozen=True)
class Setup:
    """One installation: its data folder, ports, database and whether it is the demo."""

    data: Path
    ports: Ports
    database_url: str
    demo: bool

    @property
    def origin(self) -> str:
        """The public address of the web."""
        return f"http://localhost:{self.ports.web}"

    @property
    def apart(self) -> bool:
        """Do the keepers of keys run as users of their own?"""
        return os.geteuid() == 0 and all(map(reachable_by_others, (self.data, PACKAGE, Path(sys.executable))))

    @property
    def environment(self) -> dict[str, str]:
        """What every process is told. The database's password is only in the environment of those that need it."""
        return {
            "CONSENTRY_DATA": str(self.data),
            "CONSENTRY_ORIGIN": self.origin,
            "CONSENTRY_WEB_URL": f"http://127.0.0.1:{self.ports.web}",
            "CONSENTRY_GATEWAY_ORIGIN": f"ws://localhost:{self.ports.gateway}",
            "CONSENTRY_DEMO": "1" if self.demo else "0",
            "CONSENTRY_SUPERVISED": "1",
        }


def lay_folders(setup: Setup) -> None:
    """The folders of keepers that run as other users, and the witness policy with the demo's own witnesses."""
    for name, user in (("ledger", "sequencer"), ("gateway", "gateway")):
        folder = setup.data / name
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        if setup.apart:
            give(folder, USERS[user])
    names = range(1, WITNESSES + 1)
    witnesses = tuple(
        Witness(
            Verifier.parse((setup.data / "keys" / f"witness-{number}.pub").read_text().strip()),
            f"http://127.0.0.1:{setup.ports.witness + number - 1}",
        )
        for number in names
    )
    policy = WitnessPolicy(witnesses, quorum=len(witnesses) // 2 + 1)
    (setup.data / "keys" / "witnesses.policy").write_text(write_policy(policy))


def plan_stages(setup: Setup, *, with_dispatch: bool = True) -> list[list[Plan]]:
    """The stages: all of one are started together, the next when they serve."""
    stages = [_keepers(setup), _platform(setup)]
    if not setup.demo:
        return stages
    return [*stages, *_demo(setup), *([_dispatch(setup)] if with_dispatch else [])]


def _keepers(setup: Setup) -> list[Plan]:
    ledger, run = setup.data / "ledger", setup.data / "run"
    return [
        *(_witness(setup, number) for number in range(1, WITNESSES + 1)),
        _plan(
            setup, "sequencer", ("sequencer",), _More("sequencer", exists(ledger / "checkpoint.latest"), database=True)
        ),
        _plan(setup, "signer", ("signer",), _More("signer", exists(run / "signer.sock"))),
        _plan(setup, "gateway", ("gateway",), _More("gateway", answers_socket(setup.ports.gateway))),
    ]


def _witness(setup: Setup, number: int) -> Plan:
    port = setup.ports.witness + number - 1
    env = {"CONSENTRY_WITNESS": str(number), "CONSENTRY_WITNESS_PORT": str(port)}
    return _plan(setup, f"witness-{number}", ("witness",), _More("witness", answers_socket(port), env))


def _platform(setup: Setup) -> list[Plan]:
    ready = answers_http(f"http://127.0.0.1:{setup.ports.web}/api/session")
    return [
        _plan(setup, "web", ("web", "--port", str(setup.ports.web)), _More(ready=ready, database=True)),
        _plan(setup, "worker", ("worker",), _More(database=True)),
    ]


def _demo(setup: Setup) -> list[list[Plan]]:
    port = setup.ports.cameras
    homes = setup.data / "homes" / "ready"
    return [
        [_plan(setup, "cameras", ("demo-cameras", "--port", str(port)), _More(ready=answers_socket(port)))],
        [_plan(setup, "homes", ("demo-homes", "--cameras", str(port)), _More(ready=exists(homes), database=True))],
    ]


def _dispatch(setup: Setup) -> list[Plan]:
    """The demo's dispatch centre, which reports made-up calls by itself."""
    return [_plan(setup, "dispatch", ("demo-dispatch", "--server", setup.origin), _More(database=True))]


@dataclass(frozen=True)
class _More:
    """What differs between children. `user` is a key of `USERS`; `database`: may it see the database's password?"""

    user: str | None = None
    ready: Ready | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    database: bool = False


def _plan(setup: Setup, name: str, words: tuple[str, ...], more: _More) -> Plan:
    database = {"DATABASE_URL": setup.database_url} if more.database else {}
    return Plan(
        name=name,
        command=(sys.executable, "-m", "consentry.project.cli", *words),
        env={**setup.environment, **database, **more.env},
        ready=more.ready,
        user=USERS[more.user] if more.user and setup.apart else None,
    )


def _free_run(count: int) -> int:
    """The first of `count` consecutive free ports."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = int(probe.getsockname()[1])
        if all(_is_free(port) for port in range(first, first + count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
