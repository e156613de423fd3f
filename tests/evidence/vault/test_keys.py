"""Keys: wrapped apart, moved by holds, destroyed on time, and never back."""

import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.evidence.vault.rig import BEGAN_MS, begun, open_vault, read

from consentry.evidence.vault.keys import Keys, hold_kek, month_kek
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, ConsentryError, Malformed, NotFound, Unavailable, Untrusted
from consentry.kernel.ids import HoldId, ItemId, new_id

JULY, AUGUST = (to_ms(datetime(2026, month, 15, tzinfo=UTC)) for month in (7, 8))
UNDER = month_kek("90d", JULY)


def new_item(keys: Keys, kek: str = UNDER) -> ItemId:
    item = ItemId(new_id("item"))
    keys.make(item, kek)
    return item


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys", shredded=())


def test_a_key_is_made_once_and_nothing_on_disk_shows_it(keys: Keys, tmp_path: Path) -> None:
    item = new_item(keys)
    key = keys.unwrap(item)
    keys.make(item, month_kek("7y", AUGUST))
    assert keys.unwrap(item) == key
    assert keys.kek_of(item) == UNDER == "90d-2026-07"
    files = [path for path in (tmp_path / "keys").rglob("*") if path.is_file()]
    assert all(key not in path.read_bytes() for path in files)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o700}


def test_a_wrapped_key_opens_for_its_item_and_kek_alone(keys: Keys, tmp_path: Path) -> None:
    one, two = new_item(keys), new_item(keys)
    items = tmp_path / "keys" / "items"
    said = (items / one).read_text()
    (items / two).write_text(said.replace(one, two))
    with pytest.raises(Untrusted):
        keys.unwrap(two)
    (items / two).write_text(said)
    with pytest.raises(Untrusted):
        keys.unwrap(two)
    (items / two).write_text(said.replace(one, two).replace(UNDER, "../../x"))
    with pytest.raises(Untrusted):
        keys.unwrap(two)
    (tmp_path / "keys" / "kek" / f"{UNDER}.key").write_bytes(os.urandom(32))
    with pytest.raises(Untrusted):
        keys.unwrap(one)
    (tmp_path / "keys" / "kek" / f"{UNDER}.key").unlink()
    with pytest.raises(Unavailable) as caught:
        keys.unwrap(one)
    assert caught.value.kind == "kek-missing"


@pytest.mark.parametrize("name", ["../x-2026-07", "hold-x", "hold-itm_" + "a" * 26, "90d", "holding-2026-07"])
def test_no_other_name_becomes_a_file(keys: Keys, name: str) -> None:
    with pytest.raises(ConsentryError):
        keys.make(ItemId(new_id("item")), name)
    with pytest.raises(Malformed):
        keys.unwrap(ItemId(f"../kek/{name}"))


def test_a_destroyed_key_is_gone_for_good(keys: Keys, tmp_path: Path) -> None:
    item = new_item(keys)
    for _ in range(2):
        keys.destroy(item)
    for again in (keys, Keys(tmp_path / "keys", shredded=())):
        assert again.is_shredded(item)
        assert not again.has(item)
        for act in (again.unwrap, again.kek_of, lambda it: again.make(it, UNDER), lambda it: again.rewrap(it, UNDER)):  # noqa: B023
            with pytest.raises(Conflict, match="shredded"):
                act(item)
    with pytest.raises(NotFound):
        keys.unwrap(ItemId(new_id("item")))


def test_a_backup_brings_no_shredded_key_back(keys: Keys, tmp_path: Path) -> None:
    item, held, kept = (new_item(keys) for _ in range(3))
    keys.rewrap(held, hold_kek(HoldId(new_id("hold"))))
    shutil.copytree(tmp_path / "keys", tmp_path / "backup")
    keys.destroy(item)
    restored = Keys(tmp_path / "backup", shredded=[item, held, ItemId(new_id("item"))])
    assert restored.came_back == (item, held)
    for gone in (item, held):  # the log says so: the hold in the backup is older
        with pytest.raises(Conflict):
            restored.unwrap(gone)
        assert not (tmp_path / "backup" / "items" / gone).exists()
    assert restored.unwrap(kept) == keys.unwrap(kept)
    assert Keys(tmp_path / "backup", shredded=[item, held]).came_back == ()


