"""Tiles: paths as in the specification, proofs as from the whole tree."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentry.kernel import merkle, tiles
from consentry.kernel.errors import Malformed, NotFound
from consentry.kernel.tiles import Tile, TileReader

ENTRIES = [f"entry {number}".encode() for number in range(70_000)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]


def files_of(size: int) -> dict[str, bytes]:
    """The whole log of `size` entries as static files, written plainly."""
    files: dict[str, bytes] = {}
    level, hashes = 0, LEAVES[:size]
    for start in range(0, size, 256):
        bundle = ENTRIES[start : min(start + 256, size)]
        files[Tile(-1, start // 256, len(bundle)).path] = tiles.make_bundle(bundle)
    while hashes:
        for start in range(0, len(hashes), 256):
            part = hashes[start : start + 256]
            files[Tile(level, start // 256, len(part)).path] = b"".join(part)
        complete = len(hashes) // 256 * 256
        hashes = [merkle.root_of(hashes[start : start + 256]) for start in range(0, complete, 256)]
        level += 1
    return files


BIG = files_of(70_000)


def reader_of(files: dict[str, bytes]) -> TileReader:
    def fetch(path: str) -> bytes:
        if path not in files:
            raise NotFound(path)
        return files[path]

    return TileReader(fetch)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 0, 1), "tile/0/000.p/1"),
        (Tile(-1, 5), "tile/entries/005"),
        (Tile(1, 1_234_067), "tile/1/x001/x234/067"),
        (Tile(0, 1_234_067, 17), "tile/0/x001/x234/067.p/17"),
        (Tile(2, 1_000), "tile/2/x001/000"),
    ],
)
def test_paths_are_those_of_the_specification(tile: Tile, path: str) -> None:
    assert tile.path == path


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1_000), st.data())
def test_proofs_from_tiles_verify_against_the_root(size: int, data: st.DataObject) -> None:
    reader = reader_of(files_of(size))
    root = merkle.root_of(LEAVES[:size])
    assert reader.root(size) == root
    old = data.draw(st.integers(0, size))
    merkle.verify_consistency(old, size, reader.consistency(old, size), merkle.root_of(LEAVES[:old]), root)
    if size:
        index = data.draw(st.integers(0, size - 1))
        merkle.verify_inclusion(LEAVES[index], index, size, reader.inclusion(index, size), root)
        assert reader.entry(index, size) == ENTRIES[index]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 70_000), st.integers(0, 70_000))
def test_three_levels_of_tiles_give_proofs_from_exactly_the_listed_files(one: int, other: int) -> None:
    old, index, new = min(one, other), min(one, 69_999), 70_000
    needed = {path: BIG[path] for path in tiles.paths_for_consistency(old, new)}
    root = merkle.root_of(LEAVES)
    proof = tiles.compute_consistency(old, new, needed)
    merkle.verify_consistency(old, new, proof, merkle.root_of(LEAVES[:old]), root)
    needed = {path: BIG[path] for path in tiles.paths_for_inclusion(index, new)}
    merkle.verify_inclusion(LEAVES[index], index, new, tiles.compute_inclusion(index, new, needed), root)
    assert tiles.compute_root(new, {path: BIG[path] for path in tiles.paths_for_root(new)}) == root


def test_a_partial_tile_that_is_gone_is_read_from_the_full_one() -> None:
    reader = reader_of(BIG)
    assert reader.root(300) == merkle.root_of(LEAVES[:300])
    assert reader.entry(299, 300) == ENTRIES[299]


def test_a_file_that_is_not_there_says_so() -> None:
    with pytest.raises(NotFound):
        reader_of({}).root(1)
    with pytest.raises(NotFound):
        reader_of(BIG).entry(70_000, 70_000)


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x05abcd", b"\x00\x01a\x00", b"\xff\xff"])
def test_a_bundle_that_is_cut_short_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        list(tiles.parse_bundle(data))


@given(st.lists(st.binary(max_size=400), max_size=256))
def test_bundles_round_trip(entries: list[bytes]) -> None:
    assert list(tiles.parse_bundle(tiles.make_bundle(entries))) == entries


@given(st.lists(st.tuples(st.sampled_from([0, 1, 34, 255, 256, 257, 700]), st.integers(1, 90)), max_size=5))
def test_runs_of_one_length_are_cut_as_one_by_one(lengths: list[tuple[int, int]]) -> None:
    entries = [bytes([place % 251]) * length for length, count in lengths for place in range(count)]
    data = tiles.make_bundle(entries)
    bundle = tiles.cut_bundle(data)
    assert (bundle.entries, bundle.data) == (entries, data)
    places = [*bundle.alone, *(run.first + step for run in bundle.runs for step in range(run.width))]
    assert sorted(places) == list(range(len(entries)))
    for run in bundle.runs:
        whole = data[run.at : run.at + run.width * (run.length + 2)]
        assert whole == tiles.make_bundle(entries[run.first : run.first + run.width])


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33), bytes(257 * 32)])
def test_a_tile_of_another_length_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        tiles.split_hashes(data, 1)
