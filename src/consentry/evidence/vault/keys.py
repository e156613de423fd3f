"""Item keys, wrapped by key-encryption keys (KEKs) that lie apart from the database and its backups.

`kek/<class>-<YYYY-MM>.key` and `kek/hold-<hold>.key` are 32 random bytes each; `items/<item>` is an item's key, wrapped
by AES-256-GCM under one of them; `shredded/<item>` says that it was destroyed and must not come back. What is half
destroyed has the suffix `.dying` and is finished at the next start. Every change is made under one lock.
"""

import contextlib
import logging
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consentry.evidence.vault import disk
from consentry.evidence.vault.hold_lock import locked
from consentry.kernel.canonical import canonical_json, from_b64, parse_object, to_b64
from consentry.kernel.clock import from_ms
from consentry.kernel.errors import Conflict, Malformed, NotFound, Unavailable, Untrusted
from consentry.kernel.ids import HoldId, ItemId, bytes_of_id
from consentry.kernel.item import check_item_id

_log = logging.getLogger(__name__)
KEY_BYTES: Final = 32
_NONCE_BYTES = 12
_MAX_WRAPPED_BYTES = 1_024
_KEK, _ITEMS, _SHREDDED, _DYING = "kek", "items", "shredded", ".dying"
_HOLD = "hold-"
_KEK_NAME = re.compile(r"hold-hld_[a-z2-7]{26}|(?!hold)[a-z0-9][a-z0-9-]{0,39}-(\d{4}-\d{2})")


def month_kek(retention_class: str, at_ms: int) -> str:
    """The name of the KEK of a retention class and the UTC month of `at_ms`."""
    return _kek_name(f"{retention_class}-{from_ms(at_ms):%Y-%m}")


def hold_kek(hold: HoldId) -> str:
    """The name of a hold's own KEK; Malformed when `hold` is no hold's id."""
    return _kek_name(f"{_HOLD}{hold}")


def is_hold(kek: str) -> bool:
    """Whether a KEK is a hold's."""
    return kek.startswith(_HOLD)


