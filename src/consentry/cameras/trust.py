"""What an edge pins at pairing: public keys from the data folder, and what higher rooms provide (policies, gateways).

The keys are those of `DATA/keys` after their rotations (`kernel/key_folder.py`). A missing log, ticket or gateway key
means that no edge can be paired.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from consentry.kernel.canonical import from_b64
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Unavailable
from consentry.kernel.key_folder import KeyFolder
from consentry.kernel.rotation import KeyRole, newest_keys, settled
from consentry.ledger import queries as ledger

ED25519_BYTES = 32


@dataclass(frozen=True)
class GatewayAddress:
    """A gateway's id and the address where edges dial it (`ws(s)://…/edge`)."""

    id: str
    url: str


@dataclass(frozen=True)
class TrustRoots:
    """Whom edges believe. `ticket_keys`, `recovery_key`: raw Ed25519, 32 bytes (recovery may be empty).

    `rotation`: the number of the last rotation that these keys come after. A rotation whose old key still counts is not
    among them: it reaches the edge by letter, so that the edge knows when the old key ends.
    """

    log_vkey: str
    witness_vkeys: tuple[str, ...]
    quorum: int
    ticket_keys: tuple[bytes, ...]
    recovery_key: bytes
    gateways: tuple[GatewayAddress, ...]
    ledger_url: str
    policies: tuple[str, ...]
    rotation: int
    witness_urls: tuple[str, ...]


@dataclass(frozen=True)
class Providers:
    """Wired by `project`: hashes (hex) of the policies in force, and the registered gateways."""

    policies: Callable[[], tuple[str, ...]]
    gateways: Callable[[], tuple[GatewayAddress, ...]]


_providers: list[Providers] = []


def wire_trust(providers: Providers) -> None:
    """Say where policies and gateways come from (`project` at start; tests with their own)."""
    _providers[:] = [providers]


def trust_roots() -> TrustRoots:
    """The roots of this installation now; Unavailable (`no-trust-roots`) while any that an edge needs is missing."""
    keys = ledger.key_folder()
    over = settled(keys.rotations(), to_ms(utc_now()))
    witnesses, logs, tickets = (_first(keys, role) for role in (KeyRole.WITNESS, KeyRole.LOG, KeyRole.TICKET))
    policies, gateways = (_providers[0].policies(), _providers[0].gateways()) if _providers else ((), ())
    quorum = len(witnesses) // 2 + 1
    if not (logs and tickets and gateways and policies and witnesses):
        raise Unavailable("this server is not ready to pair: keys, policy or gateway missing", kind="no-trust-roots")
    return TrustRoots(
        log_vkey=newest_keys(logs, over)[0], witness_vkeys=newest_keys(witnesses, over), quorum=quorum,
        ticket_keys=tuple(from_b64(key, length=ED25519_BYTES) for key in newest_keys(tickets, over)),
        recovery_key=keys.recovery(), gateways=gateways, ledger_url=f"{settings.ORIGIN}/ledger/", policies=policies,
        rotation=len(over), witness_urls=tuple(witness.url for witness in ledger.witness_policy().witnesses),
    )  # fmt: skip


def whip_urls() -> tuple[str, ...]:
    """Where a camera that sends may send to; the gateway that has it takes its key, the others do not know it."""
    gateways = _providers[0].gateways() if _providers else ()
    return tuple(gateway.url.replace("ws", "http", 1).removesuffix("/edge") + "/whip" for gateway in gateways)


def _first(keys: KeyFolder, role: KeyRole) -> tuple[str, ...]:
    try:
        return keys.first(role)
    except Unavailable:
        return ()
