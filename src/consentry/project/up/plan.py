"""Which processes make the platform, what each needs first, with which environment and user."""

import os
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from consentry.gateway.settings import folder_of
from consentry.kernel.clock import wall_offset_ms
from consentry.kernel.note import Verifier
from consentry.ledger.trust import Witness, WitnessPolicy, write_policy
from consentry.project.postgres import reachable_by_others
from consentry.project.up.children import Plan
from consentry.project.up.keys import USERS, WITNESSES, give
from consentry.project.up.probes import answers_http, answers_socket, answers_unix, exists, ledger_lives

PACKAGE = Path(__file__).resolve().parents[2]

Ready = Callable[[], bool]


@dataclass(frozen=True)
class Ports:
    """Loopback ports. The witnesses take `witness` and the ones after it, further gateways `more` and after."""

    web: int
    gateway: int
    witness: int
    cameras: int
    more: int

    @classmethod
    def from_web(cls, web: int) -> "Ports":
        """The usual ports: the ones after the web's."""
        return cls(web, web + 1, web + 2, web + 2 + WITNESSES, web + 3 + WITNESSES)

    @classmethod
    def free(cls, gateways: int = 1) -> "Ports":
        """Ports that nobody uses now."""
        return cls.from_web(_free_run(2 + WITNESSES + gateways))

    def of_gateway(self, number: int) -> int:
        """The port of gateway `number`, from 1."""
        return self.gateway if number == 1 else self.more + number - 2