class Keys:
    """The folder of keys. Item keys are never kept in memory here, so that a shredded one is gone at once.

    Every method may raise Unavailable (`vault-disk`, `vault-full`, `vault-busy`).
    """

    def __init__(self, folder: Path, *, shredded: Iterable[ItemId]) -> None:
        """`shredded`: every item that the ledger says was shredded, so that no backup brings one back.

        `came_back` are those whose key was here again.
        """
        self._folder = folder
        with disk.told_plainly():
            for name in (_KEK, _ITEMS, _SHREDDED):
                disk.make_folder(folder / name)
            with locked(folder):
                for part in (_KEK, _ITEMS):
                    for path in sorted((folder / part).glob(f"*{_DYING}")):
                        disk.wipe(path)
        self.came_back = self.replay_shreds(shredded)

    def replay_shreds(self, items: Iterable[ItemId]) -> tuple[ItemId, ...]:
        """Destroy the keys of `items` if they are here, held or not; returns those that were."""
        came_back = []
        with self._changing():
            gone = {path.name for path in (self._folder / _SHREDDED).iterdir()}
            for item in items:
                check_item_id(item)
                if self._wrapped(item).exists():
                    came_back.append(item)
                    _log.error("the key of %s was shredded and came back: destroyed again", item)
                elif item in gone:
                    continue
                self._destroy(item)
        return tuple(came_back)

    def make(self, item: ItemId, kek: str) -> None:
        """A key for `item` under `kek`, made when it has none; Conflict `shredded` when it had one."""
        with self._changing():
            self.need_alive(item)
            if self._wrapped(item).exists():
                disk.sync_folder(self._folder / _ITEMS)  # it may have been made by somebody who died before this
            else:
                self._wrap(item, os.urandom(KEY_BYTES), kek)

    def has(self, item: ItemId) -> bool:
        """Whether the item's key is here and may be used."""
        return self._wrapped(item).exists() and not self.is_shredded(item)

    def is_shredded(self, item: ItemId) -> bool:
        """Whether the item's key was destroyed."""
        check_item_id(item)
        return (self._folder / _SHREDDED / item).exists()

    def need_alive(self, item: ItemId) -> None:
        """Conflict `shredded` when the item's key was destroyed."""
        if self.is_shredded(item):
            raise Conflict("this item was shredded: its key is destroyed", kind="shredded")

    def unwrap(self, item: ItemId, *, to_seal: bool = False) -> bytes:
        """The item's key, 32 bytes, never to be stored or logged; that it was taken is logged, unless it is `to_seal`.

        Raises:
            Conflict `shredded`: it was destroyed. NotFound: there never was one.
            Unavailable `kek-missing`: its KEK is not here. Untrusted `wrapped-key`: the file was changed.
        """
        with disk.told_plainly():
            self.need_alive(item)
            kek, key = self._unwrap(item)
        _log.log(logging.DEBUG if to_seal else logging.INFO, "the key of %s was unwrapped under %s", item, kek)
        return key

    def kek_of(self, item: ItemId) -> str:
        """The name of the KEK that the item's key is wrapped under; Conflict or NotFound as `unwrap`."""
        with disk.told_plainly():
            self.need_alive(item)
            return self._read(item)[0]

    def rewrap(self, item: ItemId, kek: str) -> None:
        """Wrap the item's key under `kek` instead: for another class, a hold, or back when it is cleared."""
        with self._changing():
            self.need_alive(item)
            if self._read(item)[0] == kek:
                return
            self._wrap(item, self._unwrap(item)[1], kek)
            _log.info("the key of %s is wrapped under %s now", item, kek)

    def destroy(self, item: ItemId) -> None:
        """Destroy the item's key for ever; doing it again does nothing. Conflict `held` while a hold wraps it."""
        with self._changing():
            if self._wrapped(item).exists() and not self.is_shredded(item) and is_hold(self._read(item)[0]):
                raise Conflict("a hold keeps this item", kind="held")
            self._destroy(item)

    def items_under(self, kek: str) -> tuple[ItemId, ...]:
        """The items whose keys are wrapped under `kek`."""
        with disk.told_plainly():
            return tuple(item for item, name in self._users() if name == kek)

    def due_keks(self, now_ms: int) -> tuple[str, ...]:
        """KEKs that no item needs any more: of a month that is over, or of a hold that was cleared."""
        with self._changing():
            return self._due(now_ms)

    def destroy_kek(self, kek: str, *, now_ms: int) -> None:
        """Destroy a KEK for ever, and with it what any backup has under it; Conflict `kek-in-use` unless it is due."""
        with self._changing():
            if kek not in self._due(now_ms):
                raise Conflict("this key-encryption key is not due", kind="kek-in-use")
            self._wipe(self._kek(kek))
            _log.info("the key-encryption key %s was destroyed", kek)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        with disk.told_plainly(), locked(self._folder):
            yield

    def _due(self, now_ms: int) -> tuple[str, ...]:
        used = {name for _, name in self._users()}
        month = f"{from_ms(now_ms):%Y-%m}"
        names = sorted(path.stem for path in (self._folder / _KEK).glob("*.key"))
        over = (name for name in names if is_hold(name) or name[-len(month) :] < month)
        return tuple(name for name in over if name not in used)

    def _users(self) -> Iterator[tuple[ItemId, str]]:
        for path in sorted((self._folder / _ITEMS).iterdir()):
            if not path.name.endswith((_DYING, disk.NEW_SUFFIX)):
                with contextlib.suppress(NotFound):  # shredded since
                    yield ItemId(path.name), self._read(ItemId(path.name))[0]

    def _wrap(self, item: ItemId, key: bytes, kek: str) -> None:
        nonce = os.urandom(_NONCE_BYTES)
        wrapped = nonce + AESGCM(self._kek_bytes(kek, make=True)).encrypt(nonce, key, item.encode())
        data, path = canonical_json({"v": 1, "item": item, "kek": kek, "wrapped": to_b64(wrapped)}), self._wrapped(item)
        old = path.with_name(path.name + _DYING)
        disk.wipe(old)
        if path.exists():
            disk.link(path, old)
        disk.put_file(path, data)
        disk.wipe(old)

    def _unwrap(self, item: ItemId) -> tuple[str, bytes]:
        kek, wrapped = self._read(item)
        nonce, text = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        try:
            return kek, AESGCM(self._kek_bytes(kek)).decrypt(nonce, text, item.encode())
        except (InvalidTag, ValueError) as error:
            raise Untrusted("the wrapped key of this item was changed", kind="wrapped-key") from error

    def _read(self, item: ItemId) -> tuple[str, bytes]:
        """The KEK's name and the wrapped key."""
        try:
            value = parse_object(self._wrapped(item).read_bytes(), max_bytes=_MAX_WRAPPED_BYTES)
            if set(value) != {"v", "item", "kek", "wrapped"} or value["v"] != 1 or value["item"] != item:
                raise Malformed("not this item's wrapped key")
            return _kek_name(str(value["kek"])), from_b64(value["wrapped"])
        except FileNotFoundError as error:
            raise NotFound("this item has no key here", kind="no-key") from error
        except Malformed as error:
            raise Untrusted("the wrapped key of this item was changed", kind="wrapped-key") from error

    def _kek_bytes(self, kek: str, *, make: bool = False) -> bytes:
        path = self._kek(kek)
        if make and not path.exists():
            disk.put_file(path, os.urandom(KEY_BYTES))
        try:
            key = path.read_bytes()
        except FileNotFoundError as error:
            raise Unavailable(f"the key-encryption key {kek} is not here", kind="kek-missing") from error
        if len(key) != KEY_BYTES:
            raise Untrusted(f"the key-encryption key {kek} is damaged", kind="kek-damaged")
        return key

    def _destroy(self, item: ItemId) -> None:
        """From the tombstone on the key counts no more, whatever happens to the file."""
        tombstone = self._folder / _SHREDDED / item
        if tombstone.exists():
            disk.sync_folder(tombstone.parent)
        else:
            disk.put_file(tombstone, b"")
        self._wipe(self._wrapped(item))

    def _wipe(self, path: Path) -> None:
        dying = path.with_name(path.name + _DYING)
        disk.wipe(dying)
        if path.exists():
            disk.rename(path, dying)
            disk.sync_folder(path.parent)
        disk.wipe(dying)

    def _wrapped(self, item: ItemId) -> Path:
        check_item_id(item)
        return self._folder / _ITEMS / item

    def _kek(self, kek: str) -> Path:
        return self._folder / _KEK / f"{_kek_name(kek)}.key"


def _kek_name(name: str) -> str:
    """`name`, if it is one that a KEK may have: it becomes a path."""
    found = _KEK_NAME.fullmatch(name)
    if not found:
        raise Malformed("no key-encryption key has this name")
    if is_hold(name):
        bytes_of_id(name.removeprefix(_HOLD))
    return name
