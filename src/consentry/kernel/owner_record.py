"""What only the owner may say, signed by the owner's own key: device key (P-256) or passkey. docs/spec/owner-record.md.

A signed record travels as one text, the JSON object `{"record": {…}, "signature": b64url(r ‖ s)}` for a device key or
`{"record": {…}, "passkey": {authenticator_data, client_data, signature}}` for a passkey. The message that is signed is
`consentry-owner-v1\\n` ‖ canonical JSON of the record. Servers carry these texts and never need to understand them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from consentry.kernel.canonical import canonical_json, from_b64, parse_object, to_b64
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.holder import SIGNATURE_BYTES, verify_holder, verify_passkey

MAX_SIGNED_CHARS = 2_000
_CONTEXT = b"consentry-owner-v1\n"

# Every record also has `v` = 1, `kind` and `t` (ms, the owner's clock). `minutes` and `t` are integers, the rest texts.
FIELDS: Mapping[str, frozenset[str]] = {
    "ask.yes": frozenset({"agency", "ask", "camera", "incident", "minutes", "purpose"}),
    "camera.address": frozenset({"box_sha256", "camera"}),
    "camera.resume": frozenset({"camera"}),
    "cameras.find": frozenset({"edge", "reply_key"}),
    "clip.send": frozenset({"agency", "answer", "camera", "clip", "edge", "request", "sha256"}),
    "events.key": frozenset({"edge", "reply_key"}),
    "events.share": frozenset({"camera", "reply_key"}),
    "events.unshare": frozenset({"camera", "reply_key"}),
    "own.look": frozenset({"camera", "edge", "gateway", "reply_key", "session"}),
    "picture.ask": frozenset({"camera", "reply_key"}),
    "picture.last": frozenset({"camera", "reply_key"}),
    "picture.whole": frozenset({"camera", "reply_key"}),
    "terms.loosen": frozenset({"camera", "terms_sha256"}),
}
_INTEGERS = frozenset({"minutes", "t", "v"})


@dataclass(frozen=True)
class OwnerKey:
    """A pinned key: 65-byte point; `rp_id` is the site of a passkey, or "" for a device key."""

    public: bytes
    rp_id: str = ""


def owner_record(kind: str, *, t_ms: int, **fields: str | int) -> dict[str, str | int]:
    """A record of `kind` said at `t_ms`; Malformed when its fields are not exactly those of `FIELDS`."""
    return _checked({"v": 1, "kind": kind, "t": t_ms, **fields}, kind)


def owner_message(record: Mapping[str, str | int]) -> bytes:
    """The bytes to sign."""
    return _CONTEXT + canonical_json(dict(record))


def sign_as_device(record: Mapping[str, str | int], key: ec.EllipticCurvePrivateKey) -> str:
    """The signed text, as the owner's browser makes it with its device key (demo and tests)."""
    r, s = decode_dss_signature(key.sign(owner_message(record), ec.ECDSA(hashes.SHA256())))
    half = SIGNATURE_BYTES // 2
    return json.dumps({"record": dict(record), "signature": to_b64(r.to_bytes(half, "big") + s.to_bytes(half, "big"))})


def public_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The 65-byte point of `key`, as browsers export it."""
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def open_owner_record(signed: str, key: OwnerKey, *, kind: str) -> dict[str, str | int]:
    """The record inside `signed` if `key` signed it and it is of `kind`; Malformed or Untrusted otherwise.

    Freshness, replay and what it must be about are the caller's to compare.
    """
    if not isinstance(signed, str):
        raise Malformed("a signed record is a text")
    value = parse_object(signed.encode(errors="replace"), max_bytes=MAX_SIGNED_CHARS)
    record = _checked(value.get("record"), kind)
    message = owner_message(record)
    if set(value) == {"record", "signature"} and not key.rp_id:
        verify_holder(key.public, from_b64(value["signature"]), message)
    elif set(value) == {"record", "passkey"} and key.rp_id:
        verify_passkey(key.public, canonical_json(value["passkey"]), message, rp_id=key.rp_id)
    else:
        raise Untrusted("not signed by the kind of key that is pinned", kind="owner-signature")
    return record


def _checked(record: Any, kind: str) -> dict[str, str | int]:
    if kind not in FIELDS or not isinstance(record, dict) or record.get("kind") != kind:
        raise Malformed("not a record of this kind")
    if set(record) != FIELDS[kind] | {"v", "kind", "t"} or record["v"] != 1:
        raise Malformed("a record of an owner has other fields")
    for name, item in record.items():
        if name in _INTEGERS:
            if not isinstance(item, int) or isinstance(item, bool) or not 0 <= item < 2**53:
                raise Malformed(f"{name} is not a natural number")
        elif not isinstance(item, str) or not 0 < len(item) <= 200:
            raise Malformed(f"{name} is not a short text")
    return record
