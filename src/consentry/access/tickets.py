"""The web process's side of the signer: one line out, one line in, over its unix socket. It holds no key itself."""

import json
import socket
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from consentry.kernel.canonical import canonical_json, from_b64, parse_object
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import Malformed, Unavailable, Untrusted
from consentry.kernel.opening import Opening, dump_opening
from consentry.kernel.ticket import TICKET_BYTES
from consentry.ledger import queries as ledger

ANSWER_WITHIN_S = 2.0
MAX_ANSWER_BYTES = 4_096


@dataclass(frozen=True)
class TicketWish:
    """The ticket that is wished for; `holder_key`: SHA-256 of the holder's key, base64url; times in ms.

    `sealed`: pictures are encrypted from edge to viewer.
    """

    camera: str
    audience: str
    holder_key: str
    not_before_ms: int
    not_after_ms: int
    sealed: bool = False


def sign(wish: TicketWish, opening: Opening) -> bytes:
    """The signed ticket (192 bytes); Unavailable when the signer is away or slow, Untrusted when it refuses."""
    request = canonical_json({
        "ticket": {
            "camera": wish.camera, "audience": wish.audience, "holder_key": wish.holder_key,
            "not_before": wish.not_before_ms, "not_after": wish.not_after_ms,
            "sealed": wish.sealed,
        },
        "opening": json.loads(dump_opening(opening)),
    })  # fmt: skip
    answer = _ask(Path(settings.DATA) / "run" / "signer.sock", request + b"\n")
    if set(answer) == {"ticket"}:
        return from_b64(str(answer["ticket"]), length=TICKET_BYTES)
    kind = str(answer.get("error", "error"))
    if kind == Unavailable.kind:
        raise Unavailable("the signer cannot sign yet")
    raise Untrusted("the signer refused", kind=kind)


def _ask(path: Path, line: bytes) -> dict[str, object]:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(ANSWER_WITHIN_S)
            link.connect(str(path))
            link.sendall(line)
            with link.makefile("rb") as stream:
                return parse_object(stream.readline(MAX_ANSWER_BYTES), max_bytes=MAX_ANSWER_BYTES)
    except (OSError, Malformed) as error:
        raise Unavailable("the signer does not answer", kind="signer-away") from error


def ticket_public_keys() -> list[str]:
    """The ticket keys that count now, newest first, base64url; Unavailable before the signer's first start."""
    try:
        return list(ledger.key_folder().ticket_keys(to_ms(utc_now())))
    except Unavailable as error:
        raise Unavailable("the signer has no key yet", kind="signer-away") from error
