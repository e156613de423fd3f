"""Canonical JSON read strictly, and DSSE envelopes: what is signed has one spelling, and nothing is left unread."""

import base64
import hashlib
import json
import re
from collections.abc import Collection, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consentry.evidence.bag.check.fault import need, within
from consentry.kernel.errors import Malformed
from consentry.kernel.note import ED25519, Verifier, decode_b64

HEX_SHA256 = re.compile(r"[0-9a-f]{64}")
MAX_INTEGER = (1 << 53) - 1
_ENVELOPE = ("payload", "payloadType", "signatures")


def strict_object(raw: bytes, keys: Collection[str]) -> dict[str, Any]:
    """The object of exactly these keys in canonical JSON (RFC 8785, integers only); Malformed otherwise."""
    try:
        value = json.loads(raw, parse_float=_no_float, parse_constant=_no_float)
        same = canonical_bytes(value) == raw
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON of integers and texts") from error
    if not isinstance(value, dict) or set(value) != set(keys):
        raise Malformed("not an object of the fields that belong there")
    if not same:
        raise Malformed("not in canonical form")
    return value


def canonical_bytes(value: Any) -> bytes:
    """RFC 8785 bytes of parsed JSON without floats. Keys of ours are ASCII, so that code point order is theirs."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()


def natural(value: Any) -> int:
    """`value` if it is an integer from 0 to 2^53 - 1; Malformed otherwise."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_INTEGER:
        raise Malformed("a number is none, or out of bounds")
    return value


def hex_digest(value: Any) -> str:
    """`value` if it is a SHA-256 in lower-case hex; Malformed otherwise."""
    if not isinstance(value, str) or not HEX_SHA256.fullmatch(value):
        raise Malformed("a SHA-256 is none")
    return value


def short_text(value: Any) -> str:
    """`value` if it is a text of at most 2,000 characters; Malformed otherwise."""
    if not isinstance(value, str) or len(value) > 2_000:
        raise Malformed("a text is none, or too long")
    return value


def raw_bytes(text: Any, length: int | None = None) -> bytes:
    """The bytes of base64url without padding, in its one spelling; Malformed otherwise."""
    if not isinstance(text, str):
        raise Malformed("not base64url")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise Malformed("not base64url") from error
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != text or (length is not None and len(raw) != length):
        raise Malformed("not base64url in its one spelling, or of another length")
    return raw


def open_envelope(raw: bytes, payload_type: str, keys: Sequence[Verifier], layer: str) -> bytes:
    """The payload of a DSSE envelope that one of `keys` signed; each signature of one of them must hold.

    BagFault: in `layer` when it is no such envelope, in signature when the key or the signature is another.
    """
    with within(layer):
        envelope = strict_object(raw, _ENVELOPE)
        need(layer, envelope["payloadType"] == payload_type, "the envelope says that it holds something else")
        signatures = envelope["signatures"]
        need(layer, isinstance(signatures, list) and 0 < len(signatures) <= 8, "there is no signature, or too many")
        payload = decode_b64(envelope["payload"])
    with within("signature"):
        message = b"DSSEv1 %d %b %d %b" % (len(payload_type), payload_type.encode(), len(payload), payload)
        named = [(key, one["sig"]) for one in signatures for key in keys if key.key_id.hex() == one["keyid"]]
        need("signature", bool(named), f"the {layer} is signed by a key that you do not trust")
        for key, signature in named:
            need("signature", key.algorithm == ED25519 and _holds(key, decode_b64(signature), message),
                 f"the signature of the {layer} does not hold")  # fmt: skip
    return payload


def commitment(prefix: int, salt: str, payload: bytes) -> str:
    """What the log holds of a signed payload: base64url of SHA-256(prefix ‖ salt ‖ SHA-256(payload))."""
    inner = bytes([prefix]) + raw_bytes(salt, length=32) + hashlib.sha256(payload).digest()
    return base64.urlsafe_b64encode(hashlib.sha256(inner).digest()).decode().rstrip("=")


def _holds(key: Verifier, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _no_float(text: str) -> None:
    raise ValueError(f"{text[:20]} is no integer")
