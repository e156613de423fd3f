"""Units that only edge and viewer can read: AES-256-GCM under a content key that the edge wraps to each viewer.

payload = key number (4) ‖ counter (8) ‖ text and tag; nonce = key number ‖ counter; the open header of `wire.py` (34
bytes, with its sealed flag) is authenticated with it. A counter is used once under a key and a key by one sender.
Specification: docs/spec/sealed.md; vectors: docs/spec/vectors/sealed-unit.json.
"""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.sealed_box import TAG_BYTES, seal
from consentry.kernel.wire import HEAD_BYTES, WireUnit, pack_head, parse_unit

SECRET_BYTES = 32
_NONCE = struct.Struct(">IQ")
OVERHEAD_BYTES = _NONCE.size + TAG_BYTES
_BOX_CONTEXT = b"consentry-view-box-v1\n"


@dataclass(frozen=True)
class ContentKey:
    """`number`: rises with each key of one flow, below 2^32; `secret`: 32 bytes, never stored, never logged."""

    number: int
    secret: bytes = field(default_factory=lambda: os.urandom(SECRET_BYTES), repr=False)

    @cached_property
    def cipher(self) -> AESGCM:
        """Made once: a key serves 30 units a second for a minute."""
        return AESGCM(self.secret)


def box_message(leaf: bytes, box_key: bytes) -> bytes:
    """What a viewer's holder key signs over its box key (65-byte point), for the look with this leaf hash."""
    return _BOX_CONTEXT + leaf + box_key


def view_context(session: str) -> str:
    """Context of a content key, sealed at the edge to the viewer of `session`."""
    return f"view-key\n{session}"


def wrap_key(key: ContentKey, box_key: bytes, session: str) -> bytes:
    """The content key in a box that only the viewer's box key opens: number (4) ‖ secret (32)."""
    return seal(box_key, key.number.to_bytes(4, "big") + key.secret, context=view_context(session))


def seal_unit(unit: WireUnit, key: ContentKey, counter: int) -> bytes:
    """The binary message of a plain `unit`, sealed. `counter` must never come twice under `key`."""
    nonce = _NONCE.pack(key.number, counter)
    head = pack_head(unit, len(unit.payload) + OVERHEAD_BYTES, sealed=True)
    return b"".join((head, nonce, key.cipher.encrypt(nonce, unit.payload, head)))


def open_unit(message: bytes, secrets: Mapping[int, bytes]) -> WireUnit:
    """The plain unit in a sealed binary message; Malformed when it is none, Untrusted without its key or if changed."""
    unit = parse_unit(message)
    if not unit.sealed or len(unit.payload) <= OVERHEAD_BYTES:
        raise Malformed("not a sealed unit")
    nonce, text = unit.payload[: _NONCE.size], unit.payload[_NONCE.size :]
    secret = secrets.get(_NONCE.unpack(nonce)[0])
    if secret is None:
        raise Untrusted("this unit is under a key that is not ours", kind="sealed-key")
    try:
        plain = AESGCM(secret).decrypt(nonce, text, message[:HEAD_BYTES])
    except InvalidTag as error:
        raise Untrusted("this unit was changed", kind="sealed-unit") from error
    return unit._replace(sealed=False, payload=plain)
