"""The key that signs receipts: Ed25519, in `DATA/keys/consent-receipt.key` (0600), made at its first use."""

import contextlib
import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import Malformed

CONTEXT = b"consentry-consent-receipt-v1\n"
_NAME = "consent-receipt"


def sign_receipt(receipt: bytes) -> str:
    """Detached signature (base64url of 64 bytes) over `consentry-consent-receipt-v1\\n` ‖ receipt."""
    return to_b64(_key(Path(settings.DATA)).sign(CONTEXT + receipt))


def is_receipt(receipt: bytes, signature: str) -> bool:
    """Did this installation's key sign `receipt`?"""
    try:
        _key(Path(settings.DATA)).public_key().verify(from_b64(signature), CONTEXT + receipt)
    except (InvalidSignature, Malformed):
        return False
    return True


def receipt_public_key() -> bytes:
    """The raw public key, 32 bytes; also in `DATA/keys/consent-receipt.pub` (base64url)."""
    return _key(Path(settings.DATA)).public_key().public_bytes_raw()


@lru_cache(maxsize=4)
def _key(data: Path) -> Ed25519PrivateKey:
    """Read the key, or make it; of two processes that make it at once the second reads the first's."""
    folder = data / "keys"
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    path = folder / f"{_NAME}.key"
    if not path.exists():
        with contextlib.suppress(FileExistsError):
            _write_once(path, Ed25519PrivateKey.generate())
    key = Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    (folder / f"{_NAME}.pub").write_text(to_b64(key.public_key().public_bytes_raw()) + "\n")
    return key


def _write_once(path: Path, key: Ed25519PrivateKey) -> None:
    """All bytes or no file: written aside, then linked into place, which fails when somebody was first."""
    aside = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.private_bytes_raw())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(aside, path)
    finally:
        aside.unlink()