@dataclass(frozen=True)
class Setup:
    """One installation: its data folder, ports, database and whether it is the demo.

    `host`: what the web (and outside the demo the gateways) listen on; `gateways`: how many of them run here.
    `said_origin`, `said_gateway`: the public addresses that the operator named (of several gateways one after the
    other, apart by blanks); the demo has its own. `clock_offset_ms`: wall time minus time since boot at our start, so
    that a child started again later still knows that the clock was set.
    """

    data: Path
    ports: Ports
    database_url: str
    demo: bool
    host: str = "127.0.0.1"
    gateways: int = 1
    said_origin: str = ""
    said_gateway: str = ""
    clock_offset_ms: int = field(default_factory=wall_offset_ms)

    @property
    def origin(self) -> str:
        """The public address of the web."""
        return (not self.demo and self.said_origin) or f"http://{self._name}:{self.ports.web}"

    @property
    def gateway_origin(self) -> str:
        """The public addresses of the gateways, apart by blanks."""
        ours = (f"ws://{self._name}:{self.ports.of_gateway(number)}" for number in self.gateway_numbers)
        return (not self.demo and self.said_gateway) or " ".join(ours)

    @property
    def gateway_numbers(self) -> range:
        """The gateways of this machine."""
        return range(1, self.gateways + 1)

    @property
    def web_url(self) -> str:
        """Where the web answers on this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 compared, not bound
        return f"http://[{host}]:{self.ports.web}" if ":" in host else f"http://{host}:{self.ports.web}"

    @property
    def _name(self) -> str:
        return "localhost" if self.host in ("127.0.0.1", "::1", "0.0.0.0", "::") else self.host  # noqa: S104 compared

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
            "CONSENTRY_WEB_URL": self.web_url,
            "CONSENTRY_GATEWAY_ORIGIN": self.gateway_origin,
            "CONSENTRY_GATEWAY_HOST": self.host,
            "CONSENTRY_DEMO": "1" if self.demo else "0",
            "CONSENTRY_SUPERVISED": "1",
            "CONSENTRY_CLOCK_OFFSET_MS": str(self.clock_offset_ms),
        }


def lay_folders(setup: Setup) -> None:
    """The folders of keepers that run as other users, and the witness policy with the demo's own witnesses."""
    ours = ((folder_of(number), "gateway") for number in setup.gateway_numbers)
    for name, user in (("ledger", "sequencer"), *ours):
        folder = setup.data / name
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        if setup.apart:
            give(folder, USERS[user])
    # Marks of the last run say nothing of this one.
    (setup.data / "homes" / "ready").unlink(missing_ok=True)
    names = range(1, WITNESSES + 1)
    witnesses = tuple(
        Witness(
            Verifier.parse((setup.data / "keys" / f"witness-{number}.pub").read_text().strip()),
            f"http://127.0.0.1:{setup.ports.witness + number - 1}",
            f"this-machine-{number}",
        )
        for number in names
    )
    policy = WitnessPolicy(witnesses, quorum=len(witnesses) // 2 + 1)
    (setup.data / "keys" / "witnesses.policy").write_text(write_policy(policy))


def plan_children(setup: Setup, *, settled: str, with_dispatch: bool = True) -> list[Plan]:
    """All children, each with what it needs first.

    `settled`: what the database must be told once it is made ready (`settled.fingerprint`); "" when it is ready.
    """
    tables = [_tables(setup, settled)] if settled else []
    after = ("tables",) if settled else ()
    plans = [*tables, *_keepers(setup, after), *_platform(setup, after)]
    return [*plans, *_demo(setup, after, with_dispatch=with_dispatch)] if setup.demo else plans


def _tables(setup: Setup, settled: str) -> Plan:
    """The task that makes the database ready: tables, policy, gateway, in the demo the city."""
    words = ("demo-seed", "--cameras", str(setup.ports.cameras)) if setup.demo else ("migrate",)
    return _plan(setup, "tables", (*words, "--settled", settled), _More(database=True, is_task=True))


def _keepers(setup: Setup, after: tuple[str, ...]) -> list[Plan]:
    lives = ledger_lives(setup.database_url)
    return [
        *(_witness(setup, number) for number in range(1, WITNESSES + 1)),
        _plan(setup, "signer", ("signer",), _More("signer", answers_unix(setup.data / "run" / "signer.sock"))),
        *(_gateway(setup, number) for number in setup.gateway_numbers),
        _plan(setup, "sequencer", ("sequencer",), _More("sequencer", lives, database=True, needs=after)),
    ]


def _witness(setup: Setup, number: int) -> Plan:
    port = setup.ports.witness + number - 1
    env = {"CONSENTRY_WITNESS": str(number), "CONSENTRY_WITNESS_PORT": str(port)}
    return _plan(setup, f"witness-{number}", ("witness",), _More("witness", answers_socket(port), env))


def _gateway(setup: Setup, number: int) -> Plan:
    port = setup.ports.of_gateway(number)
    env = {"CONSENTRY_GATEWAY_NUMBER": str(number), "CONSENTRY_GATEWAY_PORT": str(port)}
    return _plan(setup, folder_of(number), ("gateway",), _More("gateway", answers_socket(port, setup.host), env))


def _platform(setup: Setup, after: tuple[str, ...]) -> list[Plan]:
    ready = answers_http(f"{setup.web_url}/api/session")
    words = ("web", "--host", setup.host, "--port", str(setup.ports.web))
    return [
        _plan(setup, "web", words, _More(ready=ready, database=True, needs=after)),
        _plan(setup, "worker", ("worker",), _More(database=True, needs=after)),
    ]


def _demo(setup: Setup, after: tuple[str, ...], *, with_dispatch: bool) -> list[Plan]:
    port, homes = setup.ports.cameras, setup.data / "homes"
    # Homes that are paired dial out by themselves; new ones pair with the web first. Their cameras play before: a home
    # that finds none looks again only seconds later.
    paired = (homes / "hung.json").exists() and not after
    serving = ("cameras", *(folder_of(number) for number in setup.gateway_numbers))
    first = serving if paired else (*serving, "web", *after)
    hung = _More(ready=exists(homes / "ready"), database=True, needs=first)
    plans = [
        _plan(setup, "cameras", ("demo-cameras", "--port", str(port)), _More(ready=answers_socket(port))),
        _plan(setup, "homes", ("demo-homes", "--cameras", str(port)), hung),
    ]
    # The demo's dispatch centre reports made-up calls by itself; the page comes first.
    last = _More(database=True, needs=("web", "worker", "sequencer", "signer", "cameras", "homes"))
    calls = _plan(setup, "dispatch", ("demo-dispatch", "--server", setup.origin), last)
    return [*plans, calls] if with_dispatch else plans


@dataclass(frozen=True)
class _More:
    """What differs between children. `user` is a key of `USERS`; `database`: may it see the database's password?"""

    user: str | None = None
    ready: Ready | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    database: bool = False
    needs: tuple[str, ...] = ()
    is_task: bool = False


def _plan(setup: Setup, name: str, words: tuple[str, ...], more: _More) -> Plan:
    database = {"DATABASE_URL": setup.database_url} if more.database else {}
    return Plan(
        name=name,
        command=(sys.executable, "-m", "consentry.project.cli", *words),
        env={**setup.environment, **database, **more.env},
        ready=more.ready,
        user=USERS[more.user] if more.user and setup.apart else None,
        needs=more.needs,
        is_task=more.is_task,
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
