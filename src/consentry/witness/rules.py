"""What a witness answers to `add-checkpoint` (C2SP tlog-witness): pure but for the memory that it is given."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from consentry.kernel.checkpoint import Checkpoint, parse_body
from consentry.kernel.errors import ConsentryError, Malformed, Untrusted
from consentry.kernel.merkle import HASH_BYTES, verify_consistency
from consentry.kernel.note import Verifier, decode_b64, open_note, split_note
from consentry.witness.memory import Seen

MAX_BODY_BYTES = 65_536
MAX_PROOF_LINES = 63
SIZE_TYPE = "text/x.tlog.size"
FORK = "this log showed two trees: it is cosigned here no more\n"
_SIZE = re.compile(r"size (0|[1-9][0-9]{0,18})")
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class Submission:
    """A request's body: the size the log thinks we know, the consistency proof, the signed checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: str
    head: Checkpoint
    text: str


@dataclass(frozen=True)
class Answer:
    """An HTTP status with a short text; `cosign` says that the head may be kept and signed."""

    status: int
    text: str = ""
    content_type: str = "text/plain"
    cosign: bool = False


def parse_submission(body: bytes) -> Submission:
    """Parse a request's body; Malformed otherwise. Nothing is verified."""
    if len(body) > MAX_BODY_BYTES:
        raise Malformed("too long")
    try:
        head, gap, checkpoint = body.decode().partition("\n\n")
    except UnicodeDecodeError as error:
        raise Malformed("not UTF-8") from error
    first, *lines = head.split("\n")
    old = _OLD.fullmatch(first)
    if old is None or not gap or len(lines) > MAX_PROOF_LINES:
        raise Malformed("a submission starts with `old` and at most 63 hashes")
    proof = tuple(decode_b64(line) for line in lines)
    if any(len(step) != HASH_BYTES for step in proof):
        raise Malformed("a hash has 32 bytes")
    text, _ = split_note(checkpoint)
    parsed, _ = parse_body(text)
    return Submission(int(old[1]), proof, checkpoint, parsed, text)


@dataclass(frozen=True)
class Sighting:
    """What somebody else was shown: a signed head, and what joins it to the head of `size` that the witness knows.

    `root`: of the smaller of both trees as the larger one has it; `proof`: from that root to the larger tree.
    """

    size: int
    root: bytes
    proof: tuple[bytes, ...]
    checkpoint: str
    head: Checkpoint


def parse_sighting(body: bytes) -> Sighting:
    """Parse `size N`, `root HASH`, at most 63 hashes, an empty line and a checkpoint; Malformed otherwise."""
    if len(body) > MAX_BODY_BYTES:
        raise Malformed("too long")
    try:
        head, gap, checkpoint = body.decode().partition("\n\n")
    except UnicodeDecodeError as error:
        raise Malformed("not UTF-8") from error
    lines = head.split("\n")
    size = _SIZE.fullmatch(lines[0])
    if size is None or not gap or not 2 <= len(lines) <= MAX_PROOF_LINES + 2 or not lines[1].startswith("root "):
        raise Malformed("a sighting starts with `size`, `root` and at most 63 hashes")
    root, *proof = (decode_b64(line) for line in (lines[1].removeprefix("root "), *lines[2:]))
    if any(len(step) != HASH_BYTES for step in (root, *proof)):
        raise Malformed("a hash has 32 bytes")
    text, _ = split_note(checkpoint)
    return Sighting(int(size[1]), root, tuple(proof), checkpoint, parse_body(text)[0])


def judge_sighting(said: Sighting, keys: Sequence[Verifier], seen: Seen) -> Answer:
    """What to answer: 200 when both heads are of one tree, 410 when they are proven not to be.

    404 or 403 for another log; 409 with our head when the proof leads to another size; 422 when it proves nothing,
    which an honest log never needs.
    """
    if not keys:
        return Answer(404, "unknown log\n")
    try:
        open_note(said.checkpoint, keys)
    except ConsentryError:
        return Answer(403, "no signature of this log\n")
    if said.size != seen.size:
        return Answer(409, seen.note)
    small, large = sorted(((said.head.size, said.head.root), (seen.size, seen.root)), key=lambda head: head[0])
    if small[0] == large[0]:
        return Answer(200, "one tree\n") if small[1] == large[1] else Answer(410, FORK)
    try:
        verify_consistency(small[0], large[0], said.proof, said.root, large[1])
    except Untrusted:
        return Answer(422, "this proves nothing\n")
    return Answer(200, "one tree\n") if said.root == small[1] else Answer(410, FORK)


def find_logs(origin: str, logs: Sequence[Verifier]) -> list[Verifier]:
    """The keys that we trust for `origin`."""
    return [log for log in logs if log.name == origin]


def decide_answer(said: Submission, keys: Sequence[Verifier], seen: Seen) -> Answer:
    """What to answer, in the order of the specification: 404, 403, 400, 409, 422, or cosign."""
    head = said.head
    if not keys:
        return Answer(404, "unknown log\n")
    try:
        open_note(said.checkpoint, keys)
    except ConsentryError:
        return Answer(403, "no signature of this log\n")
    if said.old > head.size or (said.old == 0 and said.proof):
        return Answer(400, "the old size is larger than the new, or has a proof that it needs not\n")
    if said.old != seen.size:
        return Answer(409, f"{seen.size}\n", SIZE_TYPE)
    if said.old == head.size and seen.root != head.root:
        return Answer(409, f"{seen.size}\n", SIZE_TYPE)
    try:
        verify_consistency(said.old, head.size, said.proof, seen.root, head.root)
    except Untrusted:
        return Answer(422, "the consistency proof does not hold\n")
    return Answer(200, cosign=True)
