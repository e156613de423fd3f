"""A policy's hash counts here only when witnesses saw it in the log at least 72 h ago. Pure.

The letter's checkpoint must carry a quorum of cosignatures; their time, not the server's, starts the 72 h.
"""

from collections.abc import Mapping
from typing import Any

from consentry.edge.guard import Trust
from consentry.kernel.canonical import from_b64, parse_object
from consentry.kernel.checkpoint import open_checkpoint
from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_ENTRY_BYTES, POLICY_NOTICE_H
from consentry.kernel.merkle import leaf_hash, verify_inclusion

NOTICE_MS = POLICY_NOTICE_H * 3_600_000


def read_policy_letter(body: Mapping[str, Any], trust: Trust) -> tuple[str, int]:
    """`(policy hash in hex, usable from in ms)`; Malformed or Untrusted when entry, proof or checkpoint do not hold."""
    entry = from_b64(body.get("entry", ""))
    index, proof, note = body.get("index"), body.get("proof"), body.get("checkpoint")
    if not isinstance(index, int) or not isinstance(proof, list) or not isinstance(note, str) or len(proof) > 64:
        raise Malformed("a policy letter has entry, index, proof and checkpoint")
    checkpoint = open_checkpoint(note, trust.log, trust.witnesses, trust.quorum)
    hashes = [from_b64(step, length=32) for step in proof]
    verify_inclusion(leaf_hash(entry), index, checkpoint.size, hashes, checkpoint.root)
    said = parse_object(entry, max_bytes=MAX_ENTRY_BYTES)
    sha256 = said.get("policy_sha256")
    if said.get("kind") != "policy.change" or not isinstance(sha256, str) or len(sha256) != 64:
        raise Malformed("this entry changes no policy")
    return sha256, checkpoint.witnessed_at_s(trust.quorum) * 1_000 + NOTICE_MS
