"""What every store promises, asked of a folder and of a real S3 server."""

import hashlib
import io
import threading
from pathlib import Path

import pytest

from consentry.evidence.stores.types import FileSaid, Lock, Store, StoredName, checked, stored_name
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Conflict, Malformed, NotFound, Refused, Untrusted
from consentry.kernel.ids import ItemId, new_id

BODY = bytes(range(256)) * 9_000  # 2.3 MB: more than two pieces


def said(body: bytes) -> FileSaid:
    return FileSaid(len(body), hashlib.sha256(body).hexdigest())


def keep(store: Store, name: StoredName, body: bytes = BODY, lock: Lock | None = None) -> None:
    store.put(name, said(body), io.BytesIO(body), *([lock] if lock else []))


def fresh(file: str = "000000.seg") -> StoredName:
    return stored_name(ItemId(new_id("item")), file)


def soon_ms(seconds: int) -> int:
    return to_ms(utc_now()) + seconds * 1_000


def test_what_was_put_is_there_whole_and_from_any_offset(store: Store) -> None:
    store.try_out()
    name, empty = fresh(), fresh("journal")
    keep(store, name)
    keep(store, empty, b"")
    assert b"".join(store.read(name)) == BODY
    assert b"".join(store.read(name, 2_000_001)) == BODY[2_000_001:]
    assert b"".join(store.read(empty)) == b""
    assert all(len(piece) <= 1_048_576 for piece in store.read(name))
    assert store.stat(name).size_bytes == len(BODY)
    assert store.stat(name).sha256 in ("", said(BODY).sha256)


def test_nothing_is_overwritten_and_the_same_again_is_the_same(store: Store) -> None:
    name = fresh()
    keep(store, name)
    before = store.stat(name)
    keep(store, name)
    assert store.stat(name) == before
    with pytest.raises(Conflict, match="another file"):
        keep(store, name, BODY[::-1])
    assert b"".join(store.read(name)) == BODY


@pytest.mark.parametrize("came", [BODY[:-1], BODY + b"x", BODY[:-1] + b"x"], ids=["short", "long", "other"])
def test_other_bytes_than_said_are_not_kept(store: Store, came: bytes) -> None:
    name = fresh()
    with pytest.raises(Untrusted, match="not the bytes"):
        store.put(name, said(BODY), io.BytesIO(came))
    with pytest.raises(NotFound):
        store.stat(name)


def test_a_locked_file_stays_until_its_time_and_a_held_one_until_the_hold_is_lifted(store: Store) -> None:
    name, held, free = fresh(), fresh(), fresh()
    until_ms = soon_ms(600)
    keep(store, name, lock=Lock(until_ms))
    keep(store, held, lock=Lock(0, held=True))
    keep(store, free)
    assert until_ms <= store.stat(name).lock.until_ms <= until_ms + 1_000
    for locked in (name, held):
        with pytest.raises(Refused, match="locked"):
            store.delete(locked)
        assert b"".join(store.read(locked)) == BODY
    store.hold(held, on=False)
    for gone in (held, free):
        store.delete(gone)
        store.delete(gone)
        with pytest.raises(NotFound):
            store.stat(gone)
        with pytest.raises(NotFound):
            next(store.read(gone))


def test_a_lock_only_grows(store: Store) -> None:
    name, long_ms = fresh(), soon_ms(1_200)
    keep(store, name, lock=Lock(soon_ms(600)))
    store.extend(name, long_ms)
    store.extend(name, soon_ms(60))
    keep(store, name, lock=Lock(soon_ms(60), held=True))
    assert store.stat(name).lock.until_ms >= long_ms
    assert store.stat(name).lock.held


def test_a_store_lists_its_items_and_their_files(store: Store) -> None:
    assert list(store.items()) == []
    items = sorted(ItemId(new_id("item")) for _ in range(3))
    for item in items:
        for file in ("about", "000000.seg", "000001.seg"):
            keep(store, stored_name(item, file), b"x")
    assert list(store.items()) == items
    assert list(store.files(items[1])) == [f"{items[1]}/{file}" for file in ("000000.seg", "000001.seg", "about")]
    assert list(store.files(ItemId(new_id("item")))) == []


@pytest.mark.parametrize(
    ("item", "file"),
    [("..", "about"), ("itm_short", "about"), (new_id("camera"), "about"), (new_id("item"), "../about"),
     (new_id("item"), ".about.part"), (new_id("item"), "a/b"), (new_id("item"), ""), (new_id("item"), "A")],
)  # fmt: skip
def test_names_cannot_leave_their_item(store: Store, item: str, file: str) -> None:
    with pytest.raises(Malformed):
        stored_name(ItemId(item), file)
    with pytest.raises(Malformed):
        store.put(StoredName(f"{item}/{file}"), said(b""), io.BytesIO(b""))
    with pytest.raises(Malformed):
        next(store.read(StoredName(f"{item}/{file}")))


def test_two_that_put_the_same_at_once_both_succeed(store: Store) -> None:
    name, problems = fresh(), []

    def put() -> None:
        try:
            keep(store, name)
        except Exception as error:  # noqa: BLE001 whatever it is, the test shows it
            problems.append(error)

    threads = [threading.Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert b"".join(store.read(name)) == BODY
    assert len(list(store.files(ItemId(name.partition("/")[0])))) == 1


def test_a_half_written_file_is_none_and_is_written_anew(folder_store: Store, tmp_path: Path) -> None:
    name = fresh()
    part = tmp_path / "vault" / name.replace("/", "/.")
    part = part.with_name(part.name + ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"torn by a crash" * 1_000)
    assert list(folder_store.files(ItemId(name.partition("/")[0]))) == []
    keep(folder_store, name)
    assert b"".join(folder_store.read(name)) == BODY
    assert not part.exists()


def test_more_bytes_than_said_are_not_read_to_their_end() -> None:
    def endless():  # type: ignore[no-untyped-def]
        while True:
            yield b"x" * 1_000

    with pytest.raises(Untrusted):
        for _ in checked(endless(), FileSaid(5_000, "0" * 64)):
            pass
