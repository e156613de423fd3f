"""The edge's own keys: one file each, 0600, made once in front of the edge, never sent."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consentry.kernel.errors import Untrusted
from consentry.kernel.owner_record import public_point


@dataclass(frozen=True, repr=False)
class EdgeKeys:
    """`identity` signs (Ed25519), `box` opens what is sealed to this edge (P-256), `at_rest` hides addresses."""

    identity: Ed25519PrivateKey
    box: ec.EllipticCurvePrivateKey
    at_rest: bytes

    def public_key(self) -> bytes:
        """32 bytes, Ed25519."""
        return self.identity.public_key().public_bytes_raw()

    def box_point(self) -> bytes:
        """65 bytes, P-256."""
        return public_point(self.box)


def load_keys(folder: Path) -> EdgeKeys:
    """The keys in `folder`, made on first use. Untrusted when others may read a key file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    identity = _read_or_make(folder / "identity.key", lambda: Ed25519PrivateKey.generate().private_bytes_raw())
    box = _read_or_make(folder / "box.key", _new_box_key)
    at_rest = _read_or_make(folder / "at-rest.key", lambda: AESGCM.generate_key(bit_length=256))
    loaded = serialization.load_der_private_key(box, None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise Untrusted("box.key is of another kind", kind="key-file")
    return EdgeKeys(Ed25519PrivateKey.from_private_bytes(identity), loaded, at_rest)


def _new_box_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    if not path.exists():
        _write_once(path, make())
    if path.stat().st_mode & 0o077:
        raise Untrusted(f"{path.name} may be read by others: chmod 600 it, or pair again", kind="key-file")
    return path.read_bytes()


def _write_once(path: Path, content: bytes) -> None:
    """open(O_EXCL, 0600) → write → fsync → rename → fsync of the folder: a crash leaves no half key."""
    draft = path.with_suffix(f".{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.link(draft, path)  # refuses to replace a key that another process made in the meantime
    draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
