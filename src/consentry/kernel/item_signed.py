"""What the vault's key signs: an item's manifest (DSSE v1) and the acknowledgement of a segment (docs/spec/item.md)."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consentry.kernel.canonical import canonical_json, from_b64, parse_object, to_b64
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.ids import ItemId
from consentry.kernel.item import Manifest, check_item_id, parse_manifest
from consentry.kernel.limits import MAX_ITEM_ENVELOPE_BYTES
from consentry.kernel.note import ED25519, Signer, Verifier, decode_b64

PAYLOAD_TYPE: Final = "application/vnd.consentry.item+json;version=1"
MAX_ACKNOWLEDGEMENT_BYTES: Final = 1_024
_MAX_SIGNATURES = 8
_ACK_CONTEXT = b"consentry-ack-v1\n"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class SignedManifest:
    """A manifest whose signature held: the exact payload, its SHA-256 (32 bytes), and whose key it was."""

    manifest: Manifest
    payload: bytes
    payload_sha256: bytes
    signed_by: Verifier


@dataclass(frozen=True)
class Acknowledgement:
    """The vault holds segment `number` of `item` durably; `sha256` (hex) of its plain bytes, `line_sha256` of its line.

    Since each line names the one before it, the acknowledgement holds for all segments up to this one.
    """

    item: ItemId
    number: int
    sha256: str
    line_sha256: str


def pae(payload_type: str, payload: bytes) -> bytes:
    """The bytes that DSSE v1 signs."""
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(payload), payload)


def sign_manifest(manifest: Manifest, signer: Signer) -> bytes:
    """The file `manifest`: a DSSE envelope as canonical JSON. The same manifest and key give the same bytes."""
    return sign_payload(manifest.to_bytes(), signer)


def sign_payload(payload: bytes, signer: Signer) -> bytes:
    """The envelope around the canonical JSON of a manifest."""
    signature = signer.private.sign(pae(PAYLOAD_TYPE, payload))
    signed = {"keyid": signer.verifier.key_id.hex(), "sig": base64.b64encode(signature).decode()}
    envelope = {"payload": base64.b64encode(payload).decode(), "payloadType": PAYLOAD_TYPE, "signatures": [signed]}
    return canonical_json(envelope)


def open_manifest(envelope: bytes, verifiers: Sequence[Verifier]) -> SignedManifest:
    """The manifest, if one of `verifiers` (Ed25519) signed it.

    Raises:
        Malformed: not such an envelope, or what it holds is no manifest.
        Untrusted `item-signature`: no key that we trust signed it, or it was changed since.
    """
    value = parse_object(envelope, max_bytes=MAX_ITEM_ENVELOPE_BYTES)
    if set(value) != {"payload", "payloadType", "signatures"} or value["payloadType"] != PAYLOAD_TYPE:
        raise Malformed("not the envelope of an item's manifest")
    if not isinstance(value["payload"], str) or not isinstance(value["signatures"], list):
        raise Malformed("not the envelope of an item's manifest")
    if not 0 < len(value["signatures"]) <= _MAX_SIGNATURES:
        raise Malformed("an envelope has a few signatures")
    payload = decode_b64(value["payload"])
    message, known = pae(PAYLOAD_TYPE, payload), {key.key_id.hex(): key for key in verifiers}
    signed_by = [key for said in value["signatures"] if (key := _signed_by(said, message, known)) is not None]
    if not signed_by:
        raise Untrusted("no key that we trust signed this manifest", kind="item-signature")
    return SignedManifest(parse_manifest(payload), payload, hashlib.sha256(payload).digest(), signed_by[0])


def sign_acknowledgement(said: Acknowledgement, signer: Signer) -> bytes:
    """`{acknowledgement, keyid, signature}` as canonical JSON."""
    record = {"v": 1, **vars(said)}
    signature = signer.private.sign(_ACK_CONTEXT + canonical_json(record))
    return canonical_json(
        {"acknowledgement": record, "keyid": signer.verifier.key_id.hex(), "signature": to_b64(signature)}
    )


def open_acknowledgement(signed: bytes, verifiers: Sequence[Verifier]) -> Acknowledgement:
    """The acknowledgement, if one of `verifiers` signed it; which segment it must be of is the caller's to compare.

    Raises:
        Malformed: no acknowledgement. Untrusted `item-signature`: not signed by a key that we trust, or changed.
    """
    value = parse_object(signed, max_bytes=MAX_ACKNOWLEDGEMENT_BYTES)
    if set(value) != {"acknowledgement", "keyid", "signature"} or not isinstance(value["acknowledgement"], dict):
        raise Malformed("not an acknowledgement")
    record, signature = value["acknowledgement"], from_b64(value["signature"], length=64)
    key = next((key for key in verifiers if key.key_id.hex() == value["keyid"]), None)
    if key is None:
        raise Untrusted("no key that we trust signed this acknowledgement", kind="item-signature")
    _verify(key, signature, _ACK_CONTEXT + canonical_json(record))
    return _parse_acknowledgement(record)


def _parse_acknowledgement(record: dict[str, Any]) -> Acknowledgement:
    fields = dict(record)
    if fields.pop("v", None) != 1:
        raise Malformed("not an acknowledgement of this version")
    try:
        said = Acknowledgement(**fields)
    except TypeError as error:
        raise Malformed("an acknowledgement has other fields") from error
    check_item_id(said.item)
    if not isinstance(said.number, int) or isinstance(said.number, bool) or said.number < 0:
        raise Malformed("an acknowledgement's number is none")
    if not _SHA256.fullmatch(str(said.sha256)) or not _SHA256.fullmatch(str(said.line_sha256)):
        raise Malformed("an acknowledgement's digests are none")
    return said


def _signed_by(said: Any, message: bytes, known: dict[str, Verifier]) -> Verifier | None:
    """Whose signature it is, None for a key that we do not know; `said` is parsed JSON, hence `Any`."""
    fits = isinstance(said, dict) and set(said) == {"keyid", "sig"}
    if not fits or not all(isinstance(text, str) for text in said.values()):
        raise Malformed("a signature has a keyid and a sig")
    key = known.get(said["keyid"])
    if key is None:
        return None
    _verify(key, decode_b64(said["sig"]), message)
    return key


def _verify(key: Verifier, signature: bytes, message: bytes) -> None:
    if key.algorithm != ED25519:
        raise Untrusted("a key of another kind signs no item", kind="item-signature")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except InvalidSignature as error:
        raise Untrusted(f"the signature of {key.name} does not hold", kind="item-signature") from error
