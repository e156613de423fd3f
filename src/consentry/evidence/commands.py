"""`consentry vault move`, `vault check`, `vault try`: the operator's hands on the store. None needs the database."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from consentry.evidence.stores.fixity import OK, Checked, Eye, Pace, check_item
from consentry.evidence.stores.move import Count, Move, Moved, state_path
from consentry.evidence.stores.plan import is_segment
from consentry.evidence.stores.settings import MOVES, VAULT, data_folder, fixity_said, store_said, stored_items
from consentry.evidence.stores.stored_items import StoredItems
from consentry.evidence.stores.types import Store, StoredName
from consentry.evidence.stores.urls import store_of
from consentry.evidence.vault.keys import Keys
from consentry.kernel.clock import from_ms
from consentry.kernel.errors import NotFound, Unavailable
from consentry.kernel.ids import ItemId
from consentry.kernel.item import check_item_id
from consentry.kernel.note import Verifier

KEYS = "vault-keys"
_SHOW_EVERY_S, _SHOW_SELDOM_S = 0.2, 10.0
_BAR = 24


def add_store(kinds: Any) -> None:  # Any: argparse keeps the type of its subparsers private
    """Add what `vault` does with the store: try it, check it, move it."""
    move = kinds.add_parser("move", help="move all sealed items to another store; may be stopped and started again")
    move.add_argument("--to", required=True, help="files:/folder or s3://bucket/prefix?endpoint=…&region=…")
    move.add_argument(
        "--from", dest="source", default="", help="where they are now; the store of the settings if unsaid"
    )
    move.add_argument("--keep-source", action="store_true", help="copy and verify only")
    move.set_defaults(run=run_move)
    check = kinds.add_parser("check", help="read every sealed file again and compare it with what was signed")
    check.add_argument("item", nargs="*", help="these items only")
    check.add_argument("--mb-s", type=int, default=0, help="how fast, MB a second; as in the settings if unsaid")
    check.set_defaults(run=run_check)
    trial = kinds.add_parser("try", help="does the store keep what it promises? (asked at every start, too)")
    trial.set_defaults(run=run_try)
    for parser in (move, check, trial):
        parser.add_argument("--data", type=Path, help="data folder")


def run_move(arguments: argparse.Namespace) -> int:
    """0 when all is moved; 1 when something is damaged or a lock keeps it at the source (all of it is named)."""
    data = _data(arguments)
    source, target = (store_of(store_said(data, url)) for url in (arguments.source, arguments.to))
    target.try_out()
    move = Move(source, target, state_path(data / MOVES, source, target), _verifiers(data), _keeps(data, source))
    _say(f"from {source.place}\nto   {target.place}")
    moved = move.copy(_shower())
    _say(f"verified: {moved.verified.files} files, {_size(moved.verified.size_bytes)}")
    if not arguments.keep_source and not moved.damaged:
        moved = move.remove(moved)
    _tell(moved, kept=arguments.keep_source)
    return 1 if moved.damaged or moved.locked else 0


def run_check(arguments: argparse.Namespace) -> int:
    """0 when every file is what was signed; 1 with each that is not."""
    data = _data(arguments)
    items, pace = stored_items(data), Pace(arguments.mb_s * 1_000_000 or fixity_said().bytes_per_s)
    eye, wrong, seen = Eye(items, _verifiers(data), pace), 0, Count()
    for item in _chosen(arguments, items):
        for found in _looked(eye, item, data):
            seen = seen.plus(found.size_bytes)
            if found.state != OK:
                wrong += 1
                why = found.why or f"expected {found.expected}, found {found.found or 'nothing'}"
                _say(f"{item} {found.file}: {found.state}: {why}")
    _say(f"{seen.files} files, {_size(seen.size_bytes)} read; {wrong} not as they were signed")
    return 1 if wrong else 0


def run_try(arguments: argparse.Namespace) -> int:
    """0 when the store of the settings can be relied on."""
    items = stored_items(_data(arguments))
    items.store.try_out()
    kept = "locked files are kept even from us" if items.store.enforces_locks else "locks bind only us here"
    _say(f"{items.store.place} works: {kept}")
    return 0


def _looked(eye: Eye, item: ItemId, data: Path) -> Iterator[Checked]:
    try:
        yield from check_item(eye, item, shredded=Keys(data / KEYS, shredded=()).is_shredded(item))
    except NotFound:
        return  # not sealed yet


def _chosen(arguments: argparse.Namespace, items: StoredItems) -> list[ItemId]:
    for item in arguments.item:
        check_item_id(item)
    return [ItemId(item) for item in arguments.item] or sorted({*items.local.items(), *items.store.items()})


def _keeps(data: Path, source: Store) -> Callable[[StoredName], bool]:
    """The vault's own folder keeps what verifies."""
    is_vaults = source.place == StoredItems.over((data / VAULT).resolve(), data).store.place
    return (lambda name: not is_segment(name)) if is_vaults else (lambda _: False)


def _tell(moved: Moved, *, kept: bool) -> None:
    for item, why in moved.damaged.items():
        _say(f"damaged, stays where it is: {item}: {why}")
    for name, until_ms in moved.locked:
        _say(f"locked, stays at the source until {from_ms(until_ms):%Y-%m-%d %H:%M:%S} UTC or its hold ends: {name}")
    if moved.open:
        _say(f"{len(moved.open)} items are not sealed yet and stay")
    _say("nothing was removed" if kept or moved.damaged else f"removed from the source: {moved.removed} files")


def _shower() -> Callable[[Count, Count], None]:
    """A bar on a terminal; elsewhere a line now and then."""
    terminal, last_s = sys.stderr.isatty(), [0.0]

    def show(done: Count, total: Count) -> None:
        now_s, is_last = time.monotonic(), done.files == total.files
        if not is_last and now_s - last_s[0] < (_SHOW_EVERY_S if terminal else _SHOW_SELDOM_S):
            return
        last_s[0] = now_s
        part = done.size_bytes / total.size_bytes if total.size_bytes else 1.0
        bar = "#" * int(part * _BAR)
        line = f"[{bar:<{_BAR}}] {part:4.0%}  {done.files}/{total.files} files, {_size(done.size_bytes)}"
        sys.stderr.write(f"\r{line}{'' if not is_last else chr(10)}" if terminal else f"{line}\n")
        sys.stderr.flush()

    return show


def _verifiers(data: Path) -> tuple[Verifier, ...]:
    path = data / "keys" / "vault.pub"
    if not path.exists():
        raise Unavailable("the vault has no key here (keys/vault.pub): nothing can be verified", kind="vault-key")
    return tuple(Verifier.parse(line) for line in path.read_text().split())


def _data(arguments: argparse.Namespace) -> Path:
    return data_folder(arguments.data)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.1f} MB"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
