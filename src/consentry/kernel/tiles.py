"""Tiles (C2SP tlog-tiles): the log as static files, and proofs computed from them.

A tile of level L holds up to 256 node hashes of tree level 8·L; an entry bundle up to 256 entries. Everything is pure:
`paths_for_*` lists the files that a proof needs, `compute_*` makes the proof from them, so that callers fetch as they
like (files, HTTP, async). `TileReader` does both with a `fetch` of its own and keeps recent tiles expanded.

Nothing here is verified: check what comes out against the root of a checkpoint (`merkle.verify_*`).
"""

import struct
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from consentry.kernel.errors import Malformed, NotFound
from consentry.kernel.limits import MAX_ENTRY_BYTES
from consentry.kernel.merkle import HASH_BYTES, Node, consistency_ranges, fold, inclusion_ranges, node_hash, nodes_of

TILE_WIDTH = 256
TILE_LEVELS = 8
MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES)
_CACHED_TILES = 256

Fetch = Callable[[str], bytes]


class Tile(NamedTuple):
    """A file of the log: `level` ≥ 0 hashes, -1 entries; `width` 1..256 (256 = full)."""

    level: int
    number: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Its path below the log's prefix: `tile/0/x001/234.p/17`."""
        groups, rest = [f"{self.number % 1000:03d}"], self.number // 1000
        while rest:
            groups.insert(0, f"x{rest % 1000:03d}")
            rest //= 1000
        end = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{'entries' if self.level < 0 else self.level}/{'/'.join(groups)}{end}"

    @property
    def full(self) -> "Tile":
        """The same tile once it is complete; where a partial one is gone, this one holds it."""
        return self._replace(width=TILE_WIDTH)


class Run(NamedTuple):
    """`width` entries of `length` bytes each, from place `first` and byte `at` of a bundle on."""

    length: int
    first: int
    width: int
    at: int


class Bundle(NamedTuple):
    """The `entries` in `data`; the places of those in no run stand in `alone`."""

    data: bytes
    entries: list[bytes]
    runs: list[Run]
    alone: list[int]


def tile_at(level: int, number: int, size: int) -> Tile:
    """The tile `number` of `level` in a log of `size` entries; NotFound when the log has none there."""
    hashes = size >> (TILE_LEVELS * max(level, 0))
    width = min(TILE_WIDTH, hashes - number * TILE_WIDTH)
    if width <= 0 or number < 0:
        raise NotFound("the log is not that long")
    return Tile(level, number, width)


def paths_for_root(size: int) -> tuple[str, ...]:
    """The files that the root of the first `size` entries needs."""
    return _paths([(0, size)], size)


def paths_for_inclusion(index: int, size: int) -> tuple[str, ...]:
    """The files that the inclusion proof of entry `index` in the tree of `size` needs."""
    return _paths(inclusion_ranges(index, size), size)


def paths_for_consistency(old: int, new: int) -> tuple[str, ...]:
    """The files that the consistency proof from `old` to `new` entries needs."""
    return _paths(consistency_ranges(old, new), new)


def compute_root(size: int, files: Mapping[str, bytes]) -> bytes:
    """The root over the first `size` entries, from the files of `paths_for_root`."""
    return TileReader(_reading(files)).root(size)


def compute_inclusion(index: int, size: int, files: Mapping[str, bytes]) -> tuple[bytes, ...]:
    """The inclusion proof, from the files of `paths_for_inclusion`."""
    return TileReader(_reading(files)).inclusion(index, size)


def compute_consistency(old: int, new: int, files: Mapping[str, bytes]) -> tuple[bytes, ...]:
    """The consistency proof, from the files of `paths_for_consistency`."""
    return TileReader(_reading(files)).consistency(old, new)


