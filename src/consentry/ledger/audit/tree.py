"""Re-derive every hash of a log from its entry bundles and compare each stored tile on the way, in bounded memory."""

import hashlib
from collections.abc import Iterator, Sequence

from consentry.kernel.errors import ConsentryError, Untrusted
from consentry.kernel.merkle import EMPTY_ROOT, HASH_BYTES, node_hash
from consentry.kernel.tiles import TILE_LEVELS, TILE_WIDTH, Fetch, Tile, parse_bundle, tile_at
from consentry.ledger.files import read_tile

# A context that has hashed the prefix, copied per hash: a fifth faster than hashing prefix and data anew.
_LEAF, _NODE = hashlib.sha256(b"\x00").copy, hashlib.sha256(b"\x01").copy


class TreeCheck:
    """Call `bundles` to the end, then `root`. Raises Untrusted with kind `ledger-entries` or `ledger-tiles`."""

    def __init__(self, fetch: Fetch, size: int) -> None:
        self._fetch, self._size = fetch, size
        self._edge: list[list[bytes]] = []
        self._done: list[int] = []

    def bundles(self) -> Iterator[tuple[int, list[bytes]]]:
        """Every bundle as (index of its first entry, entries), each after its hashes and tiles were compared."""
        for number in range(-(-self._size // TILE_WIDTH)):
            tile = tile_at(-1, number, self._size)
            entries = self._entries(tile)
            self._add(0, hash_leaves(entries))
            yield number * TILE_WIDTH, entries

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
            self._compare(Tile(level, self._done[level]), edge)
            self._edge[level], self._done[level] = [], self._done[level] + 1
            self._add(level + 1, [_top(edge)])

    def _entries(self, tile: Tile) -> list[bytes]:
        try:
            entries = parse_bundle(read_tile(self._fetch, tile))
        except ConsentryError as error:
            raise Untrusted(f"{tile.path}: {error}", kind="ledger-entries") from error
        if len(entries) not in (tile.width, TILE_WIDTH):  # a full one may stand for a partial one
            raise Untrusted(f"{tile.path} holds {len(entries)} entries of {tile.width}", kind="ledger-entries")
        return entries[: tile.width]

    def _compare(self, tile: Tile, hashes: Sequence[bytes]) -> None:
        try:
            stored = read_tile(self._fetch, tile)
        except ConsentryError as error:
            raise Untrusted(f"{tile.path}: {error}", kind="ledger-tiles") from error
        said = b"".join(hashes)
        if stored[: len(said)] != said or len(stored) not in (len(said), TILE_WIDTH * HASH_BYTES):
            raise Untrusted(f"{tile.path} does not follow from the entries below it", kind="ledger-tiles")


def hash_leaves(entries: Sequence[bytes]) -> list[bytes]:
    """The leaf hashes of `entries`."""
    hashes: list[bytes] = []
    copy, add = _LEAF, hashes.append
    for entry in entries:
        context = copy()
        context.update(entry)
        add(context.digest())
    return hashes


def _top(hashes: Sequence[bytes]) -> bytes:
    """The root over 2^n hashes."""
    copy = _NODE
    while len(hashes) > 1:
        above: list[bytes] = []
        below = iter(hashes)
        for left, right in zip(below, below, strict=True):
            context = copy()
            context.update(left + right)
            above.append(context.digest())
        hashes = above
    return hashes[0]


def _subtrees(hashes: Sequence[bytes]) -> list[bytes]:
    """The roots of the complete subtrees over a partial tile, left to right."""
    roots, start = [], 0
    for height in reversed(range(TILE_LEVELS)):
        if len(hashes) & (1 << height):
            roots.append(_top(hashes[start : start + (1 << height)]))
            start += 1 << height
    return roots
