"""The ticket key on disk: made once, readable by this process alone, public half beside it."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentry.kernel.canonical import from_b64, to_b64
from consentry.signer.settings import Settings


def load_key(settings: Settings) -> Ed25519PrivateKey:
    """The key, made at the first start; Malformed when the file holds something else."""
    if not settings.key_file.exists():
        settings.key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(settings.key_file, to_b64(Ed25519PrivateKey.generate().private_bytes_raw()), mode=0o600)
    key = Ed25519PrivateKey.from_private_bytes(from_b64(settings.key_file.read_text().strip(), length=32))
    public = to_b64(key.public_key().public_bytes_raw())
    if not settings.public_file.exists() or settings.public_file.read_text().strip() != public:
        settings.public_file.unlink(missing_ok=True)
        _write_new(settings.public_file, public, mode=0o644)
    return key


def _write_new(path: Path, text: str, *, mode: int) -> None:
    """Write beside, fsync, rename: a half-written key is never loaded."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