class TileReader:
    """Roots, proofs and entries out of the static files that `fetch` returns by path.

    `fetch` raises NotFound for a missing file; a missing partial tile is then looked for in the full one. Keeps the
    last 256 tiles expanded to all their inner nodes (16 KiB each). Not thread-safe: one reader per thread.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._expanded: OrderedDict[tuple[int, int, int], list[list[bytes]]] = OrderedDict()

    def root(self, size: int) -> bytes:
        """The root over the first `size` entries."""
        return self._range(0, size, size)

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """The hashes that prove entry `index` in the tree of `size`, from the leaf upwards."""
        return tuple(self._range(start, end, size) for start, end in inclusion_ranges(index, size))

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """The hashes that prove the tree of `old` entries a prefix of that of `new`."""
        return tuple(self._range(start, end, new) for start, end in consistency_ranges(old, new))

    def entry(self, index: int, size: int) -> bytes:
        """The bytes of entry `index` of a log of `size`."""
        tile = tile_at(-1, index // TILE_WIDTH, size)
        if not 0 <= index < size:
            raise NotFound("the log is not that long")
        entries = parse_bundle(self._read(tile))
        if len(entries) <= index % TILE_WIDTH:
            raise Malformed("this entry bundle is too short", kind="log-tile")
        return entries[index % TILE_WIDTH]

    def _range(self, start: int, end: int, size: int) -> bytes:
        nodes = nodes_of(start, end)
        return self._node(nodes[0], size) if len(nodes) == 1 else fold([self._node(node, size) for node in nodes])

    def _node(self, node: Node, size: int) -> bytes:
        level, height = divmod(node.level, TILE_LEVELS)
        tile, offset = divmod(node.number << height, TILE_WIDTH)
        # A plain tuple equals the Tile that it names; making one per node is half of a warm proof's time.
        key = (level, tile, min(TILE_WIDTH, (size >> (TILE_LEVELS * level)) - tile * TILE_WIDTH))
        rows = self._expanded.get(key) or self._expand(tile_at(level, tile, size))
        return rows[height][offset >> height]

    def _expand(self, tile: Tile) -> list[list[bytes]]:
        found = _expand(split_hashes(self._read(tile), tile.width))
        self._expanded[tile] = found
        if len(self._expanded) > _CACHED_TILES:
            self._expanded.popitem(last=False)
        return found

    def _read(self, tile: Tile) -> bytes:
        try:
            return self._fetch(tile.path)
        except NotFound:
            if tile.width == TILE_WIDTH:
                raise
            return self._fetch(tile.full.path)


def split_hashes(data: bytes, width: int) -> list[bytes]:
    """The first `width` hashes of a tile file; Malformed when it has fewer or is no list of hashes."""
    if len(data) % HASH_BYTES or not width * HASH_BYTES <= len(data) <= TILE_WIDTH * HASH_BYTES:
        raise Malformed("a tile is a list of hashes", kind="log-tile")
    return [data[at : at + HASH_BYTES] for at in range(0, width * HASH_BYTES, HASH_BYTES)]


def parse_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle (uint16 big-endian length, bytes); Malformed when it is cut short or too long."""
    return cut_bundle(data).entries


def cut_bundle(data: bytes) -> Bundle:
    """As `parse_bundle`, and which neighbours have the same length: most of a log is alike, and cut out at once."""
    at, end, last = 0, len(data), -1
    entries: list[bytes] = []
    runs: list[Run] = []
    alone: list[int] = []
    if end > MAX_BUNDLE_BYTES:
        raise Malformed("an entry bundle this long is none", kind="log-tile")
    while at < end - 1:
        length, start = data[at] << 8 | data[at + 1], at + 2
        if length == last and (count := _same_length(data, at, length)) > 1:
            before = int(alone[-1:] == [len(entries) - 1])
            del alone[len(alone) - before :]
            runs.append(Run(length, len(entries) - before, before + count, at - before * (length + 2)))
            entries += _rows(length, count)(data, at)
            at += count * (length + 2)
            continue
        alone.append(len(entries))
        at, last = start + length, length
        entries.append(data[start:at])
    if at != end:
        raise Malformed("this entry bundle is cut short", kind="log-tile")
    return Bundle(data, entries, runs, alone)


def make_bundle(entries: Iterable[bytes]) -> bytes:
    """The bytes of an entry bundle; Malformed for an entry over 65,535 bytes."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise Malformed("an entry has at most 65,535 bytes", kind="log-tile")
        parts += (struct.pack(">H", len(entry)), entry)
    return b"".join(parts)


def _same_length(data: bytes, at: int, length: int) -> int:
    """How many entries of `length` bytes follow each other whole from `at` on, up to 64: most of a log is alike."""
    step = length + 2
    stop = min(len(data) - step + 1, at + 64 * step)
    high, low = data[at:stop:step], data[at + 1 : stop + 1 : step]
    count = len(high) - len(high.lstrip(high[:1]))
    return min(count, len(low) - len(low.lstrip(low[:1])))


@lru_cache(maxsize=512)
def _rows(length: int, count: int) -> Callable[[bytes, int], tuple[bytes, ...]]:
    """Cuts `count` entries of `length` bytes out of a bundle at an offset, a third of the cost of cutting each."""
    return struct.Struct(f">{count * f'2x{length}s'}").unpack_from


def _expand(hashes: list[bytes]) -> list[list[bytes]]:
    """The nodes of all eight heights over a tile's hashes, as far as they are complete."""
    rows = [hashes]
    for _ in range(TILE_LEVELS - 1):
        below = rows[-1]
        rows.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])
    return rows


def _paths(ranges: Iterable[tuple[int, int]], size: int) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for start, end in ranges:
        for node in nodes_of(start, end):
            level, height = divmod(node.level, TILE_LEVELS)
            found[tile_at(level, (node.number << height) // TILE_WIDTH, size).path] = None
    return tuple(found)


def _reading(files: Mapping[str, bytes]) -> Fetch:
    def fetch(path: str) -> bytes:
        if path not in files:
            raise NotFound(f"{path} was not fetched")
        return files[path]

    return fetch
