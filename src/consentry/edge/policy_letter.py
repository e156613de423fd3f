"""A policy's hash counts here only when witnesses saw it in the log at least 72 h ago. Pure.

The letter's checkpoint must carry a quorum of cosignatures; their time, not the server's, starts the 72 h.
"""

from collections.abc import Mapping
from typing import Any

from consentry.edge.guard import Trust
from consentry.edge.logged import read_logged
from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_ENTRY_BYTES, POLICY_NOTICE_H

NOTICE_MS = POLICY_NOTICE_H * 3_600_000


def read_policy_letter(body: Mapping[str, Any], trust: Trust) -> tuple[str, int]:
    """`(policy hash in hex, usable from in ms)`; Malformed or Untrusted when entry, proof or checkpoint do not hold."""
    entry, checkpoint = read_logged(body, trust)
    said = parse_object(entry, max_bytes=MAX_ENTRY_BYTES)
    sha256 = said.get("policy_sha256")
    if said.get("kind") != "policy.change" or not isinstance(sha256, str) or len(sha256) != 64:
        raise Malformed("this entry changes no policy")
    return sha256, checkpoint.witnessed_at_s(trust.quorum) * 1_000 + NOTICE_MS
