"""The opening: the full, logged statement of one session, which edge and gateway check by themselves.

`commit = SHA-256(0x02 ‖ salt_pub ‖ JCS(public) ‖ SHA-256(0x03 ‖ salt_priv ‖ JCS(private)))` and the log's leaf is the
canonical JSON of `{v, kind: "look.commit", t, commit, policy_sha256}`. Whoever holds the opening recomputes the leaf
from the fields: *this* look is in the log, not just something.

Source: docs/spec/opening.md, docs/design/ledger.md, access.md.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consentry.kernel.canonical import canonical_json, from_b64, parse_object, to_b64
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.limits import MAX_OPENING_BYTES
from consentry.kernel.owner_record import MAX_SIGNED_CHARS

SALT_BYTES = 32

# What anyone may read once the look is revealed. Text unless said; `cell` is the incident's, never the camera's.
PUBLIC_FIELDS = frozenset({
    "agency", "basis", "cell", "decision", "duration_bucket", "incident_family", "mode", "participation",
    "policy_sha256", "purpose", "role", "rule",
})  # fmt: skip
# What owner, edge, gateway and auditor read. `reported_at`, `max_until` are ms (int); `distance_m` int, rounded up to
# 100; `approval_sig` is the owner's signed `ask.yes` (owner_record.py), or "" where the terms say automatic.
PRIVATE_FIELDS = frozenset({
    "agency", "approval_sig", "audience", "camera", "distance_m", "grant", "holder_key", "incident", "max_until",
    "officer_number", "origin", "policy_sha256", "programme", "purpose", "reported_at", "role", "rule", "session",
    "terms_sha256", "type", "viewer",
})  # fmt: skip
_INTEGERS = frozenset({"distance_m", "max_until", "reported_at"})
MAX_TEXT_CHARS = 1_000
_SHARED = ("agency", "policy_sha256", "purpose", "role", "rule")


@dataclass(frozen=True)
class Opening:
    """One session's statement with its place in the log.

    `salt_pub`, `salt_priv`: 32 bytes each. `t_ms`: the entry's time. `index`: of the leaf in the tree.
    `proof`: sibling hashes (32 bytes each) from the leaf up. `checkpoint`: the signed note that the proof leads to.
    """

    public: Mapping[str, str]
    private: Mapping[str, str | int]
    salt_pub: bytes
    salt_priv: bytes
    t_ms: int
    index: int
    proof: tuple[bytes, ...]
    checkpoint: str

    def text(self, field: str) -> str:
        """A private text field."""
        return str(self.private[field])

    def number(self, field: str) -> int:
        """A private integer field."""
        return int(self.private[field])


def inner_hash(private: Mapping[str, str | int], salt_priv: bytes) -> bytes:
    """`SHA-256(0x03 ‖ salt_priv ‖ JCS(private))`, the part of a commitment that a reveal shows without opening it."""
    return hashlib.sha256(b"\x03" + salt_priv + canonical_json(dict(private))).digest()


def commit_of(public: Mapping[str, str], salt_pub: bytes, inner: bytes) -> bytes:
    """`SHA-256(0x02 ‖ salt_pub ‖ JCS(public) ‖ inner)`: 32 bytes."""
    return hashlib.sha256(b"\x02" + salt_pub + canonical_json(dict(public)) + inner).digest()


def commit_entry(commit: bytes, *, t_ms: int, policy_sha256: str) -> bytes:
    """The `look.commit` entry as it stands in the log (canonical JSON)."""
    return canonical_json(
        {"v": 1, "kind": "look.commit", "t": t_ms, "commit": to_b64(commit), "policy_sha256": policy_sha256}
    )


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962 leaf: `SHA-256(0x00 ‖ entry)`."""
    return hashlib.sha256(b"\x00" + entry).digest()


def leaf_of(opening: Opening) -> bytes:
    """The leaf hash that this opening claims, recomputed from its fields."""
    inner = inner_hash(opening.private, opening.salt_priv)
    commit = commit_of(opening.public, opening.salt_pub, inner)
    policy = opening.public["policy_sha256"]
    return leaf_hash(commit_entry(commit, t_ms=opening.t_ms, policy_sha256=policy))


def dump_opening(opening: Opening) -> bytes:
    """The opening as canonical JSON, as sent to gateway and edge."""
    return canonical_json({
        "v": 1, "public": dict(opening.public), "private": dict(opening.private),
        "salt_pub": to_b64(opening.salt_pub), "salt_priv": to_b64(opening.salt_priv), "t": opening.t_ms,
        "index": opening.index, "proof": [to_b64(step) for step in opening.proof], "checkpoint": opening.checkpoint,
    })  # fmt: skip


def parse_opening(data: bytes) -> Opening:
    """Parse `dump_opening`; Malformed for a missing, unknown or mistyped field, Untrusted if the records disagree."""
    value = parse_object(data, max_bytes=MAX_OPENING_BYTES)
    if set(value) != {"v", "public", "private", "salt_pub", "salt_priv", "t", "index", "proof", "checkpoint"}:
        raise Malformed("an opening has other fields")
    if _natural(value["v"]) != 1:
        raise Malformed("unknown version of opening")
    public, private = _record(value["public"], PUBLIC_FIELDS), _record(value["private"], PRIVATE_FIELDS)
    if any(public[field] != private[field] for field in _SHARED):
        raise Untrusted("the public and the private record of this opening disagree")
    if not isinstance(value["proof"], list) or len(value["proof"]) > 64 or not isinstance(value["checkpoint"], str):
        raise Malformed("an opening's proof is a list of at most 64 hashes with a checkpoint")
    return Opening(
        public={key: str(item) for key, item in public.items()},
        private=private,
        salt_pub=from_b64(value["salt_pub"], length=SALT_BYTES),
        salt_priv=from_b64(value["salt_priv"], length=SALT_BYTES),
        t_ms=_natural(value["t"]),
        index=_natural(value["index"]),
        proof=tuple(from_b64(step, length=32) for step in value["proof"]),
        checkpoint=value["checkpoint"],
    )


def _record(value: Any, fields: frozenset[str]) -> dict[str, str | int]:
    if not isinstance(value, dict) or set(value) != fields:
        raise Malformed("a record of this opening has other fields")
    for key, item in value.items():
        if key in _INTEGERS:
            _natural(item)
        elif not isinstance(item, str) or len(item) > (MAX_SIGNED_CHARS if key == "approval_sig" else MAX_TEXT_CHARS):
            raise Malformed(f"{key} is not a short text")
    return value


def _natural(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise Malformed("not a natural number")
    return value
