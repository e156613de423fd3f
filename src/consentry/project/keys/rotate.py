"""The three steps of a rotation: prepare (where the old key is), approve (where the recovery key is), apply (here).

Each step hands the next one a text: the rotation as it will stand in the log, with the signatures so far.
Source: docs/spec/keys.md, docs/guide/keys.md.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import Conflict, NotFound, Untrusted
from consentry.kernel.key_folder import ROTATIONS, KeyFolder
from consentry.kernel.note import COSIGNATURE_V1, ED25519, Signer, Verifier
from consentry.kernel.rotation import (
    KeyRole,
    Rotation,
    check_rotation,
    dump_rotation,
    parse_rotation,
    sign_by_old,
    sign_by_recovery,
)

HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Overlap:
    """`t_ms`: now. From `start_h` hours on the new key signs, after `end_h` the old one counts no more."""

    t_ms: int
    start_h: int
    end_h: int


def prepare_rotation(data: Path, name: str, overlap: Overlap) -> Rotation:
    """Make the new key of `name` (`log`, `ticket`, `vault`, `witness-<n>`) beside the old one, which signs it.

    Raises NotFound (no such key here), Conflict (a key of that number was prepared already).
    """
    keys = KeyFolder(data / "keys")
    number, role = len(keys.rotations()) + 1, _role_of(name)
    old_file = _old_file(data, keys, name)
    old_key, old = _read(role, old_file)
    new_key, secret = _make(role, old_key)
    start_h = overlap.start_h if role is KeyRole.TICKET else 0
    draft = Rotation(
        role=role, origin=Verifier.parse(keys.first(KeyRole.LOG)[0]).name, number=number, old_key=old_key,
        new_key=new_key, t_ms=overlap.t_ms, starts_ms=overlap.t_ms + start_h * HOUR_MS,
        ends_ms=overlap.t_ms + overlap.end_h * HOUR_MS,
    )  # fmt: skip
    rotation = parse_rotation(dump_rotation(sign_by_old(draft, old)))
    _write_secret(old_file.with_name(f"{role}-{number}.key"), secret, like=old_file)
    return rotation


def approve_rotation(rotation: Rotation, recovery: Path) -> Rotation:
    """With the signature of the recovery key in a file; needs nothing else, so it can be done on a machine offline."""
    key = Ed25519PrivateKey.from_private_bytes(from_b64(recovery.read_text().strip(), length=32))
    return sign_by_recovery(rotation, key)


def check_next(data: Path, rotation: Rotation) -> None:
    """Untrusted or Conflict unless `rotation` is the next one of this installation, complete, its key file here."""
    keys = KeyFolder(data / "keys")
    done = keys.rotations()
    if rotation in done:
        return
    if rotation.number != len(done) + 1 or rotation.old_key not in keys.newest(rotation.role):
        raise Conflict("another rotation came first; prepare this one again", kind="rotation-order")
    check_rotation(rotation, recovery=keys.recovery(), origin=Verifier.parse(keys.first(KeyRole.LOG)[0]).name)
    secret = data / "keys" / f"{rotation.role}-{rotation.number}.key"
    if rotation.role is not KeyRole.WITNESS and _read(rotation.role, secret)[0] != rotation.new_key:
        raise Untrusted(f"{secret.name} is not the new key", kind="rotation-key-file")


def keep_rotation(data: Path, rotation: Rotation) -> Path:
    """Put it where every process of this machine looks; from then on it counts here. Durable; twice does no harm."""
    folder = data / "keys" / ROTATIONS
    folder.mkdir(mode=0o755, exist_ok=True)
    path = folder / f"{rotation.number:06d}.json"
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(dump_rotation(rotation))
        file.flush()
        os.fsync(file.fileno())
    beside.chmod(0o644)
    beside.rename(path)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return path


def _role_of(name: str) -> KeyRole:
    return KeyRole.WITNESS if name.startswith("witness-") else KeyRole(name)


def _old_file(data: Path, keys: KeyFolder, name: str) -> Path:
    """The file of the newest key of `name`."""
    if name.startswith("witness-"):
        folder = data / name
        later = sorted(folder.glob("witness-*.key"), key=lambda path: int(path.stem.partition("-")[2]))
        found = later[-1] if later else folder / "witness.key"
    else:
        role = KeyRole(name)
        found = data / "keys" / keys.secret_file(role, keys.newest(role)[0])
    if not found.exists():
        raise NotFound(f"{found} is not here; run this where the old key is", kind="no-key")
    return found


def _read(role: KeyRole, path: Path) -> tuple[str, Ed25519PrivateKey]:
    """Public half as text, and the private key; NotFound when there is no such file."""
    if not path.exists():
        raise NotFound(f"{path} is not here", kind="no-key")
    text = path.read_text().strip()
    if role is KeyRole.TICKET:
        key = Ed25519PrivateKey.from_private_bytes(from_b64(text, length=32))
        return to_b64(key.public_key().public_bytes_raw()), key
    signer = Signer.parse(text)
    return signer.verifier.vkey, signer.private


def _make(role: KeyRole, old_key: str) -> tuple[str, str]:
    """A new key like the old one: its public half as text, and what its file holds."""
    if role is KeyRole.TICKET:
        key = Ed25519PrivateKey.generate()
        return to_b64(key.public_key().public_bytes_raw()), to_b64(key.private_bytes_raw())
    algorithm = COSIGNATURE_V1 if role is KeyRole.WITNESS else ED25519
    signer = Signer.generate(Verifier.parse(old_key).name, algorithm)
    return signer.verifier.vkey, signer.skey


def _write_secret(path: Path, text: str, *, like: Path) -> None:
    """A new file, 0600, owned by whoever owns the old key; a draft that was never applied is replaced."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    owner = like.stat()
    if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(path, owner.st_uid, owner.st_gid)
