"""The gateway's own identity, made at the first start: `gateway/key` (0600) and `gateway/registration.json`."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentry.kernel.canonical import from_b64, parse_object, to_b64
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import GatewayId, bytes_of_id, new_id


@dataclass(frozen=True)
class Identity:
    """Who this gateway is: its id (the audience of tickets) and the key that signs its requests to the web."""

    gateway: GatewayId
    key: Ed25519PrivateKey = field(repr=False)


def load_identity(folder: Path) -> Identity:
    """The identity kept in `folder`, made if there is none; Malformed when the files do not fit together.

    `registration.json` is `{"gateway": id, "public_key": b64}`, readable for the supervisor that registers it.
    """
    key_file, said_file = folder / "key", folder / "registration.json"
    if not key_file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        said = {"gateway": new_id("gateway"), "public_key": to_b64(key.public_key().public_bytes_raw())}
        _write(said_file, json.dumps(said))
        _write(key_file, to_b64(key.private_bytes_raw()))
    key = Ed25519PrivateKey.from_private_bytes(from_b64(key_file.read_text().strip(), length=32))
    known = parse_object(said_file.read_bytes(), max_bytes=4_096)
    if known.get("public_key") != to_b64(key.public_key().public_bytes_raw()):
        raise Malformed("gateway/key and gateway/registration.json are of two gateways")
    gateway = str(known.get("gateway", ""))
    try:
        bytes_of_id(gateway)
    except ValueError as error:
        raise Malformed("gateway/registration.json holds no id") from error
    return Identity(GatewayId(gateway), key)


def _write(path: Path, text: str) -> None:
    """Owner only, never seen half written, durable before its name is."""
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
