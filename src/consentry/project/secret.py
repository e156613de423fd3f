"""The web processes' own secret (signs cookies and codes): a file that nobody else may read."""

import os
import secrets
from pathlib import Path

SECRET_BYTES = 48


def load_secret(named: str | None, data: Path) -> str:
    """The secret in the file `named`, or in `data/keys/secret`, which is made (0600) at the first start.

    A file that was named must be there (FileNotFoundError). Where there is no data folder yet there is nothing to
    protect either (checks, building a migration), and the secret lives for this process only.
    """
    if named:
        return Path(named).read_text().strip()
    path = data / "keys" / "secret"
    if not data.is_dir():
        return secrets.token_urlsafe(SECRET_BYTES)
    if not path.exists():
        _make(path)
    return path.read_text().strip()


def _make(path: Path) -> None:
    """Write beside and link, so that of two first starts one wins and both read the same."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_name(f"secret.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(secrets.token_urlsafe(SECRET_BYTES))
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
