"""Tickets: a short-lived, signed renewal of one opening; 192 bytes, Ed25519. Layout: docs/spec/ticket.md.

offset  bytes  field
     0      2  "CT"
     2      1  version = 1
     3      1  mode: 1 plain, 2 sealed
     4      4  key id: SHA-256(public key)[:4]
     8     32  leaf hash of the opening
    40     16  camera
    56     16  audience (the gateway)
    72     32  SHA-256 of the holder's public key
   104      8  not_before, ms since 1970, big-endian
   112      8  not_after, ms since 1970, big-endian
   120      8  serial, big-endian, rises with each renewal of one session
   128     64  Ed25519 signature over "consentry-ticket-v1\\n" ‖ bytes 0..127
"""

import hashlib
import struct
from dataclasses import dataclass
from enum import IntEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.ids import CameraId, GatewayId, bytes_of_id, id_of_bytes
from consentry.kernel.limits import TICKET_LIFE_MS

TICKET_BYTES = 192
_SIGNED_BYTES = 128
_CONTEXT = b"consentry-ticket-v1\n"
_LAYOUT = struct.Struct(">2sBB4s32s16s16s32sQQQ")


class Mode(IntEnum):
    """How units travel: `PLAIN` readable by the gateway, `SEALED` encrypted from edge to viewer."""

    PLAIN = 1
    SEALED = 2


@dataclass(frozen=True)
class Ticket:
    """What a ticket says; times in ms since 1970, [not_before, not_after)."""

    leaf: bytes
    camera: CameraId
    audience: GatewayId
    holder_sha256: bytes
    not_before_ms: int
    not_after_ms: int
    serial: int
    mode: Mode = Mode.PLAIN


def key_id(public: bytes) -> bytes:
    """Four bytes that name a ticket key: `SHA-256(raw public key)[:4]`."""
    return hashlib.sha256(public).digest()[:4]


def sign_ticket(ticket: Ticket, key: Ed25519PrivateKey) -> bytes:
    """192 bytes; Malformed when the ticket would live longer than `TICKET_LIFE_MS` or not at all."""
    if not 0 < ticket.not_after_ms - ticket.not_before_ms <= TICKET_LIFE_MS:
        raise Malformed("a ticket lives more than 0 and at most 60 s")
    body = _LAYOUT.pack(
        b"CT", 1, ticket.mode, key_id(key.public_key().public_bytes_raw()), ticket.leaf,
        bytes_of_id(ticket.camera), bytes_of_id(ticket.audience), ticket.holder_sha256,
        ticket.not_before_ms, ticket.not_after_ms, ticket.serial,
    )  # fmt: skip
    return body + key.sign(_CONTEXT + body)


def verify_ticket(data: bytes, keys: tuple[Ed25519PublicKey, ...], *, now_ms: int) -> Ticket:
    """The ticket inside `data` if one of `keys` signed it and `now_ms` is inside its life.

    Raises Malformed (not a ticket) or Untrusted (signature, life or time). Which camera, gateway, holder and opening
    it must be for is the caller's to compare: they know theirs.
    """
    if len(data) != TICKET_BYTES:
        raise Malformed("a ticket has 192 bytes")
    body, signature = data[:_SIGNED_BYTES], data[_SIGNED_BYTES:]
    magic, version, mode, kid, leaf, camera, audience, holder, start, end, serial = _LAYOUT.unpack(body)
    if magic != b"CT" or version != 1 or mode not in (Mode.PLAIN, Mode.SEALED):
        raise Malformed("not a ticket of version 1")
    _check_signature(body, signature, kid, keys)
    if not 0 < end - start <= TICKET_LIFE_MS:
        raise Untrusted("this ticket lives too long", kind="ticket-life")
    if not start <= now_ms < end:
        raise Untrusted("this ticket is not valid now", kind="ticket-expired")
    return Ticket(
        leaf=leaf, camera=CameraId(id_of_bytes("camera", camera)), audience=GatewayId(id_of_bytes("gateway", audience)),
        holder_sha256=holder, not_before_ms=start, not_after_ms=end, serial=serial, mode=Mode(mode),
    )  # fmt: skip


def _check_signature(body: bytes, signature: bytes, kid: bytes, keys: tuple[Ed25519PublicKey, ...]) -> None:
    for key in keys:
        if key_id(key.public_bytes_raw()) == kid:
            try:
                key.verify(signature, _CONTEXT + body)
            except InvalidSignature:
                break
            return
    raise Untrusted("this ticket is not signed by a key that we trust", kind="ticket-signature")
