"""Makes the keys that are missing, each in a file for its own process. Source: docs/design/keys.md, "Files"."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentry.gateway.keys import load_identity
from consentry.gateway.settings import folder_of
from consentry.kernel.canonical import to_b64
from consentry.kernel.note import COSIGNATURE_V1, Signer

# Users of their own, outside the ranges that distributions hand out; no account is needed.
USERS = {"signer": 64101, "sequencer": 64102, "witness": 64103, "gateway": 64104, "homes": 64105}
WITNESSES = 3


def make_keys(data: Path, *, log_name: str, gateways: int = 1) -> None:
    """Make each key that is not there yet; existing ones are never touched."""
    keys = data / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    keys.chmod(0o711)
    _make_note_key(keys / "log.key", keys / "log.pub", log_name, user=USERS["sequencer"])
    _make_ed25519(keys / "ticket.key", keys / "ticket.pub", user=USERS["signer"])
    _make_note_key(keys / "vault.key", keys / "vault.pub", f"{log_name}/vault", user=0)
    _make_ed25519(keys / "recovery.key", keys / "recovery.pub", user=0)
    for number in range(1, gateways + 1):
        gateway = data / folder_of(number)
        load_identity(gateway)
        for file in (gateway, *gateway.iterdir()):
            give(file, USERS["gateway"])
    for number in range(1, WITNESSES + 1):
        folder = data / f"witness-{number}"
        folder.mkdir(mode=0o700, exist_ok=True)
        give(folder, USERS["witness"])
        name = f"{log_name}/witness-{number}"
        _make_note_key(
            folder / "witness.key",
            keys / f"witness-{number}.pub",
            name,
            user=USERS["witness"],
            algorithm=COSIGNATURE_V1,
        )


def give(path: Path, user: int) -> None:
    """Make `user` the owner of `path`, when we are root; else it stays ours."""
    if os.geteuid() == 0:
        os.chown(path, user, user)


def _make_note_key(secret: Path, public: Path, name: str, *, user: int, algorithm: int | None = None) -> None:
    if secret.exists() or public.exists():  # gone, but known: destroyed after a rotation
        return
    signer = Signer.generate(name) if algorithm is None else Signer.generate(name, algorithm)
    _write(secret, signer.skey, user=user)
    public.write_text(signer.verifier.vkey + "\n")
    public.chmod(0o644)


def _make_ed25519(secret: Path, public: Path, *, user: int) -> None:
    if secret.exists() or public.exists():  # gone, but known: taken offline, or destroyed after a rotation
        return
    key = Ed25519PrivateKey.generate()
    _write(secret, to_b64(key.private_bytes_raw()), user=user)
    public.write_text(to_b64(key.public_key().public_bytes_raw()) + "\n")
    public.chmod(0o644)


def _write(path: Path, text: str, *, user: int) -> None:
    path.touch(mode=0o600)
    path.write_text(text + "\n")
    give(path, user)
