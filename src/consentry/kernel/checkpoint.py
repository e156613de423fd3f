"""Checkpoints (C2SP tlog-checkpoint): the signed head of the log: origin, size, root; cosigned by witnesses."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.merkle import HASH_BYTES
from consentry.kernel.note import Signed, Signer, Verifier, decode_b64, open_note, sign_note

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log: `size` leaves under `root` (32 bytes). `cosigned`: the witnesses' signatures that held."""

    origin: str
    size: int
    root: bytes
    cosigned: tuple[Signed, ...] = ()

    @property
    def body(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def witnessed_at_s(self, quorum: int) -> int:
        """Since when (s since 1970) `quorum` witnesses have vouched for this head: the oldest of the newest `quorum`.

        Untrusted when there are fewer; 0 for a quorum of 0.
        """
        times = sorted((item.time_s or 0 for item in self.cosigned), reverse=True)
        if len(times) < quorum:
            raise Untrusted(f"{len(times)} of {quorum} witnesses cosigned", kind="witness-quorum")
        return times[quorum - 1] if quorum else 0


def sign_checkpoint(checkpoint: Checkpoint, *signers: Signer, time_s: int = 0) -> str:
    """The checkpoint as a note signed by `signers`."""
    return sign_note(checkpoint.body, *signers, time_s=time_s)


def open_checkpoint(
    text: str, log: Verifier | Sequence[Verifier], witnesses: Sequence[Verifier] = (), quorum: int = 0
) -> Checkpoint:
    """The checkpoint inside `text` if `log` signed it and at least `quorum` of `witnesses` cosigned.

    `log`: its key, or while it rotates its keys, of which one must have signed. Keys of one name are one witness.

    Raises Malformed (no checkpoint, or one with extension lines, which our log never writes) or Untrusted (signature,
    origin, or too few witnesses).
    """
    logs = (log,) if isinstance(log, Verifier) else tuple(log)
    note = open_note(text, (*logs, *witnesses))
    if not any(item.verifier in logs for item in note.signed):
        raise Untrusted("the log did not sign this checkpoint", kind="note-signature")
    head, extensions = parse_body(note.text)
    if extensions:
        raise Malformed("a checkpoint of ours has three lines")
    if any(head.origin != item.name for item in logs):
        raise Untrusted("this checkpoint is of another log", kind="log-origin")
    by_key = {item.verifier.public: item for item in note.signed if item.verifier not in logs}
    cosigned = tuple({item.verifier.name: item for item in by_key.values()}.values())
    found = Checkpoint(head.origin, head.size, head.root, cosigned)
    found.witnessed_at_s(quorum)
    return found


def parse_body(body: str) -> tuple[Checkpoint, tuple[str, ...]]:
    """The head and the extension lines of a note's text, nothing verified; Malformed when it is no checkpoint."""
    origin, *rest = body.removesuffix("\n").split("\n")
    if len(rest) < 2 or not origin or not _DECIMAL.fullmatch(rest[0]):
        raise Malformed("a checkpoint has an origin, a size and a root")
    root = decode_b64(rest[1])
    if len(root) != HASH_BYTES:
        raise Malformed("a root has 32 bytes")
    return Checkpoint(origin, int(rest[0]), root), tuple(rest[2:])
