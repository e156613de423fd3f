"""The witness's own settings, from command line and environment, and its key file."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from consentry.kernel.note import COSIGNATURE_V1, Signer, Verifier


@dataclass(frozen=True)
class WitnessSettings:
    """`folder`: the witness's own (key and what it has seen). `logs`: the keys of the logs that it serves."""

    folder: Path
    signer: Signer
    logs: tuple[Verifier, ...]
    host: str
    port: int


def settings_for(folder: Path, logs: Sequence[str], *, port: int, name: str | None = None) -> WitnessSettings:
    """Read `witness.key` in `folder`, or make it when `name` is given.

    `logs` are verifier keys, or files that hold one. `port` 0 takes a free one. CONSENTRY_WITNESS_HOST: the address to
    listen on, 127.0.0.1 unless said.
    """
    key_file = folder / "witness.key"
    if not key_file.exists() and name is not None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key_file.touch(mode=0o600)
        key_file.write_text(Signer.generate(name, COSIGNATURE_V1).skey + "\n")
    return WitnessSettings(
        folder=folder,
        signer=Signer.parse(key_file.read_text()),
        logs=tuple(Verifier.parse(log if "+" in log else Path(log).read_text()) for log in logs),
        host=os.environ.get("CONSENTRY_WITNESS_HOST", "127.0.0.1"),
        port=port,
    )


def defaults_from_environment() -> tuple[Path | None, list[str], int | None]:
    """Folder, logs and port of the witness number CONSENTRY_WITNESS under CONSENTRY_DATA, as `consentry up` runs it."""
    data, number = Path(os.environ.get("CONSENTRY_DATA", "data")), os.environ.get("CONSENTRY_WITNESS")
    if number is None:
        return None, [], None
    return data / f"witness-{int(number)}", [str(data / "keys" / "log.pub")], int(os.environ["CONSENTRY_WITNESS_PORT"])
