"""What an edge pins at pairing: public keys from the data folder, and what higher rooms provide (policies, gateways).

Files of `DATA/keys`: `log.pub` and `witness*.pub` (a C2SP verifier key per line), `ticket*.pub` and `recovery.pub`
(base64url of a raw Ed25519 key per line). A missing log, ticket or gateway key means that no edge can be paired.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from consentry.kernel.canonical import from_b64
from consentry.kernel.errors import Unavailable

ED25519_BYTES = 32


@dataclass(frozen=True)
class GatewayAddress:
    """A gateway's id and the address where edges dial it (`ws(s)://…/edge`)."""

    id: str
    url: str


@dataclass(frozen=True)
class TrustRoots:
    """Whom edges believe. `ticket_keys`, `recovery_key`: raw Ed25519, 32 bytes (recovery may be empty)."""

    log_vkey: str
    witness_vkeys: tuple[str, ...]
    quorum: int
    ticket_keys: tuple[bytes, ...]
    recovery_key: bytes
    gateways: tuple[GatewayAddress, ...]
    ledger_url: str
    policies: tuple[str, ...]


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
    folder = Path(settings.DATA) / "keys"
    witnesses = _lines(folder, "witness*.pub")
    policies, gateways = (_providers[0].policies(), _providers[0].gateways()) if _providers else ((), ())
    logs, tickets = _lines(folder, "log.pub"), _lines(folder, "ticket*.pub")
    quorum = len(witnesses) // 2 + 1
    if not (logs and tickets and gateways and policies and witnesses):
        raise Unavailable("this server is not ready to pair: keys, policy or gateway missing", kind="no-trust-roots")
    recovery = _lines(folder, "recovery.pub")
    return TrustRoots(
        log_vkey=logs[0], witness_vkeys=witnesses, quorum=quorum,
        ticket_keys=tuple(from_b64(key, length=ED25519_BYTES) for key in tickets),
        recovery_key=from_b64(recovery[0], length=ED25519_BYTES) if recovery else b"",
        gateways=gateways, ledger_url=f"{settings.ORIGIN}/ledger/", policies=policies,
    )  # fmt: skip


def _lines(folder: Path, pattern: str) -> tuple[str, ...]:
    found = (line.strip() for file in sorted(folder.glob(pattern)) for line in file.read_text().splitlines())
    return tuple(dict.fromkeys(line for line in found if line))
