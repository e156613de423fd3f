"""From the vault's folder to the store and back to the reader; and what a check of all files finds."""

from pathlib import Path

import pytest
from tests.evidence.stores.items import KEYS, contents, folder, lay, make_item, put

from consentry.evidence.stores.fixity import Checked, Eye, Pace, check_item
from consentry.evidence.stores.plan import read_plan
from consentry.evidence.stores.stored_items import StoredItems
from consentry.evidence.stores.types import Lock, Store, StoredName, stored_name
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Conflict, NotFound, Refused, Untrusted
from consentry.kernel.ids import ItemId, new_id
from consentry.kernel.note import Signer


@pytest.fixture
def items(tmp_path: Path, store: Store) -> StoredItems:
    """Over an own folder, with a folder elsewhere or a real S3 behind it."""
    return StoredItems(folder(tmp_path / "own"), store)


def checked(items: StoredItems, item: ItemId, **said: object) -> list[Checked]:
    return list(check_item(Eye(items, KEYS, Pace(10**12)), item, **said))  # type: ignore[arg-type]


def test_a_sealed_item_goes_to_the_store_and_is_read_from_there(items: StoredItems) -> None:
    made = lay(items.local, make_item())
    until_ms = to_ms(utc_now()) + 600_000
    items.hand_over(made.item, KEYS, Lock(until_ms))
    assert contents(items.store) == made.files
    assert all(items.store.stat(name).lock.until_ms >= until_ms for name in made.files)
    assert sorted(items.local.files(made.item)) == [made.name(file) for file in ("about", "journal", "manifest")]
    assert b"".join(items.read(made.name("000001.seg"), 10)) == made.files[made.name("000001.seg")][10:]
    items.hand_over(made.item, KEYS)
    assert {found.state for found in checked(items, made.item)} == {"ok"}
    with pytest.raises(NotFound):
        next(items.read(stored_name(made.item, "000009.seg")))


def test_where_the_store_is_the_vaults_folder_nothing_moves(tmp_path: Path) -> None:
    own = folder(tmp_path)
    items = StoredItems.over(tmp_path / "vault", tmp_path / "vault-locks", folder(tmp_path))
    assert items.is_one_place
    made = lay(own, make_item())
    items.hand_over(made.item, KEYS)
    assert contents(own) == made.files


def test_nothing_local_goes_while_the_store_has_something_else(items: StoredItems) -> None:
    made, other = lay(items.local, make_item()), make_item()
    forged = other.files[other.segments()[2]]
    put(items.store, made.segments()[2], forged)
    with pytest.raises(Conflict, match="another file"):
        items.hand_over(made.item, KEYS)
    assert contents(items.local) == made.files


def test_a_hand_over_that_broke_off_goes_on(items: StoredItems) -> None:
    made = lay(items.local, make_item())
    items.hand_over(made.item, KEYS)
    again = lay(items.local, made, "000000.seg")  # killed while the local copies went
    items.hand_over(again.item, KEYS)
    assert contents(items.store) == made.files
    assert not [name for name in items.local.files(made.item) if name.endswith(".seg")]


def test_a_timestamp_follows_when_it_comes(items: StoredItems) -> None:
    made = lay(items.local, make_item())
    items.hand_over(made.item, KEYS)
    items.local.path_of(made.name("timestamp")).write_bytes(b"a reply")
    items.put_timestamp(made.item)
    assert b"".join(items.store.read(made.name("timestamp"))) == b"a reply"


def test_segments_of_a_destroyed_item_go_once_no_lock_keeps_them(items: StoredItems) -> None:
    made = lay(items.local, make_item())
    items.hand_over(made.item, KEYS, Lock(0, held=True))
    assert items.remove_segments(made.item) == made.segments()
    items.lock(made.item, Lock())
    assert items.remove_segments(made.item) == []
    assert [found.file for found in checked(items, made.item, shredded=True)] == ["manifest", "about", "journal"]
    assert {found.state for found in checked(items, made.item)} == {"ok", "missing"}


def _replace(items: StoredItems, name: StoredName, data: bytes) -> None:
    """What a disk does by itself, or somebody with access to it."""
    items.store.delete(name)
    if data:
        put(items.store, name, data)


@pytest.mark.parametrize(("file", "state"), [("000001.seg", "changed"), ("000001.seg", "missing")])
def test_a_check_names_the_file_and_what_it_found(items: StoredItems, file: str, state: str) -> None:
    made = lay(items.local, make_item())
    items.hand_over(made.item, KEYS)
    expected = {found.file: found.expected for found in checked(items, made.item)}
    before = made.files[made.name(file)]
    _replace(items, made.name(file), before[:-1] + bytes([before[-1] ^ 1]) if state == "changed" else b"")
    wrong = [found for found in checked(items, made.item) if found.state != "ok"]
    assert [(found.file, found.state) for found in wrong] == [(file, state)]
    assert wrong[0].expected == expected[file]
    assert (wrong[0].found == "") == (state == "missing")


@pytest.mark.parametrize(
    ("file", "layer"), [("about", "journal"), ("journal", "journal"), ("manifest", "manifest")],
)  # fmt: skip
def test_a_check_names_the_layer_of_what_verifies(tmp_path: Path, file: str, layer: str) -> None:
    items = StoredItems.over(tmp_path / "vault", tmp_path / "vault-locks")
    made = lay(items.local, make_item())
    for data in (made.files[made.name(file)][:-2] + b"x\n", made.files[made.name(file)][:40]):
        _replace(items, made.name(file), data)
        assert [(found.file, found.state) for found in checked(items, made.item)] == [(layer, "broken")]
    _replace(items, made.name(file), b"")
    if file == "manifest":
        with pytest.raises(NotFound):
            checked(items, made.item)
    else:
        assert [(found.file, found.state) for found in checked(items, made.item)] == [(file, "broken")]


def test_a_manifest_by_another_key_or_of_another_item_proves_nothing(tmp_path: Path) -> None:
    own = folder(tmp_path)
    forged = lay(own, make_item(signer=Signer.generate("vault.example/key")))
    with pytest.raises(Untrusted) as refused:
        read_plan(own, forged.item, KEYS)
    assert refused.value.kind == "item-signature"
    made, other = lay(own, make_item()), make_item()
    own.path_of(made.name("manifest")).write_bytes(other.files[other.name("manifest")])
    with pytest.raises(Untrusted, match="another item"):
        read_plan(own, made.item, KEYS)
    with pytest.raises(NotFound):
        read_plan(own, ItemId(new_id("item")), KEYS)


def test_a_check_goes_on_behind_the_last_segment_and_keeps_its_pace(tmp_path: Path) -> None:
    items = StoredItems.over(tmp_path / "vault", tmp_path / "vault-locks")
    made = lay(items.local, make_item(5, 100_000))
    assert [found.file for found in checked(items, made.item, after="000002.seg")][3:] == ["000003.seg", "000004.seg"]
    now = [0.0]
    pace = Pace(100_000, clock=lambda: now[0], sleep=lambda s: now.__setitem__(0, now[0] + s))
    assert len(list(check_item(Eye(items, KEYS, pace), made.item))) == 8
    assert 4 < now[0] < 7  # 500 kB at 100 kB/s, the first second free


def test_a_held_file_is_refused_to_whoever_deletes(items: StoredItems) -> None:
    made = lay(items.local, make_item(1))
    items.hand_over(made.item, KEYS, Lock(0, held=True))
    with pytest.raises(Refused):
        items.store.delete(made.segments()[0])
