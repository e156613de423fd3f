"""A box shows a square with a secret, the owner's phone reads it: by it the pairing code reaches the box unseen.

The secret stands behind the `#` of a link and never reaches the server. Both sides name the meeting by its hash, and
the code travels sealed under a key made of it. So the server carries what it can neither read nor replace, as with a
code that is typed. docs/spec/pairing.md, vectors/meeting.json.
"""

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from consentry.kernel.errors import Malformed, Untrusted

SECRET_BYTES = 20
NAME_BYTES = 32
NONCE_BYTES = 12
CODE_CHARS = 20
BOX_BYTES = NONCE_BYTES + CODE_CHARS + 16


def name_of(secret: bytes) -> bytes:
    """What a meeting is called at the server: 32 bytes that say nothing of `secret` (20 bytes, else Malformed)."""
    return hashlib.sha256(b"consentry-meeting-v1\n" + _whole(secret)).digest()


def seal_code(secret: bytes, code: str, *, nonce: bytes | None = None) -> bytes:
    """`code` (20 characters, no dashes) for whoever knows `secret`; `nonce` (12 bytes) is random unless a test says."""
    if len(code) != CODE_CHARS or not code.isascii():
        raise Malformed("a pairing code has 20 characters")
    nonce = os.urandom(NONCE_BYTES) if nonce is None else nonce
    return nonce + AESGCM(_key(secret)).encrypt(nonce, code.encode(), None)


def open_code(secret: bytes, box: bytes) -> str:
    """The code in `box`; Malformed when it is none, Untrusted unless a reader of the square made it."""
    if len(box) != BOX_BYTES:
        raise Malformed("not a sealed pairing code")
    try:
        return AESGCM(_key(secret)).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], None).decode("ascii")
    except (InvalidTag, UnicodeDecodeError) as error:
        raise Untrusted("what came was not made by who read the square", kind="meeting") from error


def _key(secret: bytes) -> bytes:
    info = b"consentry-meeting-box-v1"
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(_whole(secret))


def _whole(secret: bytes) -> bytes:
    if len(secret) != SECRET_BYTES:
        raise Malformed("a meeting's secret has 20 bytes")
    return secret
