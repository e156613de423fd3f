"""A real vault whose sealed segments lie in a store."""

import os
from pathlib import Path

import pytest
from tests.evidence.stores.items import put
from tests.evidence.vault.rig import BEGAN_MS, SIGNER, begun, read

from consentry.evidence.stores.stored_items import StoredItems
from consentry.evidence.stores.types import Lock, Store, stored_name
from consentry.evidence.vault.keys import Keys
from consentry.evidence.vault.recovery import recover
from consentry.evidence.vault.vault import Vault
from consentry.kernel.errors import Conflict, Untrusted


def test_a_vault_reads_plays_checks_and_shreds_what_lies_in_a_store(tmp_path: Path, store: Store) -> None:
    items = StoredItems.over(tmp_path / "own", tmp_path / "own-locks", store)
    vault = Vault(tmp_path / "own", Keys(tmp_path / "keys", shredded=()), SIGNER, elsewhere=items.segment)
    plain = [os.urandom(2_500_000), b"", os.urandom(70)]
    item = begun(vault, *plain).item
    vault.close(item, now_ms=BEGAN_MS + 1)
    items.hand_over(item, vault.verifiers, Lock(0, held=True))
    assert sorted(path.name for path in (tmp_path / "own" / item).iterdir()) == ["about", "journal", "manifest"]
    assert [read(vault, item, number) for number in range(3)] == plain
    assert vault.check(item) is not None
    assert recover(vault).damaged == {}
    items.lock(item, Lock())
    name = stored_name(item, "000002.seg")
    sealed = b"".join(store.read(name))
    store.delete(name)
    for check in (lambda: vault.check(item), lambda: read(vault, item, 2)):
        with pytest.raises(Untrusted, match="segment 2 of this item is missing"):
            check()
    put(store, name, sealed[:-1] + bytes([sealed[-1] ^ 1]))
    for check in (lambda: vault.check(item), lambda: read(vault, item, 2)):
        with pytest.raises(Untrusted, match=r"segment|frame"):
            check()
    vault.shred(item)
    assert items.remove_segments(item) == []
    with pytest.raises(Conflict, match="shredded"):
        read(vault, item, 0)
    assert vault.check(item) is not None
