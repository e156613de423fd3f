"""What the web told us: our edges and their cameras, the city's cameras, whom to believe. Parsed, never guessed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consentry.gateway.admission import Trust
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import Malformed, Unavailable, Untrusted
from consentry.kernel.holder import POINT_BYTES
from consentry.kernel.ids import PREFIXES, CameraId, EdgeId, GatewayId, bytes_of_id
from consentry.kernel.key_folder import KeyFolder
from consentry.kernel.note import Verifier
from consentry.kernel.owner_record import OwnerKey

MAX_EDGES = 100_000
MAX_EDGE_CAMERAS = 1_000
MAX_PUBLIC_CAMERAS = 10_000
MAX_URL_CHARS = 2_000
MAX_RP_CHARS = 253
_HEX_SHA256 = re.compile("[0-9a-f]{64}")
_Id = TypeVar("_Id", CameraId, EdgeId)


@dataclass(frozen=True)
class EdgeEntry:
    """An edge that may dial in, and the cameras it may speak for. `owner`: whose word it obeys, for own looks."""

    public_key: bytes
    cameras: frozenset[CameraId]
    owner: OwnerKey | None = None


@dataclass(frozen=True)
class PublicCamera:
    """A city camera: an address that we dial (may hold credentials), or the SHA-256 of the key that opens a push.

    `audio`: may looks hear it? `turn`: by which ONVIF address a look may turn it (may hold credentials), "" not at all.
    `low_url`: of its smaller sub-stream, if it has one; only of those that we dial.
    """

    url: str | None = field(default=None, repr=False)
    push_sha256: bytes | None = None
    audio: bool = False
    turn: str = field(default="", repr=False)
    low_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ControlState:
    """One whole state; a new one replaces the old.

    Of the city's cameras it names those that are leased to us; `epochs`: the number of each lease.
    """

    edges: Mapping[EdgeId, EdgeEntry]
    public_cameras: Mapping[CameraId, PublicCamera]
    edge_of: Mapping[CameraId, EdgeId]
    trust: Trust
    epochs: Mapping[CameraId, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Pins:
    """Keys that the web cannot change, from local files and their rotations; empty where there are none."""

    log_vkeys: tuple[str, ...] = ()
    ticket_keys: tuple[str, ...] = ()


def read_pins(folder: KeyFolder | None, now_ms: int) -> Pins:
    """The pins in `folder` (`log.pub`, `ticket.pub`) after their rotations. Untrusted when a rotation does not hold."""
    if folder is None:
        return Pins()
    try:
        logs = tuple(verifier.vkey for verifier in folder.log_verifiers(now_ms))
    except Unavailable:
        logs = ()
    try:
        return Pins(logs, folder.ticket_keys(now_ms))
    except Unavailable:
        return Pins(logs)


def read_vault_pin(folder: Path | None) -> tuple[str, ...]:
    """The vault's keys by `vault.pub` and the rotations in `folder`, if they are there: who may acknowledge."""
    if folder is None or not (folder / "vault.pub").exists():
        return ()
    return KeyFolder(folder).vault_history()


