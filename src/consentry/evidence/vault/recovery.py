"""After a start: every item in order again, nothing deleted, damage left alone and told."""

import logging
from dataclasses import dataclass, field

from consentry.evidence.vault.item_folder import PART, clear_orphans, remove_sealed, sealed_files
from consentry.evidence.vault.journal import MANIFEST
from consentry.evidence.vault.types import Sealed
from consentry.evidence.vault.vault import Vault, make_key
from consentry.kernel.errors import Malformed, NotFound, Unavailable, Untrusted
from consentry.kernel.ids import ItemId

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recovered:
    """What was found and put in order.

    `sealed` were closed and have their manifest only now; `shredded` were half destroyed and are wholly now;
    `quarantined`: files that no line names, moved aside; `damaged`: in words, nothing of them was touched: call a
    person; `busy`: somebody works on them.
    """

    sealed: list[Sealed] = field(default_factory=list)
    shredded: list[ItemId] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    damaged: dict[ItemId, str] = field(default_factory=dict)
    busy: list[ItemId] = field(default_factory=list)


def recover(vault: Vault) -> Recovered:
    """Put every item in order; safe at any time and as often as one likes. Unavailable when the disk does not work."""
    report = Recovered()
    for item in vault.items():
        try:
            if not _is_in_order(vault, item):
                _recover(vault, item, report)
        except Unavailable as error:
            if error.kind != "vault-busy":
                raise
            report.busy.append(item)
        except (Untrusted, Malformed, NotFound) as error:
            _log.error("%s is damaged and was left alone: %s", item, error)
            report.damaged[item] = str(error)
    return report


def _is_in_order(vault: Vault, item: ItemId) -> bool:
    """Sealed, with its key, and nothing was being written: most items, and their journals need not be read."""
    folder = vault.folder_of(item)
    return (folder / MANIFEST).exists() and vault.keys.has(item) and not any(folder.glob(f"*{PART}"))


def _recover(vault: Vault, item: ItemId, report: Recovered) -> None:
    with vault.opened(item, wait_s=0) as journal:
        folder = journal.folder
        if not vault.keys.is_shredded(item):
            report.quarantined.extend(clear_orphans(folder, journal, parts=True))
            make_key(vault.keys, folder, journal.about)
            vault.keys.kek_of(item)
        elif any(sealed_files(folder)):
            remove_sealed(folder)
            report.shredded.append(item)
        is_to_be_sealed = journal.closed is not None and not (folder / MANIFEST).exists()
    if is_to_be_sealed:
        report.sealed.append(vault.close(item, now_ms=0))
