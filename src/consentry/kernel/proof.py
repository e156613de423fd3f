"""The proof of one entry as a file (C2SP tlog-proof), so that it can be checked years later without us.

Our `extra` line holds the entry's bytes: the format does not authenticate it, but its leaf hash is what is proven.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from consentry.kernel.checkpoint import Checkpoint, open_checkpoint
from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_ENTRY_BYTES, MAX_PROOF_BYTES
from consentry.kernel.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from consentry.kernel.note import Verifier, decode_b64

_MAGIC = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class Proof:
    """Inclusion of entry `index`: sibling hashes (32 bytes each), leaf upwards, to the root of note `checkpoint`."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str


def dump_proof(proof: Proof, *, extra: bytes = b"") -> str:
    """The file's text; `extra` are the entry's bytes, or empty to leave them out."""
    lines = [_MAGIC]
    if extra:
        lines.append(f"extra {base64.b64encode(extra).decode()}")
    lines.append(f"index {proof.index}")
    lines += [base64.b64encode(step).decode() for step in proof.hashes]
    return "\n".join(lines) + "\n\n" + proof.checkpoint


def parse_proof(text: str) -> tuple[Proof, bytes]:
    """The proof and the `extra` bytes (empty when there are none) of a file, unverified; Malformed otherwise."""
    if len(text) > MAX_PROOF_BYTES:
        raise Malformed("a proof this long is none")
    head, gap, checkpoint = text.partition("\n\n")
    magic, *lines = head.split("\n")
    if magic != _MAGIC or not gap or not lines:
        raise Malformed("not a tlog-proof file of version 1")
    extra = decode_b64(lines.pop(0).removeprefix("extra ")) if lines[0].startswith("extra ") else b""
    index = _INDEX.fullmatch(lines.pop(0)) if lines else None
    hashes = tuple(decode_b64(line) for line in lines)
    if index is None or len(hashes) > 64 or any(len(step) != HASH_BYTES for step in hashes):
        raise Malformed("a tlog-proof has an index and at most 64 hashes")
    return Proof(int(index[1]), hashes, checkpoint), extra


def verify_proof(
    text: str,
    log: Verifier | Sequence[Verifier],
    witnesses: tuple[Verifier, ...] = (),
    quorum: int = 0,
    entry: bytes | None = None,
) -> tuple[bytes, Checkpoint]:
    """The entry's bytes and the checkpoint if the file proves that entry; `entry` replaces the file's `extra`.

    Raises Malformed, or Untrusted when a signature, the quorum or the inclusion does not hold.
    """
    proof, extra = parse_proof(text)
    content = extra if entry is None else entry
    if not 0 < len(content) <= MAX_ENTRY_BYTES:
        raise Malformed("the file does not hold the entry; give it beside")
    head = open_checkpoint(proof.checkpoint, log, witnesses, quorum)
    verify_inclusion(leaf_hash(content), proof.index, head.size, proof.hashes, head.root)
    return content, head
