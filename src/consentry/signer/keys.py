"""The ticket keys on disk: the first is made once; each rotation adds one. Readable by this process alone."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import Unavailable
from consentry.kernel.key_folder import KeyFolder
from consentry.kernel.rotation import KeyRole
from consentry.signer.settings import Settings


class TicketKeys:
    """Which key signs is decided at each ticket, so that a rotation needs no restart."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = KeyFolder(settings.public_file.parent)
        self._loaded: tuple[str, Ed25519PrivateKey] | None = None

    def signing(self, now_ms: int) -> Ed25519PrivateKey:
        """The key that signs at `now_ms`; Unavailable when its file is not here or holds another key."""
        public = self.folder.ticket_signing_key(now_ms)
        if self._loaded is None or self._loaded[0] != public:
            name = self.folder.secret_file(KeyRole.TICKET, public)
            path = self._settings.key_file.with_name(name)
            key = _read(path) if path.exists() else None
            if key is None or to_b64(key.public_key().public_bytes_raw()) != public:
                raise Unavailable(f"{name} is not the key that signs now", kind="no-key")
            self._loaded = (public, key)
        return self._loaded[1]


def prepare_keys(settings: Settings) -> TicketKeys:
    """The keys of this signer; the first is made at the first start, and its public half while no rotation rests on it.

    Malformed when the key file holds something else. A first key that was destroyed after a rotation is not made again.
    """
    keys = TicketKeys(settings)
    if not settings.key_file.exists() and not settings.public_file.exists():
        settings.key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(settings.key_file, to_b64(Ed25519PrivateKey.generate().private_bytes_raw()), mode=0o600)
    if settings.key_file.exists() and not settings.public_file.exists():
        public = to_b64(_read(settings.key_file).public_key().public_bytes_raw())
        _write_new(settings.public_file, public, mode=0o644)
    return keys


def _read(path: Path) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(from_b64(path.read_text().strip(), length=32))


def _write_new(path: Path, text: str, *, mode: int) -> None:
    """Write beside, fsync, rename: a half-written key is never loaded."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
