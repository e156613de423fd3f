"""What pairing pins: whom this edge believes, for what. Nothing that a server says later changes it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import ConsentryError, Malformed
from consentry.kernel.holder import POINT_BYTES, load_point
from consentry.kernel.ids import EdgeId, GatewayId, bytes_of_id
from consentry.kernel.owner_record import OwnerKey

MAX_WITNESSES = 32
MAX_GATEWAYS = 16
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class GatewayAddress:
    """A gateway's id (the audience of tickets) and its WebSocket address."""

    id: GatewayId
    url: str


@dataclass(frozen=True)
class Pins:
    """`log_vkey`, `witness_vkeys`: C2SP verifier keys. `ticket_keys`, `recovery_key`: raw Ed25519, 32 bytes each.

    `witness_urls`: where to hand over what the log showed (docs/spec/ledger.md).
    `rotation`: the number of the last rotation that these keys come after (docs/spec/keys.md).
    """

    edge: EdgeId
    server: str
    owner: OwnerKey
    log_vkey: str
    witness_vkeys: tuple[str, ...]
    quorum: int
    ticket_keys: tuple[bytes, ...]
    recovery_key: bytes
    gateways: tuple[GatewayAddress, ...]
    ledger_url: str
    rotation: int = 0
    witness_urls: tuple[str, ...] = ()


def pins_record(pins: Pins) -> dict[str, Any]:
    """The JSON object of `pins`, the shape of the server's answer to pairing (plus `server`)."""
    return {
        "edge": pins.edge, "server": pins.server, "owner_key": to_b64(pins.owner.public),
        "owner_rp_id": pins.owner.rp_id, "log_vkey": pins.log_vkey, "witness_vkeys": list(pins.witness_vkeys),
        "quorum": pins.quorum, "ticket_keys": [to_b64(key) for key in pins.ticket_keys],
        "recovery_key": to_b64(pins.recovery_key), "ledger_url": pins.ledger_url,
        "gateways": [{"id": gateway.id, "url": gateway.url} for gateway in pins.gateways], "rotation": pins.rotation,
        "witness_urls": list(pins.witness_urls),
    }  # fmt: skip


def parse_pins(value: Mapping[str, Any], *, server: str) -> Pins:
    """Parse a server's answer; Malformed when a key is missing, a quorum is no quorum, or an address is not private."""
    try:
        return _parse(value, server)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Malformed(f"the server's answer to pairing is not complete: {error}") from error
    except ConsentryError as error:
        raise Malformed(f"the server's answer to pairing does not hold: {error}") from error


def require_private(url: str, schemes: tuple[str, str]) -> str:
    """`url` when it is of the encrypted scheme, or of the plain one on this very machine; ValueError otherwise."""
    plain, encrypted = schemes
    parts = urlsplit(url)
    if parts.username or parts.password or not parts.hostname:
        raise ValueError("an address holds a host and no credentials")
    if parts.scheme == encrypted or (parts.scheme == plain and parts.hostname in _LOOPBACK):
        return url
    raise ValueError(f"{parts.hostname}: only {encrypted} is used beyond this machine")


def _parse(value: Mapping[str, Any], server: str) -> Pins:
    witnesses, quorum = tuple(str(vkey) for vkey in value["witness_vkeys"]), value["quorum"]
    if not isinstance(quorum, int) or not 1 <= quorum <= len(set(witnesses)) <= MAX_WITNESSES:
        raise ValueError("the quorum of witnesses is none")
    point = from_b64(value["owner_key"], length=POINT_BYTES)
    load_point(point)
    bytes_of_id(value["edge"])
    tickets = tuple(from_b64(key, length=32) for key in value["ticket_keys"])
    gateways = tuple(_gateway(item) for item in value["gateways"])
    if not tickets or not 0 < len(gateways) <= MAX_GATEWAYS:
        raise ValueError("no ticket key or no gateway")
    recovery = from_b64(value.get("recovery_key") or "")
    if len(recovery) not in (0, 32):
        raise ValueError("a recovery key has 32 bytes")
    return Pins(
        edge=EdgeId(value["edge"]), server=server, owner=OwnerKey(point, str(value.get("owner_rp_id") or "")),
        log_vkey=str(value["log_vkey"]), witness_vkeys=witnesses, quorum=quorum, ticket_keys=tickets,
        recovery_key=recovery, gateways=gateways, ledger_url=require_private(value["ledger_url"], ("http", "https")),
        rotation=_rotation(value.get("rotation", 0)), witness_urls=_witness_urls(value.get("witness_urls", [])),
    )  # fmt: skip


def _witness_urls(value: object) -> tuple[str, ...]:
    """Where to hand over what the log showed; an address that is not private is left out, as nothing rests on it."""
    if not isinstance(value, list) or len(value) > MAX_WITNESSES:
        raise ValueError("not a list of addresses")
    found = []
    for url in value:
        with suppress(ValueError):
            found.append(require_private(str(url), ("http", "https")))
    return tuple(found)


def _rotation(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise ValueError("not the number of a rotation")
    return value


def _gateway(item: Mapping[str, Any]) -> GatewayAddress:
    bytes_of_id(item["id"])
    return GatewayAddress(GatewayId(item["id"]), require_private(item["url"], ("ws", "wss")))
