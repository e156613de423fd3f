"""Sealed to one P-256 key: ephemeral point (65) ‖ nonce (12) ‖ AES-256-GCM text and tag. docs/spec/letters.md.

The AES key is HKDF-SHA256 of the ECDH secret; salt = ephemeral ‖ recipient point; info = `consentry-box-v1\\n` ‖
context. The context names what is inside and which camera it is for, so a box cannot be replayed as another one.
WebCrypto does the same with ECDH `deriveBits`, HKDF and AES-GCM.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.holder import POINT_BYTES, load_point
from consentry.kernel.owner_record import public_point

NONCE_BYTES = 12
TAG_BYTES = 16
# An event is filled up to one size before it is sealed, so that its box tells nothing.
EVENT_PLAIN_BYTES = 256
EVENT_BOX_BYTES = POINT_BYTES + NONCE_BYTES + EVENT_PLAIN_BYTES + TAG_BYTES

# So is its picture, sealed once under a key that stands in the event: all have one size, whatever they show.
EVENT_PICTURE_BYTES = 32_768
SEALED_PICTURE_BYTES = NONCE_BYTES + EVENT_PICTURE_BYTES + TAG_BYTES
_LENGTH_BYTES = 4


def address_context(camera: str) -> str:
    """Context of a camera's address, sealed in the owner's browser to the edge."""
    return f"camera-address\n{camera}"


def picture_context(camera: str) -> str:
    """Context of a picture, sealed at the edge to the owner's browser."""
    return f"picture\n{camera}"


def event_context(camera: str) -> str:
    """Context of an event, sealed at the edge to the owner's browser."""
    return f"event\n{camera}"


def found_context(edge: str) -> str:
    """Context of the list of cameras that an edge found, sealed to the owner's browser."""
    return f"found\n{edge}"


def seal(recipient: bytes, plain: bytes, *, context: str) -> bytes:
    """A box that only the holder of `recipient` (65-byte point) opens."""
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    point = public_point(ephemeral)
    shared = ephemeral.exchange(ec.ECDH(), load_point(recipient))
    nonce = os.urandom(NONCE_BYTES)
    return point + nonce + AESGCM(_key(shared, point + recipient, context)).encrypt(nonce, plain, None)


def open_box(box: bytes, key: ec.EllipticCurvePrivateKey, *, context: str) -> bytes:
    """What is in `box`; Malformed when it is none, Untrusted when it is for another key or context."""
    if len(box) < POINT_BYTES + NONCE_BYTES + TAG_BYTES:
        raise Malformed("not a sealed box")
    point, nonce, text = box[:POINT_BYTES], box[POINT_BYTES:][:NONCE_BYTES], box[POINT_BYTES + NONCE_BYTES :]
    shared = key.exchange(ec.ECDH(), load_point(point))
    try:
        return AESGCM(_key(shared, point + public_point(key), context)).decrypt(nonce, text, None)
    except InvalidTag as error:
        raise Untrusted("this box is for another key or purpose", kind="sealed-box") from error


def seal_event_picture(key: bytes, jpeg: bytes, *, camera: str, event: str) -> bytes:
    """`jpeg` (at most 32,764 bytes) under a key of 32 bytes that is used once; Malformed when it is too large."""
    plain = len(jpeg).to_bytes(_LENGTH_BYTES, "big") + jpeg
    if len(plain) > EVENT_PICTURE_BYTES:
        raise Malformed("a picture of an event is at most 32,764 bytes")
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain.ljust(EVENT_PICTURE_BYTES, b"\0"), _picture_of(camera, event))


def open_event_picture(key: bytes, sealed: bytes, *, camera: str, event: str) -> bytes:
    """The JPEG; Untrusted for another key, camera or event."""
    try:
        plain = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _picture_of(camera, event))
    except InvalidTag as error:
        raise Untrusted("this picture is of another event", kind="sealed-box") from error
    return plain[_LENGTH_BYTES:][: int.from_bytes(plain[:_LENGTH_BYTES], "big")]


def _picture_of(camera: str, event: str) -> bytes:
    return f"consentry-event-picture-v1\n{camera}\n{event}".encode()


def _key(shared: bytes, salt: bytes, context: str) -> bytes:
    info = b"consentry-box-v1\n" + context.encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=info).derive(shared)
