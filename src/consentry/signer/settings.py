"""Where the signer finds its key and socket; the only place in this process that reads the environment."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Paths: the first ticket key (seed, 32 bytes base64url, 0600), its public half, the socket (0660).

    Beside them stand the log's key, the recovery key's public half and the rotations (`kernel.key_folder`).
    """

    key_file: Path
    public_file: Path
    socket: Path


def settings_from(data: Path) -> Settings:
    """The files of a data folder, as docs/design/rooms.md lays it out."""
    keys = data / "keys"
    return Settings(keys / "ticket.key", keys / "ticket.pub", data / "run" / "signer.sock")


def settings_from_environment() -> Settings:
    """`CONSENTRY_DATA`, default `./data`."""
    return settings_from(Path(os.environ.get("CONSENTRY_DATA", "data")).resolve())
