"""Keys held by browsers: ECDSA P-256 with SHA-256, as WebCrypto makes them without letting them out.

Two uses: the *holder key* of a viewer's session (answers the gateway's challenge, so a copied ticket is useless) and
the *owner's device key* (signs what the server alone must not decide). A passkey signs the same records through
WebAuthn, whose challenge is the record's SHA-256.

Public keys travel as the 65-byte uncompressed point (0x04 ‖ x ‖ y), signatures as 64 bytes r ‖ s.
"""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from consentry.kernel.canonical import from_b64, parse_object
from consentry.kernel.errors import Malformed, Untrusted

POINT_BYTES = 65
SIGNATURE_BYTES = 64


def verify_holder(public: bytes, signature: bytes, message: bytes) -> None:
    """Untrusted unless `signature` (r ‖ s) over `message` is by `public` (65-byte point); Malformed for bad shapes."""
    if len(signature) != SIGNATURE_BYTES:
        raise Malformed("a signature has 64 bytes")
    half = SIGNATURE_BYTES // 2
    der = encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))
    _verify(load_point(public), der, message)


def verify_passkey(public: bytes, assertion: bytes, message: bytes, *, rp_id: str) -> None:
    """Untrusted unless a WebAuthn assertion by `public` covers `message`.

    Args:
        assertion: JSON `{authenticator_data, client_data, signature}`, base64url each, signature in DER.
        message: the record; the assertion's challenge is its SHA-256.
        rp_id: the relying party's domain; its hash must open the authenticator data, user verified.
    """
    parts = parse_object(assertion, max_bytes=8_192)
    auth, client = from_b64(parts.get("authenticator_data", "")), from_b64(parts.get("client_data", ""))
    said = parse_object(client, max_bytes=4_096)
    if said.get("type") != "webauthn.get" or from_b64(said.get("challenge", "")) != hashlib.sha256(message).digest():
        raise Untrusted("this passkey signed something else", kind="passkey-challenge")
    user_verified = 0x04
    if len(auth) < 37 or auth[:32] != hashlib.sha256(rp_id.encode()).digest() or not auth[32] & user_verified:
        raise Untrusted("this passkey is of another site or did not verify its user", kind="passkey-scope")
    _verify(load_point(public), from_b64(parts.get("signature", "")), auth + hashlib.sha256(client).digest())


def load_point(public: bytes) -> ec.EllipticCurvePublicKey:
    """The key for a 65-byte uncompressed point; Malformed when it is none."""
    if len(public) != POINT_BYTES:
        raise Malformed("a public key has 65 bytes")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    except ValueError as error:
        raise Malformed("not a point of P-256") from error


def _verify(key: ec.EllipticCurvePublicKey, signature_der: bytes, message: bytes) -> None:
    try:
        key.verify(signature_der, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise Untrusted("the signature does not hold", kind="holder-signature") from error
