"""The sequencer's own settings, from its environment, and its key file, which no other process reads."""

import os
from dataclasses import dataclass
from pathlib import Path

from consentry.kernel.errors import Unavailable
from consentry.kernel.key_folder import KeyFolder
from consentry.kernel.note import Signer
from consentry.kernel.rotation import KeyRole
from consentry.ledger.files import LATEST
from consentry.ledger.trust import NO_WITNESSES, WitnessPolicy, read_policy


@dataclass(frozen=True)
class SequencerSettings:
    """`database`: a libpq connection string. `folder`: the static files. `key_file`: the log's private key."""

    database: str
    folder: Path
    key_file: Path
    witnesses: WitnessPolicy = NO_WITNESSES


def settings_from_environment() -> SequencerSettings:
    """Read CONSENTRY_DATA, DATABASE_URL, CONSENTRY_ORIGIN; the witness policy is `<data>/keys/witnesses.policy`.

    Makes the log's key at the very first start.
    """
    data = Path(os.environ.get("CONSENTRY_DATA", "data"))
    origin = os.environ.get("CONSENTRY_ORIGIN", "http://localhost:8480").partition("://")[2].rstrip("/")
    ensure_log_key(data / "keys", data / "ledger", f"{origin}/ledger")
    return SequencerSettings(
        database=os.environ.get("DATABASE_URL", f"host={data / 'run'} dbname=consentry user=consentry"),
        folder=data / "ledger",
        key_file=data / "keys" / "log.key",
        witnesses=read_policy(data / "keys" / "witnesses.policy"),
    )


def log_signers(folder: KeyFolder, key_file: Path, now_ms: int) -> tuple[Signer, ...]:
    """The log's keys that sign now, newest first; while it rotates both sign, so that nobody need know both.

    Unavailable when the newest one's file is not beside `key_file`; the file of an old one may be gone already.
    """
    signers = []
    for verifier in folder.log_verifiers(now_ms):
        path = key_file.with_name(folder.secret_file(KeyRole.LOG, verifier.vkey))
        signer = Signer.parse(path.read_text()) if path.exists() else None
        if signer is not None and signer.verifier == verifier:
            signers.append(signer)
        elif not signers:
            raise Unavailable(f"{path.name} is not the log's key; restore it")
    return tuple(signers)


def ensure_log_key(keys: Path, folder: Path, origin: str) -> None:
    """Make `log.key` (0600) and `log.pub` for a log named `origin` unless they are there.

    Unavailable when the log exists but its key is gone: another key would make another log.
    """
    key_file = keys / "log.key"
    public = keys / "log.pub"
    if not key_file.exists():
        if public.exists():
            return  # a later key signs, and the first one may be destroyed: `log_signers` decides
        if (folder / LATEST).exists():
            raise Unavailable("the log's key is gone; restore keys/log.key")
        keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(key_file, Signer.generate(origin).skey + "\n")
    if not public.exists():
        public.write_text(Signer.parse(key_file.read_text()).verifier.vkey + "\n")


def _write_new(path: Path, text: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
