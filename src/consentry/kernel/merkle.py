"""The Merkle tree of RFC 6962: hashes, which subtrees a proof is made of, and the two verifications.

A *node* is `(level, number)`: the root of the complete subtree over the leaves `[number·2^level, (number+1)·2^level)`.
A proof is a list of hashes; each stands for a range of leaves, itself a few complete nodes folded from the right.

Size 0: as in C2SP tlog-witness, the empty tree is consistent with every tree, the proof is empty and the old root is
SHA-256(""). tests/kernel/test_merkle.py pins this.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from consentry.kernel.errors import Untrusted

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


class Node(NamedTuple):
    """The complete subtree over the leaves `[number << level, (number + 1) << level)`."""

    level: int
    number: int


def leaf_hash(entry: bytes) -> bytes:
    """`SHA-256(0x00 ‖ entry)`, 32 bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """`SHA-256(0x01 ‖ left ‖ right)`, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, left to right, each smaller than the one before; the empty root for none."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, in memory that grows with the logarithm of their number."""
    edge: list[bytes] = []
    for count, leaf in enumerate(leaves):
        node = leaf
        while count & 1:
            node = node_hash(edge.pop(), node)
            count >>= 1  # noqa: PLW2901 — the trailing ones of the index are the subtrees that this leaf completes
        edge.append(node)
    return fold(edge)


def nodes_of(start: int, end: int) -> list[Node]:
    """The complete subtrees that make up the leaves `[start, end)`, left to right, largest possible each."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The leaf ranges `[start, end)` whose roots are the inclusion proof of `index`, from the leaf upwards."""
    _need(0 <= index < size, "an index lies inside its tree")
    ranges, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """The leaf ranges `[start, end)` whose roots prove that the tree of `old` leaves is a prefix of that of `new`."""
    _need(0 <= old <= new, "a log does not shrink")
    if old in (0, new):
        return []
    ranges, start, end = [], 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:  # else the old tree is itself a complete subtree, whose root the verifier holds already
        ranges.append((start, end))
    return ranges[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Untrusted unless `leaf` (hash, 32 bytes) is leaf number `index` of the tree with `size` leaves and `root`."""
    _need(0 <= index < size, "the index lies outside the tree")
    _need(all(len(item) == HASH_BYTES for item in (leaf, root, *proof)), "a hash has 32 bytes")
    _need(len(proof) == len(inclusion_ranges(index, size)), "the proof has another length")
    node, last = leaf, size - 1
    for sibling in proof:
        while not index & 1 and index == last:  # a lone node on the right edge moves up unhashed
            index, last = index >> 1, last >> 1
        node = node_hash(sibling, node) if index & 1 else node_hash(node, sibling)
        index, last = index >> 1, last >> 1
    _need(node == root, "the proof leads to another root")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Untrusted unless the tree (`old` leaves, `old_root`) is a prefix of the tree (`new` leaves, `new_root`)."""
    _need(0 <= old <= new, "a log does not shrink")
    if old == new:
        _need(not proof and old_root == new_root, "two roots for one size")
        _need(old > 0 or old_root == EMPTY_ROOT, "the empty tree has one root")
        return
    _need(all(len(item) == HASH_BYTES for item in (old_root, new_root, *proof)), "a hash has 32 bytes")
    if old == 0:
        _need(not proof and old_root == EMPTY_ROOT, "the empty tree has one root and needs no proof")
        return
    ranges = consistency_ranges(old, new)
    _need(len(proof) == len(ranges), "the proof has another length")
    hashes = list(zip(ranges, proof, strict=True))
    if old & (old - 1) == 0:
        hashes.insert(0, ((0, old), old_root))
    (start, end), was = hashes[0]
    _need(end == old, "the proof starts elsewhere")
    now = was
    for (other_start, _), sibling in hashes[1:]:
        if other_start < start:
            was, now, start = node_hash(sibling, was), node_hash(sibling, now), other_start
        else:
            now = node_hash(now, sibling)
    _need(was == old_root and now == new_root, "the proof leads to other roots")


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _need(holds: bool, why: str) -> None:
    if not holds:
        raise Untrusted(why, kind="log-proof")
