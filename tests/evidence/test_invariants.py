"""`fsck` on evidence: a byte that changed, a time that passed, a key that should be gone, each named."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from pytest_django.fixtures import Settings
from tests.evidence.stage import sealed_look, work

from consentry.evidence import models
from consentry.evidence.invariants import broken_invariants
from consentry.evidence.vault_door import _vault, open_vault
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import ItemId, new_id

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_vault(tmp_path: Path, settings: Settings) -> None:
    """The rows of other tests are gone, what they put into the shared vault is not."""
    settings.DATA = tmp_path


def said() -> list[str]:
    return [f"{broken.number}: {broken.what}" for broken in broken_invariants()]


def test_what_is_sealed_is_read_again_to_the_last_byte() -> None:
    _, row, _ = sealed_look()
    assert said() == []
    path = Path(settings.DATA) / "vault" / row.id / "000001.seg"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    (found,) = said()
    assert found.startswith(f"10: item {row.id} is not what was sealed: segment")
    path.write_bytes(whole)
    models.Item.objects.filter(id=row.id).update(payload_sha256="0" * 64)
    assert said() == [f"10: item {row.id} has another manifest than the one that was logged"]
    models.Item.objects.filter(id=row.id).update(payload_sha256=row.payload_sha256, start_us=1)
    assert said() == [f"1: item {row.id} begins before the grant of its look"]


def test_what_outlives_its_time_or_lost_its_entry_is_named() -> None:
    _, row, _ = sealed_look(segments=1)
    models.Item.objects.filter(id=row.id).update(keep_until=utc_now() - timedelta(days=1))
    assert said() == [f"10: item {row.id} is there after its time"]
    models.Item.objects.filter(id=row.id).update(state="shredded")
    assert said() == [
        f"10: item {row.id} was destroyed without a word in the log",
        f"10: item {row.id} is called destroyed and its key is here",
    ]


def test_a_restored_database_opens_nothing_that_the_log_calls_destroyed() -> None:
    """What a process does at its start, before it opens anything."""
    _, row, _ = sealed_look(segments=1)
    item, keys = ItemId(row.id), open_vault().keys
    wrapped = keys._folder / "items" / item
    backup = wrapped.read_bytes()
    work(utc_now() + timedelta(days=4_000))
    work()
    models.Item.objects.filter(id=item).update(state="sealed", shredded_at=None)
    wrapped.write_bytes(backup)
    (keys._folder / "shredded" / item).unlink()
    _vault.cache_clear()
    assert not open_vault().keys.has(item)
    work()
    row.refresh_from_db()
    assert row.state == "shredded"
    assert said() == []


def test_what_lies_in_the_vault_and_no_row_tells_of_is_named() -> None:
    _, row, _ = sealed_look(segments=1)
    about = replace(open_vault().about(ItemId(row.id)), item=ItemId(new_id("item")))
    open_vault().begin(about)
    assert said() == [], "its row may be on its way"
    old = replace(about, item=ItemId(new_id("item")), began_ms=about.began_ms - 3_700_000)
    open_vault().begin(old)
    assert said() == [f"10: item {old.item} lies in the vault and no row tells of it"]
    open_vault().shred(old.item)
    assert said() == []
