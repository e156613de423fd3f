"""How a box signs what it sends of an answer: header `Authorization: Consentry-Box <edge>.<ms>.<signature>`.

Signed (Ed25519, the edge's key) is `consentry-box-v1\\n<method> <path>\\n<ms>\\n<SHA-256 hex of the body>`, the path
with its query. There is no nonce: each of these requests says or does the same when it comes twice.
Specification: docs/spec/clip-send.md.
"""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.ids import EdgeId
from consentry.kernel.limits_residents import BOX_WORD_FRESH_MS

SCHEME = "Consentry-Box"
MAX_HEADER_CHARS = 200


@dataclass(frozen=True)
class BoxRequest:
    """What is signed of a request; `path` with its query, as sent."""

    method: str
    path: str
    body: bytes = b""


@dataclass(frozen=True)
class BoxClaim:
    """A parsed header, not yet verified."""

    edge: EdgeId
    t_ms: int
    signature: bytes


def write_box_header(edge: EdgeId, key: Ed25519PrivateKey, request: BoxRequest, *, now_ms: int) -> str:
    """The Authorization header for `request`, good for a few minutes."""
    return f"{SCHEME} {edge}.{now_ms}.{to_b64(key.sign(_message(request, now_ms)))}"


def parse_box_header(text: str) -> BoxClaim:
    """The claim in an Authorization header; Malformed when it is none."""
    scheme, _, rest = text.partition(" ")
    parts = rest.split(".") if len(text) <= MAX_HEADER_CHARS else []
    if scheme != SCHEME or len(parts) != 3 or not parts[1].isascii() or not parts[1].isdigit() or len(parts[1]) > 16:
        raise Malformed("not a box's signature")
    return BoxClaim(EdgeId(parts[0]), int(parts[1]), from_b64(parts[2], length=64))


def verify_box_claim(claim: BoxClaim, public: bytes, request: BoxRequest, *, now_ms: int) -> None:
    """Untrusted unless `public` (Ed25519, 32 bytes) signed exactly this request within minutes of `now_ms`."""
    if abs(now_ms - claim.t_ms) > BOX_WORD_FRESH_MS:
        raise Untrusted("this request is too old or from the future", kind="box-time")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(claim.signature, _message(request, claim.t_ms))
    except (InvalidSignature, ValueError) as error:
        raise Untrusted("this request is not signed by that box", kind="box-signature") from error


def _message(request: BoxRequest, t_ms: int) -> bytes:
    digest = hashlib.sha256(request.body).hexdigest()
    return f"consentry-box-v1\n{request.method} {request.path}\n{t_ms}\n{digest}".encode()
