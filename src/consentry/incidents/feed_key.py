"""HMAC keys of feeds: random, kept sealed. The table holds AES-256-GCM text; the key to it is a file beside no backup.

`DATA/keys/feeds.key` (0600, 32 bytes) is made at its first use. A copy of the database alone forges no push, and the
web's own secret opens nothing here. The feed and the number of its key are bound in, so that no row stands for another.
"""

import contextlib
import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from consentry.kernel.errors import Untrusted

KEY_BYTES = 32
NONCE_BYTES = 12
_NAME = "feeds.key"


def new_key() -> bytes:
    """32 random bytes."""
    return os.urandom(KEY_BYTES)


def seal_key(key: bytes, *, feed: str, version: int) -> bytes:
    """Nonce (12 bytes) ‖ sealed key ‖ tag (16 bytes), for this feed and version only."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _sealer(Path(settings.DATA)).encrypt(nonce, key, _bound(feed, version))


def open_key(sealed: bytes, *, feed: str, version: int) -> bytes:
    """The key, 32 bytes; Untrusted when it was sealed for another feed, version or installation."""
    nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return _sealer(Path(settings.DATA)).decrypt(nonce, text, _bound(feed, version))
    except (InvalidTag, ValueError) as error:
        raise Untrusted("this feed's key cannot be opened; give it a new one", kind="feed-key") from error


def _bound(feed: str, version: int) -> bytes:
    return f"consentry-feed-key-v1\n{feed}:{version}".encode()


@lru_cache(maxsize=4)
def _sealer(data: Path) -> AESGCM:
    path = data / "keys" / _NAME
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    if not path.exists():
        with contextlib.suppress(FileExistsError):
            _write_once(path)
    return AESGCM(path.read_bytes())


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
