"""An entry that a letter brings counts only with its proof under a checkpoint that a quorum of witnesses cosigned."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from consentry.edge.guard import Trust
from consentry.kernel.canonical import from_b64
from consentry.kernel.checkpoint import Checkpoint, open_checkpoint
from consentry.kernel.errors import Malformed
from consentry.kernel.merkle import leaf_hash, verify_inclusion


class Logged(NamedTuple):
    """An entry that is in the public log, and the witnessed checkpoint that says so."""

    entry: bytes
    checkpoint: Checkpoint


def read_logged(body: Mapping[str, Any], trust: Trust) -> Logged:
    """The entry of a letter `{entry, index, proof, checkpoint}`; Malformed or Untrusted when any of it does not hold.

    `body` is parsed JSON, hence `Any`.
    """
    entry = from_b64(body.get("entry", ""))
    index, proof, note = body.get("index"), body.get("proof"), body.get("checkpoint")
    if not isinstance(index, int) or not isinstance(proof, list) or not isinstance(note, str) or len(proof) > 64:
        raise Malformed("such a letter has entry, index, proof and checkpoint")
    checkpoint = open_checkpoint(note, trust.logs, trust.witnesses, trust.quorum)
    hashes = [from_b64(step, length=32) for step in proof]
    verify_inclusion(leaf_hash(entry), index, checkpoint.size, hashes, checkpoint.root)
    return Logged(entry, checkpoint)
