"""May this viewer see this camera? Pure checks of what was presented; no network, no clock of its own.

The web is not believed: opening, ticket, log proof and the holder's key must agree among themselves.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consentry.kernel.canonical import canonical_json, from_b64, to_b64
from consentry.kernel.checkpoint import open_checkpoint
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.holder import POINT_BYTES, SIGNATURE_BYTES, verify_holder
from consentry.kernel.ids import CameraId, GatewayId, SessionId
from consentry.kernel.merkle import verify_inclusion
from consentry.kernel.note import Verifier
from consentry.kernel.opening import Opening, leaf_of, parse_opening
from consentry.kernel.ticket import TICKET_BYTES, Mode, Ticket, verify_ticket

NONCE_BYTES = 32
MAX_PLAYS = 8
_CONTEXT = b"consentry-holder-v1\n"


@dataclass(frozen=True)
class Trust:
    """Whom this gateway believes: the log's keys and the ticket keys (two while one rotates); and who it is itself."""

    gateway: GatewayId
    logs: tuple[Verifier, ...]
    ticket_keys: tuple[Ed25519PublicKey, ...]

    def still_holds(self, later: "Trust") -> bool:
        """Does `later` believe all that this believed? A new key beside the old ones ends no look."""
        before, after = ([key.public_bytes_raw() for key in trust.ticket_keys] for trust in (self, later))
        return self.gateway == later.gateway and set(self.logs) <= set(later.logs) and set(before) <= set(after)


@dataclass(frozen=True)
class Box:
    """For a sealed look: the viewer's keys as presented (b64), to hand on; the edge checks them by itself."""

    holder_key: str
    box_key: str
    box_signature: str


@dataclass(frozen=True)
class Admission:
    """What a viewer may see: one camera, under `ticket`, never beyond `max_until_ms`.

    `opening`, `ticket_bytes`, `box`: as presented, to hand on to the edge; `box` for a sealed look alone.
    """

    session: SessionId
    camera: CameraId
    ticket: Ticket
    ticket_bytes: bytes
    max_until_ms: int
    opening: Mapping[str, object]
    box: "Box | None" = None

    @property
    def until_ms(self) -> int:
        """The end of the ticket or of the grant, whichever comes first."""
        return min(self.ticket.not_after_ms, self.max_until_ms)


def check_presented(message: Mapping[str, object], nonce: bytes, trust: Trust, *, now_ms: int) -> Admission:
    """Check a viewer's `present` message against the challenge `nonce` that it was given.

    Raises Malformed or Untrusted; `kind` says which check failed. Nothing is admitted by default.
    """
    fields = message.get("opening")
    if not isinstance(fields, dict):
        raise Malformed("an opening is presented")
    opening = parse_opening(canonical_json(fields))
    ticket_bytes = _bytes(message, "ticket", TICKET_BYTES)
    ticket = verify_ticket(ticket_bytes, trust.ticket_keys, now_ms=now_ms)
    _check_agreement(opening, ticket, trust)
    holder = _bytes(message, "holder_key", POINT_BYTES)
    if hashlib.sha256(holder).digest() != ticket.holder_sha256:
        raise Untrusted("this ticket is another viewer's", kind="holder-other")
    verify_holder(holder, _bytes(message, "signature", SIGNATURE_BYTES), _CONTEXT + nonce + ticket_bytes)
    _check_log(opening, ticket.leaf, trust)
    max_until_ms = opening.number("max_until")
    if now_ms >= max_until_ms:
        raise Untrusted("this grant is over", kind="grant-over")
    box = _box(message, holder) if ticket.mode is Mode.SEALED else None
    return Admission(SessionId(opening.text("session")), ticket.camera, ticket, ticket_bytes, max_until_ms, fields, box)


def codecs_of(message: Mapping[str, object]) -> frozenset[str]:
    """What the viewer says that it can play beside H.264 (`plays`), as `AccessUnit.codec`; unknown words count for
    nothing. Malformed when it is no short list."""
    said = message.get("plays", [])
    if not isinstance(said, list) or len(said) > MAX_PLAYS:
        raise Malformed("plays is a short list of words")
    return frozenset({"h264", *(word for word in said if word == "h265")})


def check_renewal(admission: Admission, ticket_bytes: bytes, trust: Trust, *, now_ms: int) -> Admission:
    """The admission under its next ticket; Malformed or Untrusted when that is not one for the same look."""
    ticket = verify_ticket(ticket_bytes, trust.ticket_keys, now_ms=now_ms)
    old = admission.ticket
    same = (ticket.leaf, ticket.camera, ticket.audience, ticket.holder_sha256, ticket.mode)
    if same != (old.leaf, old.camera, old.audience, old.holder_sha256, old.mode):
        raise Untrusted("this ticket is for another look", kind="ticket-other")
    if ticket.serial <= old.serial:
        raise Untrusted("this ticket is not newer", kind="ticket-serial")
    return Admission(
        admission.session, admission.camera, ticket, ticket_bytes, admission.max_until_ms, admission.opening,
        admission.box,
    )  # fmt: skip


def _box(message: Mapping[str, object], holder: bytes) -> Box:
    box_key, signature = _bytes(message, "box_key", POINT_BYTES), _bytes(message, "box_signature", SIGNATURE_BYTES)
    return Box(to_b64(holder), to_b64(box_key), to_b64(signature))


def _check_agreement(opening: Opening, ticket: Ticket, trust: Trust) -> None:
    if ticket.audience != trust.gateway or opening.private["audience"] != trust.gateway:
        raise Untrusted("this is for another gateway", kind="audience-other")
    if opening.private["camera"] != ticket.camera:
        raise Untrusted("this ticket is for another camera", kind="camera-other")
    if from_b64(opening.text("holder_key"), length=32) != ticket.holder_sha256:
        raise Untrusted("opening and ticket name two viewers", kind="holder-other")
    if leaf_of(opening) != ticket.leaf:
        raise Untrusted("this ticket is for another opening", kind="leaf-other")


def _check_log(opening: Opening, leaf: bytes, trust: Trust) -> None:
    head = open_checkpoint(opening.checkpoint, trust.logs)
    verify_inclusion(leaf, opening.index, head.size, opening.proof, head.root)


def _bytes(message: Mapping[str, object], name: str, length: int) -> bytes:
    value = message.get(name)
    if not isinstance(value, str):
        raise Malformed(f"{name} is missing")
    return from_b64(value, length=length)
