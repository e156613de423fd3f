"""From the vault to a court: sealed in a real vault, exported, checked; a changed store exports nothing."""

import hashlib
import io
from pathlib import Path

import pytest
from tests.evidence.bag_maker import AGENCY, ITEM, World, export_entry

from consentry.evidence.bag.check.fault import BagFault
from consentry.evidence.bag.check.roots import parse_roots
from consentry.evidence.bag.check.sources import ZipSource
from consentry.evidence.bag.check.verdict import verify_bag
from consentry.evidence.bag.from_vault import VaultSegments, bag_item
from consentry.evidence.bag.make import draft_bag, finish_bag, open_bag
from consentry.evidence.vault.keys import Keys
from consentry.evidence.vault.vault import Vault
from consentry.kernel.errors import Conflict
from consentry.kernel.item import About, SegmentSpan
from consentry.kernel.note import Signer


@pytest.fixture
def world(tmp_path: Path) -> World:
    """The keys; the vault's is that of its items."""
    return World(tmp_path)


def sealed_in(vault: Vault, world: World, contents: list[bytes]) -> None:
    about = About(ITEM, AGENCY, "look", {"programme": "prg_x"}, bytes(range(32)), "look", world.closed_ms - 30_000)
    vault.begin(about)
    for number, content in enumerate(contents):
        start_us = 1_000 * about.began_ms + 10_000_000 * number
        digest = hashlib.sha256(content).hexdigest()
        span = SegmentSpan(number, start_us, start_us + 10_000_000, "video/mp4", len(content), digest, {})
        vault.take_segment(ITEM, span, [content])
    vault.close(ITEM, now_ms=world.closed_ms)


def test_an_item_of_the_vault_leaves_as_a_bag_that_holds_also_after_a_new_key(world: World, tmp_path: Path) -> None:
    contents = [bytes([number]) * (1_500_000 + number) for number in range(3)]
    keys = Keys(tmp_path / "keys", shredded=())
    sealed_in(Vault(tmp_path / "vault", keys, world.vault), world, contents)
    new_key = Signer.generate("vault.example/items")
    vault = Vault(tmp_path / "vault", keys, new_key, known=(world.vault.verifier,))
    log, index = world.log_with((vault.folder_of(ITEM) / "manifest").read_bytes())
    vault.put_timestamp(ITEM, world.authority.stamp((vault.folder_of(ITEM) / "manifest").read_bytes()))
    order = world.order(known=(world.vault.verifier,))
    draft = draft_bag(tmp_path / "shelf", bag_item(vault, ITEM, world.events(index)), order, new_key)
    export = log.append(export_entry(draft.commit, order.made_ms))
    head = log.head()
    stamp = world.authority.stamp(draft.seal)
    finish_bag(tmp_path / "shelf", log.prove(index, head), log.prove(export, head), stamp)
    layout = open_bag(tmp_path / "shelf", VaultSegments(vault, ITEM))
    whole = b"".join(layout.pieces())
    both = parse_roots(world.trust + f"vault {new_key.verifier.vkey}\n")
    assert verify_bag(ZipSource(io.BytesIO(whole)), both).complete
    for start in (whole.index(contents[1]) + 1_200_000, len(whole) - 300):
        assert b"".join(layout.pieces(start)) == whole[start:]
    with pytest.raises(BagFault) as fault:
        verify_bag(ZipSource(io.BytesIO(whole)), parse_roots(world.trust))
    assert fault.value.layer == "signature"


@pytest.mark.parametrize("what", ["flipped", "cut", "swapped", "gone"])
def test_a_store_that_was_tampered_with_exports_nothing(what: str, world: World, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault", Keys(tmp_path / "keys", shredded=()), world.vault)
    sealed_in(vault, world, world.contents)
    first, second = (vault.folder_of(ITEM) / f"00000{number}.seg" for number in (0, 1))
    sealed = first.read_bytes()
    first.chmod(0o600)
    if what == "gone":
        first.unlink()
    else:
        flipped = sealed[:200] + bytes([sealed[200] ^ 1]) + sealed[201:]
        first.write_bytes({"flipped": flipped, "cut": sealed[:-1], "swapped": second.read_bytes()}[what])
    with pytest.raises(BagFault) as fault:
        draft_bag(tmp_path / "shelf", bag_item(vault, ITEM, world.events(5)), world.order(), world.vault)
    assert fault.value.layer == "store"


def test_an_item_that_is_not_sealed_does_not_leave(world: World, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault", Keys(tmp_path / "keys", shredded=()), world.vault)
    vault.begin(About(ITEM, AGENCY, "look", {}, bytes(32), "look", world.closed_ms))
    with pytest.raises(Conflict):
        bag_item(vault, ITEM, ())
