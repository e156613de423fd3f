"""Where the signer finds its key and socket; the only place in this process that reads the environment."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Paths: own key (seed, 32 bytes base64url, 0600), its public half, the log's verifier key, the socket (0660)."""

    key_file: Path
    public_file: Path
    log_vkey_file: Path
    socket: Path


def settings_from(data: Path) -> Settings:
    """The files of a data folder, as docs/design/rooms.md lays it out."""
    keys = data / "keys"
    return Settings(keys / "ticket.key", keys / "ticket.pub", keys / "log.pub", data / "run" / "signer.sock")


def settings_from_environment() -> Settings:
    """`CONSENTRY_DATA`, default `./data`."""
    return settings_from(Path(os.environ.get("CONSENTRY_DATA", "data")).resolve())
