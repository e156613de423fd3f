"""Re-derive every hash of a log from its entry bundles and compare each stored tile on the way, in bounded memory."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from struct import Struct
from typing import TYPE_CHECKING

from consentry.kernel.errors import ConsentryError, Untrusted
from consentry.kernel.merkle import EMPTY_ROOT, HASH_BYTES, node_hash
from consentry.kernel.tiles import TILE_LEVELS, TILE_WIDTH, Bundle, Fetch, Tile, cut_bundle, make_bundle, tile_at
from consentry.ledger.files import read_tile

if TYPE_CHECKING:
    from _hashlib import HASH

# A context that has hashed the prefix, copied per hash: a fifth faster than hashing prefix and data anew.
_LEAF, _NODE = hashlib.sha256(b"\x00").copy, hashlib.sha256(b"\x01").copy
_PAIRS = {count: Struct(count * f"{2 * HASH_BYTES}s").unpack for count in (1, 2, 4, 8, 16, 32, 64, 128)}


class TreeCheck:
    """Call `bundles` to the end, then `root`. Raises Untrusted with kind `ledger-entries` or `ledger-tiles`."""

    def __init__(self, fetch: Fetch, size: int) -> None:
        self._fetch, self._size = fetch, size
        self._edge: list[list[bytes]] = []
        self._done: list[int] = []

    def bundles(self) -> Iterator[tuple[int, Bundle]]:
        """Every bundle with the index of its first entry, each after its hashes and tiles were compared."""
        for number in range(-(-self._size // TILE_WIDTH)):
            tile = tile_at(-1, number, self._size)
            bundle = self._bundle(tile)
            self._add(0, hash_leaves(bundle.entries))
            yield number * TILE_WIDTH, bundle

    def root(self) -> bytes:
        """The root over all entries; compares the partial tiles that `bundles` left."""
        tops: list[bytes] = []
        for level, hashes in enumerate(self._edge):
            if hashes:
                self._compare(Tile(level, self._done[level], len(hashes)), hashes)
            tops = [*_subtrees(hashes), *tops]
        root = tops[-1] if tops else EMPTY_ROOT
        for left in reversed(tops[:-1]):
            root = node_hash(left, root)
        return root

    def _add(self, level: int, hashes: Sequence[bytes]) -> None:
        """Put a whole tile's hashes (level 0) or one more (above) behind the edge; pass a full tile's root up."""
        if level == len(self._edge):
            self._edge.append([])
            self._done.append(0)
        edge = self._edge[level]
        edge += hashes
        if len(edge) == TILE_WIDTH:
            said = self._compare(Tile(level, self._done[level]), edge)
            self._edge[level], self._done[level] = [], self._done[level] + 1
            self._add(level + 1, [_top(said)])

    def _bundle(self, tile: Tile) -> Bundle:
        try:
            bundle = cut_bundle(read_tile(self._fetch, tile))
        except ConsentryError as error:
            raise Untrusted(f"{tile.path}: {error}", kind="ledger-entries") from error
        count = len(bundle.entries)
        if count == tile.width:
            return bundle
        if count != TILE_WIDTH:  # a full one may stand for a partial one
            raise Untrusted(f"{tile.path} holds {count} entries of {tile.width}", kind="ledger-entries")
        return cut_bundle(make_bundle(bundle.entries[: tile.width]))

    def _compare(self, tile: Tile, hashes: Sequence[bytes]) -> bytes:
        """`hashes` one behind the other, as the stored tile has proven to hold them."""
        try:
            stored = read_tile(self._fetch, tile)
        except ConsentryError as error:
            raise Untrusted(f"{tile.path}: {error}", kind="ledger-tiles") from error
        said = b"".join(hashes)
        if stored[: len(said)] != said or len(stored) not in (len(said), TILE_WIDTH * HASH_BYTES):
            raise Untrusted(f"{tile.path} does not follow from the entries below it", kind="ledger-tiles")
        return said


def hash_leaves(entries: Iterable[bytes]) -> list[bytes]:
    """The leaf hashes of `entries`."""
    return _hashes(_LEAF, entries)


def _top(hashes: bytes) -> bytes:
    """The root over 2^n hashes, at most a tile, one behind the other."""
    while len(hashes) > HASH_BYTES:
        hashes = b"".join(_hashes(_NODE, _PAIRS[len(hashes) // (2 * HASH_BYTES)](hashes)))
    return hashes


def _hashes(copy: "Callable[[], HASH]", parts: Iterable[bytes]) -> list[bytes]:
    hashes: list[bytes] = []
    add = hashes.append
    for part in parts:
        context = copy()
        context.update(part)
        add(context.digest())
    return hashes


def _subtrees(hashes: list[bytes]) -> list[bytes]:
    """The roots of the complete subtrees over a partial tile, left to right."""
    roots, start = [], 0
    for height in reversed(range(TILE_LEVELS)):
        if len(hashes) & (1 << height):
            roots.append(_top(b"".join(hashes[start : start + (1 << height)])))
            start += 1 << height
    return roots
