"""The public keys of a data folder (`keys/`), as they count now: the first ones, and the rotations since.

`log.pub`, `ticket.pub`, `witness*.pub`, `recovery.pub` hold the keys of the first start and never change;
`rotations/<number>.json` hold the rotations, each as its entry in the public log. Whoever reads verifies both
signatures of each by itself, so that a file in this folder opens nothing. Readable by every process.
"""

from pathlib import Path

from consentry.kernel.canonical import from_b64
from consentry.kernel.errors import Unavailable, Untrusted
from consentry.kernel.note import Verifier
from consentry.kernel.rotation import (
    KeyRole,
    Rotation,
    check_rotation,
    keys_in_force,
    newest_keys,
    parse_rotation,
    signing_key,
)

ROTATIONS = "rotations"


class KeyFolder:
    """The folder `keys`. Rotations are read again only when their folder changed; every method may raise Unavailable
    (no key yet) or Untrusted (a rotation there does not hold: then nothing counts)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read_at: int | None = None
        self._rotations: tuple[Rotation, ...] = ()

    def rotations(self) -> tuple[Rotation, ...]:
        """All rotations, by number, each verified."""
        folder = self._folder / ROTATIONS
        try:
            changed_at = folder.stat().st_mtime_ns
        except FileNotFoundError:
            return ()
        if changed_at != self._read_at:
            files = sorted(path for path in folder.iterdir() if path.suffix == ".json")
            self._rotations = self._verified([parse_rotation(path.read_bytes()) for path in files])
            self._read_at = changed_at
        return self._rotations

    def log_verifiers(self, now_ms: int) -> tuple[Verifier, ...]:
        """The log's keys that count now, newest first."""
        return tuple(Verifier.parse(key) for key in keys_in_force(self.first(KeyRole.LOG), self.rotations(), now_ms))

    def log_history(self) -> tuple[Verifier, ...]:
        """Every key that the log ever had, oldest first."""
        later = [rotation.new_key for rotation in self.rotations() if rotation.role is KeyRole.LOG]
        return tuple(Verifier.parse(key) for key in (*self.first(KeyRole.LOG), *later))

    def ticket_keys(self, now_ms: int) -> tuple[str, ...]:
        """The ticket keys that count now, newest first, base64url."""
        return keys_in_force(self.first(KeyRole.TICKET), self.rotations(), now_ms)

    def ticket_signing_key(self, now_ms: int) -> str:
        """The ticket key that signs now, base64url."""
        return signing_key(self.first(KeyRole.TICKET)[0], self.rotations(), now_ms)

    def witness_keys(self, now_ms: int) -> tuple[str, ...]:
        """The witnesses' keys that count now."""
        return keys_in_force(self.first(KeyRole.WITNESS), self.rotations(), now_ms)

    def vault_history(self) -> tuple[str, ...]:
        """Every key that the vault ever had, newest first: the first signs, what the others signed stays true."""
        later = [rotation.new_key for rotation in self.rotations() if rotation.role is KeyRole.VAULT]
        return tuple(reversed((*self.first(KeyRole.VAULT), *later)))

    def newest(self, role: KeyRole) -> tuple[str, ...]:
        """The keys of `role` that may sign the next rotation."""
        return newest_keys(self.first(role), self.rotations())

    def first(self, role: KeyRole) -> tuple[str, ...]:
        """The keys of `role` at the first start; Unavailable when there are none."""
        pattern = "witness*.pub" if role is KeyRole.WITNESS else f"{role}.pub"
        files = sorted(self._folder.glob(pattern)) if "*" in pattern else [self._folder / pattern]
        lines = (line.strip() for file in files if file.exists() for line in file.read_text().splitlines())
        found = tuple(dict.fromkeys(line for line in lines if line))
        if not found:
            raise Unavailable(f"there is no {role} key yet", kind="no-key")
        return found

    def recovery(self) -> bytes:
        """The recovery key, 32 bytes; empty when there is none."""
        path = self._folder / "recovery.pub"
        return from_b64(path.read_text().strip(), length=32) if path.exists() else b""

    def secret_file(self, role: KeyRole, key: str) -> str:
        """Name of the file of the private half of `key`: `ticket.key`, or `ticket-<number>.key` after a rotation."""
        number = next((r.number for r in self.rotations() if r.role is role and r.new_key == key), 0)
        return f"{role}-{number}.key" if number else f"{role}.key"

    def _verified(self, rotations: list[Rotation]) -> tuple[Rotation, ...]:
        origin = Verifier.parse(self.first(KeyRole.LOG)[0]).name
        for at, rotation in enumerate(rotations):
            replaced = {earlier.old_key for earlier in rotations[:at]}
            # Processes of other users cannot list this folder, and so do not know the first keys of the witnesses;
            # a gateway elsewhere need not have the vault's.
            unseen = rotation.role is KeyRole.WITNESS or (
                rotation.role is KeyRole.VAULT and not (self._folder / "vault.pub").exists()
            )
            known = unseen or rotation.old_key in newest_keys(self.first(rotation.role), rotations[:at])
            if rotation.number != at + 1 or rotation.old_key in replaced or not known:
                raise Untrusted("the rotations in this folder are not one chain", kind="rotation-order")
            check_rotation(rotation, recovery=self.recovery(), origin=origin)
        return tuple(rotations)