def test_a_hold_keeps_an_item_past_its_months_kek(keys: Keys, tmp_path: Path) -> None:
    held, other = new_item(keys), new_item(keys)
    key, hold = keys.unwrap(held), hold_kek(HoldId(new_id("hold")))
    keys.rewrap(held, hold)
    assert keys.items_under(hold) == (held,)
    with pytest.raises(Conflict, match="hold") as caught:
        keys.destroy(held)
    assert caught.value.kind == "held"
    assert keys.due_keks(AUGUST) == ()
    keys.destroy(other)
    assert keys.due_keks(JULY) == ()  # its month goes on
    assert keys.due_keks(AUGUST) == (UNDER,)
    with pytest.raises(Conflict):
        keys.destroy_kek(hold, now_ms=AUGUST)
    keys.destroy_kek(UNDER, now_ms=AUGUST)
    assert keys.unwrap(held) == key
    keys.rewrap(held, month_kek("90d", AUGUST))  # cleared by two people
    assert keys.due_keks(AUGUST) == (hold,)
    keys.destroy_kek(hold, now_ms=AUGUST)
    assert keys.unwrap(held) == key
    assert sorted(path.name for path in (tmp_path / "keys" / "kek").iterdir()) == ["90d-2026-08.key"]


def test_a_destroyed_kek_takes_every_copy_of_its_items_with_it(keys: Keys, tmp_path: Path) -> None:
    item = new_item(keys)
    copy = (tmp_path / "keys" / "items" / item).read_bytes()
    keys.destroy(item)
    keys.destroy_kek(UNDER, now_ms=AUGUST)
    (tmp_path / "keys" / "items" / item).write_bytes(copy)  # out of some backup of the wrapped keys
    (tmp_path / "keys" / "shredded" / item).unlink()
    with pytest.raises(Unavailable):
        keys.unwrap(item)
    new_item(keys)  # a clock that was set back makes a KEK of that month anew: another one
    with pytest.raises(Untrusted):
        keys.unwrap(item)


def test_a_hold_set_while_its_item_expires_keeps_it_whole_or_comes_too_late(tmp_path: Path) -> None:
    """Who of the two comes first is chance; never is an item held and destroyed."""
    outcomes = set()
    for _ in range(12):
        vault = open_vault(tmp_path)
        item = begun(vault, b"zero").item
        vault.close(item, now_ms=BEGAN_MS)
        together = threading.Barrier(2)

        def hold(item: ItemId = item, together: threading.Barrier = together) -> str:
            other = open_vault(tmp_path)
            together.wait()
            return outcome(lambda: other.keys.rewrap(item, hold_kek(HoldId(new_id("hold")))))

        def expire(item: ItemId = item, together: threading.Barrier = together) -> str:
            other = open_vault(tmp_path)
            together.wait()
            return outcome(lambda: other.shred(item))

        with ThreadPoolExecutor(2) as threads:
            asked = [threads.submit(hold), threads.submit(expire)]
            said = tuple(one.result() for one in asked)
        outcomes.add(said)
        if said == ("done", "held"):
            assert read(vault, item, 0) == b"zero"
        else:
            assert said == ("shredded", "done")
            assert not list(vault.folder_of(item).glob("*.seg"))
    assert outcomes <= {("done", "held"), ("shredded", "done")}


def outcome(act: Callable[[], None]) -> str:
    try:
        act()
    except Conflict as error:
        return error.kind
    return "done"


def test_two_processes_make_one_kek(tmp_path: Path) -> None:
    Keys(tmp_path / "keys", shredded=())

    def make(_: int) -> ItemId:
        return new_item(Keys(tmp_path / "keys", shredded=()))

    with ThreadPoolExecutor(4) as threads:
        items = list(threads.map(make, range(12)))
    assert len({Keys(tmp_path / "keys", shredded=()).unwrap(item) for item in items}) == 12
