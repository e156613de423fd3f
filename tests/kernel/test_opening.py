"""Openings against the published vectors of docs/spec/opening.md."""

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel.canonical import canonical_json
from consentry.kernel.checkpoint import open_checkpoint
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.merkle import verify_inclusion
from consentry.kernel.note import Verifier
from consentry.kernel.opening import (
    PRIVATE_FIELDS,
    PUBLIC_FIELDS,
    commit_entry,
    commit_of,
    dump_opening,
    inner_hash,
    leaf_of,
    parse_opening,
)

VECTOR: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "docs/spec/vectors/opening.json").read_text()
)


def opening_with(**changes: object) -> bytes:
    return canonical_json({**VECTOR["opening"], **changes})


def test_the_vector_opens_to_its_hashes_and_its_place_in_the_log() -> None:
    opening = parse_opening(canonical_json(VECTOR["opening"]))
    inner = inner_hash(opening.private, opening.salt_priv)
    commit = commit_of(opening.public, opening.salt_pub, inner)
    entry = commit_entry(commit, t_ms=opening.t_ms, policy_sha256=opening.public["policy_sha256"])
    assert (inner.hex(), commit.hex(), entry.decode()) == (VECTOR["inner"], VECTOR["commit"], VECTOR["entry"])
    assert leaf_of(opening).hex() == VECTOR["leaf"]
    assert hashlib.sha256(dump_opening(opening)).hexdigest() == VECTOR["opening_sha256"]
    head = open_checkpoint(opening.checkpoint, Verifier.parse(VECTOR["log_vkey"]))
    assert (head.size, head.root.hex()) == (VECTOR["size"], VECTOR["root"])
    verify_inclusion(leaf_of(opening), opening.index, head.size, opening.proof, head.root)


@pytest.mark.parametrize(("record", "field"), [
    *(("public", field) for field in sorted(PUBLIC_FIELDS)), *(("private", field) for field in sorted(PRIVATE_FIELDS)),
])  # fmt: skip
def test_each_field_counts_for_the_leaf_and_cannot_be_left_out(record: str, field: str) -> None:
    value = copy.deepcopy(VECTOR["opening"])
    was = value[record].pop(field)
    with pytest.raises(Malformed):
        parse_opening(canonical_json(value))
    value[record][field] = was + 1 if isinstance(was, int) else was + "x"
    try:
        changed = parse_opening(canonical_json(value))
    except Untrusted:
        return  # the two records disagree, which is refused even earlier
    assert leaf_of(changed).hex() != VECTOR["leaf"]


WRONG: list[dict[str, object]] = [
    {"v": 2}, {"v": True}, {"t": True}, {"extra": 1}, {"public": []}, {"private": {}}, {"salt_pub": "AA"},
    {"salt_priv": 7}, {"t": -1}, {"t": "1"}, {"index": True}, {"index": None}, {"proof": "no"}, {"proof": ["AA"]},
    {"proof": ["A" * 43] * 65}, {"checkpoint": 7},
]  # fmt: skip


@pytest.mark.parametrize("change", WRONG)
def test_a_field_of_another_shape_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        parse_opening(opening_with(**change))


@pytest.mark.parametrize(("field", "value"), [
    ("distance_m", "200"), ("distance_m", True), ("max_until", -1), ("reported_at", 2**53), ("type", 7),
    ("viewer", "x" * 1_001), ("approval_sig", "x" * 2_001),
])  # fmt: skip
def test_a_private_value_of_another_kind_is_refused(field: str, value: object) -> None:
    private = {**VECTOR["opening"]["private"], field: value}
    with pytest.raises(Malformed):
        parse_opening(json.dumps({**VECTOR["opening"], "private": private}).encode())


def test_more_bytes_than_the_bound_are_refused() -> None:
    with pytest.raises(Malformed):
        parse_opening(opening_with(checkpoint="x" * 33_000))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_without_surprise(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_opening(data)


@given(a=st.binary(min_size=32, max_size=32), b=st.binary(min_size=32, max_size=32))
def test_another_salt_gives_another_commitment(a: bytes, b: bytes) -> None:
    public, inner = dict(VECTOR["opening"]["public"]), b"\x00" * 32
    assert (commit_of(public, a, inner) == commit_of(public, b, inner)) == (a == b)
