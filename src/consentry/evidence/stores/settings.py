"""Which store the operator chose: the only place of this room that reads the environment."""

import os
from dataclasses import dataclass
from pathlib import Path

from consentry.evidence.stamps.ask import Authority
from consentry.evidence.stamps.check import read_trust
from consentry.evidence.stores.stored_items import StoredItems
from consentry.evidence.stores.urls import StoreSaid, store_of
from consentry.kernel.errors import Malformed

VAULT, LOCKS, MOVES = "vault", "vault-locks", "vault-moves"
_MB = 1_000_000


@dataclass(frozen=True)
class FixitySaid:
    """How fast files are read again (bytes a second, on the average), and within how many days each of them."""

    bytes_per_s: int
    days: int


def data_folder(said: Path | None = None) -> Path:
    """The data folder: `said`, else CONSENTRY_DATA, else `data` here."""
    return said or Path(os.environ.get("CONSENTRY_DATA", "data"))


def store_said(data: Path, url: str = "") -> StoreSaid:
    """CONSENTRY_STORE_URL (or `url`), CONSENTRY_STORE_KEY_FILE, CONSENTRY_STORE_CA. The default: the vault's folder."""
    said = url or os.environ.get("CONSENTRY_STORE_URL", "") or f"files:{(data / VAULT).resolve()}"
    return StoreSaid(said, data / LOCKS, _path("CONSENTRY_STORE_KEY_FILE"), _path("CONSENTRY_STORE_CA"))


def stored_items(data: Path) -> StoredItems:
    """The sealed items of an installation; talks to nobody yet. Malformed, Unavailable: what is wrong."""
    return StoredItems.over((data / VAULT).resolve(), data / LOCKS, store_of(store_said(data)))


def authority_said() -> Authority | None:
    """CONSENTRY_TSA_URL, CONSENTRY_TSA_CERTIFICATES (a file), CONSENTRY_TSA_POLICY; None when no address is said."""
    url = os.environ.get("CONSENTRY_TSA_URL", "")
    if not url:
        return None
    certificates = _path("CONSENTRY_TSA_CERTIFICATES")
    if certificates is None:
        raise Malformed("CONSENTRY_TSA_URL needs CONSENTRY_TSA_CERTIFICATES: whom to believe", kind="stamp")
    return Authority(url, read_trust(certificates, os.environ.get("CONSENTRY_TSA_POLICY", "")))


def fixity_said() -> FixitySaid:
    """CONSENTRY_FIXITY_MB_S (20), CONSENTRY_FIXITY_DAYS (30)."""
    return FixitySaid(_natural("CONSENTRY_FIXITY_MB_S", 20) * _MB, _natural("CONSENTRY_FIXITY_DAYS", 30))


def _path(name: str) -> Path | None:
    said = os.environ.get(name, "")
    return Path(said) if said else None


def _natural(name: str, default: int) -> int:
    said = os.environ.get(name, "") or str(default)
    if not said.isdecimal() or not 0 < int(said) <= 1_000_000:
        raise Malformed(f"{name} is a whole number above zero", kind="setting")
    return int(said)
