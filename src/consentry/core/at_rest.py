"""Secrets that the database holds sealed: AES-256-GCM under a key that is a file beside no backup.

`DATA/keys/<name>.key` (0600, 32 bytes) is made at its first use. A copy of the database alone opens nothing, and nor
does the web's own secret. A context is bound in, so that no row stands for another.
"""

import contextlib
import hmac
import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from consentry.kernel.errors import Untrusted

KEY_BYTES = 32
NONCE_BYTES = 12
_TAG = b"consentry-tag-v1\n"


def seal_at_rest(name: str, plain: bytes, *, context: str) -> bytes:
    """Nonce (12 bytes) ‖ sealed `plain` ‖ tag (16 bytes), under the key `name`, for this context only."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _sealer(Path(settings.DATA) / "keys" / f"{name}.key").encrypt(nonce, plain, context.encode())


def open_at_rest(name: str, sealed: bytes, *, context: str) -> bytes:
    """What was sealed; Untrusted when it was sealed in another context or installation, or is not whole."""
    nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return _sealer(Path(settings.DATA) / "keys" / f"{name}.key").decrypt(nonce, text, context.encode())
    except (InvalidTag, ValueError) as error:
        raise Untrusted("this secret cannot be opened here", kind="at-rest") from error


def tag_at_rest(name: str, plain: bytes, *, context: str) -> bytes:
    """32 bytes that only the key `name` makes of `plain` in this context, each time the same: finds without telling."""
    key = hmac.digest(_key(Path(settings.DATA) / "keys" / f"{name}.key"), _TAG, "sha256")
    return hmac.digest(key, context.encode() + b"\0" + plain, "sha256")


def _sealer(path: Path) -> AESGCM:
    return AESGCM(_key(path))


@lru_cache(maxsize=8)
def _key(path: Path) -> bytes:
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    if not path.exists():
        with contextlib.suppress(FileExistsError):
            _write_once(path)
    return path.read_bytes()


def _write_once(path: Path) -> None:
    """All bytes or no file, durable before its name is; of two that make it at once the second reads the first's."""
    aside = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(os.urandom(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(aside, path)
    finally:
        aside.unlink()
