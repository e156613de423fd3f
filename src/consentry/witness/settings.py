"""The witness's own settings, from command line and environment, and its key files."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from consentry.kernel.errors import Malformed, Unavailable
from consentry.kernel.key_folder import KeyFolder
from consentry.kernel.note import COSIGNATURE_V1, Signer, Verifier

KEY_FILE = "witness.key"


@dataclass(frozen=True)
class WitnessSettings:
    """`folder`: the witness's own (keys and what it has seen). `logs`: the keys of the logs that it serves.

    `key_folders`: folders of logs on this machine, whose rotations it follows by itself.
    """

    folder: Path
    logs: tuple[Verifier, ...]
    host: str
    port: int
    key_folders: tuple[KeyFolder, ...] = ()

    def signers(self) -> tuple[Signer, ...]:
        """Its own keys as they lie in `folder` now: `witness.key`, then a `witness-<number>.key` of each rotation.

        Read for each cosignature, so that a rotation needs no restart; it cosigns with all of them. Malformed when one
        is damaged, Unavailable when there is none.
        """
        files = (self.folder / KEY_FILE, *sorted(self.folder.glob("witness-*.key")))
        found = tuple(_read_key(file) for file in files if file.exists())
        if not found:
            raise Unavailable(f"no key in {self.folder}", kind="no-key")
        return found

    def logs_at(self, now_ms: int) -> tuple[Verifier, ...]:
        """The keys that count now."""
        return (*self.logs, *(key for folder in self.key_folders for key in folder.log_verifiers(now_ms)))


def settings_for(folder: Path, logs: Sequence[str], *, port: int, name: str | None = None) -> WitnessSettings:
    """Find `witness.key` in `folder`, or make it when `name` is given; Unavailable without a key.

    `logs` are verifier keys, or files that hold one; beside a file `log.pub` the log's rotations are followed. `port` 0
    takes a free one. CONSENTRY_WITNESS_HOST: the address to listen on, 127.0.0.1 unless said.
    """
    key_file, plain, files = folder / KEY_FILE, [log for log in logs if "+" in log], []
    if not key_file.exists() and name is not None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key_file.touch(mode=0o600)
        key_file.write_text(Signer.generate(name, COSIGNATURE_V1).skey + "\n")
    for file in (Path(log) for log in logs if "+" not in log):
        if file.name == "log.pub":
            files.append(KeyFolder(file.parent))
        else:
            plain.append(file.read_text())
    made = WitnessSettings(
        folder=folder,
        logs=tuple(Verifier.parse(log) for log in plain),
        key_folders=tuple(files),
        host=os.environ.get("CONSENTRY_WITNESS_HOST", "127.0.0.1"),
        port=port,
    )
    made.signers()
    return made


def _read_key(file: Path) -> Signer:
    try:
        return Signer.parse(file.read_text())
    except (Malformed, UnicodeDecodeError) as error:  # which file, and never what it holds
        raise Malformed(f"{file.name} is no key") from error


def defaults_from_environment() -> tuple[Path | None, list[str], int | None]:
    """Folder, logs and port of the witness number CONSENTRY_WITNESS under CONSENTRY_DATA, as `consentry up` runs it."""
    data, number = Path(os.environ.get("CONSENTRY_DATA", "data")), os.environ.get("CONSENTRY_WITNESS")
    if number is None:
        return None, [], None
    return data / f"witness-{int(number)}", [str(data / "keys" / "log.pub")], int(os.environ["CONSENTRY_WITNESS_PORT"])
