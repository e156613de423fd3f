"""The vault's own key gives way to a new one, in the form of every rotation, while an item grows (keys.md)."""

from pathlib import Path
from typing import Any

import pytest
from tests.evidence.vault.rig import BEGAN_MS, begun, new_about, tell

from consentry.evidence.api_trust import trust_text
from consentry.evidence.bag.check.roots import parse_roots
from consentry.evidence.vault_door import open_vault, vault_signer, vault_vkeys
from consentry.gateway.state import read_vault_pin
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Untrusted
from consentry.kernel.item_signed import open_acknowledgement, open_manifest
from consentry.kernel.note import Verifier
from consentry.kernel.rotation import Rotation
from consentry.project.keys.rotate import Overlap, approve_rotation, keep_rotation, prepare_rotation
from consentry.project.up.keys import make_keys

pytestmark = pytest.mark.django_db


@pytest.fixture
def data(settings: Any, tmp_path: Path) -> Path:
    make_keys(tmp_path, log_name="log.test")
    settings.DATA = tmp_path
    return tmp_path


def rotated(data: Path) -> Rotation:
    draft = prepare_rotation(data, "vault", Overlap(to_ms(utc_now()), 0, 24))
    rotation = approve_rotation(draft, data / "keys" / "recovery.key")
    keep_rotation(data, rotation)
    return rotation


def test_a_key_rotated_mid_item_signs_from_then_on_and_what_the_old_one_signed_is_believed(data: Path) -> None:
    old, vault = vault_signer().verifier, open_vault()
    about, before = new_about(), begun(vault, b"zero")
    vault.begin(about)
    first = tell(vault, about.item, 0, b"zero")
    sealed = vault.close(before.item, now_ms=BEGAN_MS)

    rotation = rotated(data)
    new = Verifier.parse(rotation.new_key)
    assert (vault_signer().verifier, new.name) == (new, old.name)
    assert vault_vkeys() == [new.vkey, old.vkey] == list(read_vault_pin(data / "keys"))
    vault = open_vault()
    assert open_acknowledgement(first, [old]).number == 0
    assert open_acknowledgement(tell(vault, about.item, 1, b"one"), [new]).number == 1
    assert open_manifest(vault.close(about.item, now_ms=BEGAN_MS).envelope, [new]).signed_by == new
    assert open_manifest(sealed.envelope, vault.verifiers).signed_by == old
    assert vault.check(before.item) is not None
    trusted = parse_roots(trust_text(vault_vkeys(), data / "none")).vault
    assert [one.vkey for one in trusted] == [new.vkey, old.vkey]


def test_a_rotation_that_the_recovery_key_did_not_sign_closes_the_vault(data: Path) -> None:
    draft = prepare_rotation(data, "vault", Overlap(to_ms(utc_now()), 0, 24))
    keep_rotation(data, draft)
    with pytest.raises(Untrusted):
        open_vault()


def test_it_rotates_again_and_again(data: Path) -> None:
    one, two = rotated(data), rotated(data)
    assert two.old_key == one.new_key
    assert vault_vkeys()[:2] == [two.new_key, one.new_key]
