"""What a thief of one of the vault's keys gains, and what not: the vault's rows of docs/design/keys.md."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.evidence.vault.rig import BEGAN_MS, DAY_MS, SIGNER, begun, open_vault, read

from consentry.evidence.vault.keys import Keys, month_kek
from consentry.evidence.vault.vault import Vault
from consentry.kernel.errors import Conflict, ConsentryError, NotFound, Unavailable
from consentry.kernel.ids import ItemId
from consentry.kernel.item import commit_of
from consentry.kernel.item_signed import open_manifest, sign_manifest

NEXT_MONTH_MS = BEGAN_MS + 31 * DAY_MS


def sealed_item(vault: Vault, *, now_ms: int = BEGAN_MS) -> ItemId:
    item = begun(vault, b"what the street saw").item
    vault.close(item, now_ms=now_ms)
    return item


def stolen(tmp_path: Path, *names: str) -> Vault:
    """A thief's own machine with these parts of ours, as a process there would open them."""
    to = tmp_path / "thief"
    for name in names:
        shutil.copytree(tmp_path / name, to / name)
    return open_vault(to)


def reads(vault: Vault, item: ItemId) -> bool:
    try:
        return read(vault, item, 0) == b"what the street saw"
    except (ConsentryError, FileNotFoundError):
        return False


def test_the_vaults_key_makes_manifests_but_not_those_that_the_log_knows(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    item = begun(vault, b"what the street saw").item
    sealed = vault.close(item, now_ms=BEGAN_MS)
    true = open_manifest(sealed.envelope, [SIGNER.verifier])
    for change in ({"closed_ms": BEGAN_MS + 1}, {"agency": "agy_" + "b" * 26}, {"salt": b"\1" * 32}):
        false = open_manifest(sign_manifest(replace(true.manifest, **change), SIGNER), [SIGNER.verifier])
        assert commit_of(false.manifest.salt, false.payload_sha256) != sealed.commit
        (vault.folder_of(item) / "manifest").write_bytes(sign_manifest(false.manifest, SIGNER))
        with pytest.raises(ConsentryError):  # nor does it fit the journal
            vault.check(item)


def test_the_disk_of_items_without_the_keys_shows_nothing(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    item = sealed_item(vault)
    thief = stolen(tmp_path, "vault")
    with pytest.raises(NotFound):
        thief.open_segment(item, 0)
    sealed = (vault.folder_of(item) / "000000.seg").read_bytes()
    assert b"street" not in sealed


def test_wrapped_keys_without_their_kek_open_nothing(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    item = sealed_item(vault)
    shutil.copytree(tmp_path / "vault-keys" / "items", tmp_path / "thief" / "vault-keys" / "items")
    with pytest.raises(Unavailable):
        stolen(tmp_path, "vault").open_segment(item, 0)


def test_a_months_kek_opens_that_month_and_class_alone(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    this, other = sealed_item(vault), sealed_item(vault, now_ms=NEXT_MONTH_MS)
    thief = stolen(tmp_path, "vault", "vault-keys")
    for path in (tmp_path / "thief" / "vault-keys" / "kek").iterdir():
        if path.stem != month_kek("90d", BEGAN_MS):
            path.unlink()
    assert reads(thief, this)
    assert not reads(thief, other)


def test_everything_stolen_before_shredding_opens_after_it_and_nothing_stolen_later_does(tmp_path: Path) -> None:
    """Honestly: who copied keys and segments in time has them. Who comes after the shredding has nothing."""
    vault = open_vault(tmp_path)
    item = sealed_item(vault)
    before = stolen(tmp_path, "vault", "vault-keys")
    sealed = (vault.folder_of(item) / "000000.seg").read_bytes()
    vault.shred(item)
    assert reads(before, item)
    (vault.folder_of(item) / "000000.seg").write_bytes(sealed)  # a copy of the segments in somebody's backup
    with pytest.raises(Conflict):
        Keys(tmp_path / "vault-keys", shredded=[item]).unwrap(item)
    assert not reads(open_vault(tmp_path), item)
