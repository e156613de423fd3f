"""The key by which push services know this server (VAPID, RFC 8292): P-256, `DATA/keys/push.key` (0600), made once."""

import contextlib
import os
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings


def push_key() -> ec.EllipticCurvePrivateKey:
    """The private key."""
    return _key(Path(settings.DATA))


def push_public_key() -> bytes:
    """The 65-byte point that browsers subscribe with."""
    return (
        push_key().public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    )


@lru_cache(maxsize=4)
def _key(data: Path) -> ec.EllipticCurvePrivateKey:
    """Read the key, or make it; of two processes that make it at once the second reads the first's."""
    path = data / "keys" / "push.key"
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    if not path.exists():
        with contextlib.suppress(FileExistsError):
            _write_once(path, ec.generate_private_key(ec.SECP256R1()))
    key = serialization.load_der_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("keys/push.key is no P-256 key")
    return key


def _write_once(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """All bytes or no file: written aside, then linked into place, which fails when somebody was first."""
    raw = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    aside = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(aside, path)
    finally:
        aside.unlink()
