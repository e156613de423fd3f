"""The vault of this installation: where its folders and keys are. All else of it is pure (`evidence/vault/`)."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from consentry.evidence import models
from consentry.evidence.stores.settings import stored_items
from consentry.evidence.stores.stored_items import StoredItems
from consentry.evidence.vault.keys import Keys
from consentry.evidence.vault.vault import Vault
from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import Unavailable
from consentry.kernel.ids import ItemId
from consentry.kernel.key_folder import KeyFolder
from consentry.kernel.limits import MAX_ENTRY_BYTES
from consentry.kernel.note import Signer, Verifier
from consentry.kernel.rotation import KeyRole
from consentry.ledger import queries as ledger

PUBLIC = "vault.pub"


def open_vault() -> Vault:
    """The vault; Unavailable before its key was made (`consentry up` and `consentry migrate` make it).

    After a rotation of its key the next call gives one that signs with the new key and believes the old one's work.
    """
    return _vault(Path(settings.DATA), _history(Path(settings.DATA)))


def open_items() -> StoredItems:
    """The sealed items of this installation, in the vault's folder and the store behind it; talks to nobody yet."""
    return _items(Path(settings.DATA))


def vault_signer() -> Signer:
    """The vault's own key; Unavailable before it was made."""
    data = Path(settings.DATA)
    return _signer(data, _history(data)[0])


def vault_vkeys() -> list[str]:
    """Who signs for the vault and who did before, newest first, as verifier texts; empty before its key was made."""
    folder = Path(settings.DATA) / "keys"
    return list(_key_folder(folder).vault_history()) if (folder / PUBLIC).exists() else []


@lru_cache(maxsize=4)
def _items(data: Path) -> StoredItems:
    return stored_items(data)


@lru_cache(maxsize=4)
def _vault(data: Path, history: tuple[str, ...]) -> Vault:
    signer, known = _signer(data, history[0]), [Verifier.parse(key) for key in history[1:]]
    shredded = shredded_by_ledger()
    keys = Keys(data / "vault-keys", shredded=shredded)
    # Rows of a restored database follow; the worker finishes what is left of them.
    lost = models.Item.objects.filter(id__in=shredded).exclude(state__in=("shredding", "shredded"))
    lost.update(state="shredding")
    return Vault(
        data / "vault", keys, signer, known=known, elsewhere=lambda item, file: open_items().segment(item, file)
    )


def shredded_by_ledger() -> list[ItemId]:
    """Every item that the log says was destroyed, whatever a restored database believes."""
    commits: list[str] = []
    before: int | None = None
    while entries := ledger.entries_of("item.shred", before=before, limit=1_000):
        commits += [str(parse_object(entry, max_bytes=MAX_ENTRY_BYTES).get("commit")) for _, entry in entries]
        before = entries[-1][0]
    return [ItemId(item) for item in models.Item.objects.filter(commit__in=commits).values_list("id", flat=True)]


def _history(data: Path) -> tuple[str, ...]:
    if not (data / "keys" / PUBLIC).exists():
        raise Unavailable("the vault has no key yet", kind="vault-key")
    return _key_folder(data / "keys").vault_history()


@lru_cache(maxsize=4)
def _key_folder(folder: Path) -> KeyFolder:
    return KeyFolder(folder)


def _signer(data: Path, key: str) -> Signer:
    secret = data / "keys" / _key_folder(data / "keys").secret_file(KeyRole.VAULT, key)
    if not secret.exists():
        raise Unavailable("the vault has no key yet", kind="vault-key")
    return Signer.parse(secret.read_text().strip())