def parse_state(value: Mapping[str, object], gateway: GatewayId, pins: Pins | None = None) -> ControlState:
    """The state in a `state` event; Malformed for anything odd, Untrusted when it contradicts a pin."""
    pins = pins or Pins()
    raw_keys = _list(value.get("ticket_keys"), 16)
    log_vkeys = _list(value.get("log_vkeys", [value.get("log_vkey")]), 16)
    logs = tuple(Verifier.parse(vkey) for vkey in log_vkeys if isinstance(vkey, str))
    if not logs or len(logs) != len(log_vkeys):
        raise Malformed("a state names the log's keys")
    if pins.log_vkeys and not {verifier.vkey for verifier in logs} <= set(pins.log_vkeys):
        raise Untrusted("the web names another log than the one pinned here", kind="pin-log")
    keys = tuple(_public_key(item) for item in raw_keys)
    if pins.ticket_keys and any(to_b64(key.public_bytes_raw()) not in pins.ticket_keys for key in keys):
        raise Untrusted("the web names another ticket key than the one pinned here", kind="pin-ticket")
    edges = dict(_edge(_object(item)) for item in _list(value.get("edges"), MAX_EDGES))
    listed = [_object(item) for item in _list(value.get("public_cameras"), MAX_PUBLIC_CAMERAS)]
    public = dict(map(_public_camera, listed))
    edge_of = {camera: edge for edge, entry in edges.items() for camera in entry.cameras}
    if len(edge_of) != sum(len(entry.cameras) for entry in edges.values()) or edge_of.keys() & public.keys():
        raise Malformed("a camera has two sources")
    epochs = {CameraId(str(item["id"])): _epoch(item.get("epoch", 0)) for item in listed}
    return ControlState(edges, public, edge_of, Trust(gateway, logs, keys), epochs)


def _edge(value: dict[str, object]) -> tuple[EdgeId, EdgeEntry]:
    cameras = frozenset(_id(camera, "camera", CameraId) for camera in _list(value.get("cameras"), MAX_EDGE_CAMERAS))
    key = _public_key(value.get("public_key"))
    return _id(value.get("id"), "edge", EdgeId), EdgeEntry(key.public_bytes_raw(), cameras, _owner(value))


def _owner(value: dict[str, object]) -> OwnerKey | None:
    """The key that the edge pinned; None where the web does not say, and then nobody looks at their own from here."""
    key, rp_id = value.get("owner_key"), value.get("owner_rp_id", "")
    if key is None:
        return None
    if not isinstance(key, str) or not isinstance(rp_id, str) or len(rp_id) > MAX_RP_CHARS:
        raise Malformed("an owner has a key")
    return OwnerKey(from_b64(key, length=POINT_BYTES), rp_id)


def _public_camera(value: dict[str, object]) -> tuple[CameraId, PublicCamera]:
    url, push, audio = value.get("url"), value.get("push_sha256"), value.get("audio", False)
    if not isinstance(audio, bool):
        raise Malformed("audio is true or false")
    turn = value.get("turn", "")
    if not isinstance(turn, str) or len(turn) > MAX_URL_CHARS:
        raise Malformed("a camera is turned by an address")
    camera = _id(value.get("id"), "camera", CameraId)
    low = value.get("low_url")
    if low is not None and (not isinstance(low, str) or len(low) > MAX_URL_CHARS):
        raise Malformed("a sub-stream has an address")
    if isinstance(url, str) and len(url) <= MAX_URL_CHARS and push is None:
        return camera, PublicCamera(url=url, audio=audio, turn=turn, low_url=low)
    if isinstance(push, str) and _HEX_SHA256.fullmatch(push) and url is None:
        return camera, PublicCamera(push_sha256=bytes.fromhex(push), audio=audio)
    raise Malformed("a city camera has an address, or the hash of a key to push with")


def _epoch(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise Malformed("an epoch is a whole number")
    return value


def _list(value: object, most: int) -> list[object]:
    if not isinstance(value, list) or len(value) > most:
        raise Malformed(f"a list of at most {most}")
    return value


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Malformed("an object")
    return value


def _public_key(value: object) -> Ed25519PublicKey:
    if not isinstance(value, str):
        raise Malformed("a public key is base64url")
    return Ed25519PublicKey.from_public_bytes(from_b64(value, length=32))


def _id(value: object, kind: str, make: Callable[[str], _Id]) -> _Id:
    if not isinstance(value, str) or not value.startswith(PREFIXES[kind] + "_"):
        raise Malformed(f"not the id of a {kind}")
    try:
        bytes_of_id(value)
    except ValueError as error:
        raise Malformed(f"not the id of a {kind}") from error
    return make(value)
