"""The Merkle tree against published vectors and against the definition in RFC 6962, written plainly."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel import merkle
from consentry.kernel.errors import Untrusted

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "data" / "merkle"


def plain_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + plain_root(leaves[:split]) + plain_root(leaves[split:])).digest()


def leaves_of(count: int) -> list[bytes]:
    return [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def proof_of(leaves: list[bytes], ranges: list[tuple[int, int]]) -> list[bytes]:
    return [plain_root(leaves[start:end]) for start, end in ranges]


def vectors(kind: str) -> list[Path]:
    return sorted((VECTORS / kind).rglob("*.json"))


def hashes(case: dict[str, object], *names: str) -> list[bytes]:
    return [base64.b64decode(str(case[name] or "")) for name in names]


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared vectors are not here")
@pytest.mark.parametrize("path", vectors("inclusion"), ids=lambda path: str(path.relative_to(VECTORS)))
def test_inclusion_agrees_with_published_vectors(path: Path) -> None:
    case = json.loads(path.read_text())
    leaf, root = hashes(case, "leafHash", "root")
    proof = [base64.b64decode(item) for item in case["proof"] or ()]
    if case["wantErr"]:
        with pytest.raises(Untrusted):
            merkle.verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)
    else:
        merkle.verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared vectors are not here")
@pytest.mark.parametrize("path", vectors("consistency"), ids=lambda path: str(path.relative_to(VECTORS)))
def test_consistency_agrees_with_published_vectors(path: Path) -> None:
    case = json.loads(path.read_text())
    old_root, new_root = hashes(case, "root1", "root2")
    proof = [base64.b64decode(item) for item in case["proof"] or ()]
    if case["wantErr"]:
        with pytest.raises(Untrusted):
            merkle.verify_consistency(case["size1"], case["size2"], proof, old_root, new_root)
    else:
        merkle.verify_consistency(case["size1"], case["size2"], proof, old_root, new_root)


def test_the_empty_tree_is_a_prefix_of_every_tree_without_a_proof() -> None:
    root = plain_root(leaves_of(5))
    merkle.verify_consistency(0, 5, [], merkle.EMPTY_ROOT, root)
    merkle.verify_consistency(0, 0, [], merkle.EMPTY_ROOT, merkle.EMPTY_ROOT)
    with pytest.raises(Untrusted):
        merkle.verify_consistency(0, 5, [root], merkle.EMPTY_ROOT, root)
    with pytest.raises(Untrusted):
        merkle.verify_consistency(0, 5, [], root, root)


@given(st.integers(0, 600))
def test_streamed_and_folded_roots_are_the_defined_root(size: int) -> None:
    leaves = leaves_of(size)
    nodes = merkle.nodes_of(0, size)
    parts = [plain_root(leaves[node.number << node.level : (node.number + 1) << node.level]) for node in nodes]
    assert merkle.root_of(leaves) == merkle.fold(parts) == plain_root(leaves)


@given(st.integers(1, 300), st.data())
def test_inclusion_proof_holds_and_breaks_with_any_change(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)
    root, proof = plain_root(leaves), proof_of(leaves, merkle.inclusion_ranges(index, size))
    merkle.verify_inclusion(leaves[index], index, size, proof, root)
    other = data.draw(st.integers(0, size))
    if other != index:
        with pytest.raises(Untrusted):
            merkle.verify_inclusion(leaves[index], other, size, proof, root)
    for step in range(len(proof)):
        broken = [*proof[:step], bytes(32), *proof[step + 1 :]]
        with pytest.raises(Untrusted):
            merkle.verify_inclusion(leaves[index], index, size, broken, root)


@given(st.integers(0, 300), st.data())
def test_consistency_proof_holds_and_breaks_with_any_change(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, new))
    leaves = leaves_of(new)
    was, now = plain_root(leaves[:old]), plain_root(leaves)
    proof = proof_of(leaves, merkle.consistency_ranges(old, new))
    merkle.verify_consistency(old, new, proof, was, now)
    with pytest.raises(Untrusted):
        merkle.verify_consistency(old, new, [*proof, bytes(32)], was, now)
    with pytest.raises(Untrusted):
        merkle.verify_consistency(old, new, proof, bytes(32), now)
    for step in range(len(proof)):
        with pytest.raises(Untrusted):
            merkle.verify_consistency(old, new, [*proof[:step], bytes(32), *proof[step + 1 :]], was, now)


def test_a_log_that_shrinks_is_refused() -> None:
    with pytest.raises(Untrusted):
        merkle.verify_consistency(5, 4, [], bytes(32), bytes(32))
