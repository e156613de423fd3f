"""How a gateway signs its requests: header `Authorization: Consentry-Key <gateway>.<ms>.<nonce>.<signature>`.

Signed (Ed25519, the gateway's registered key) is `consentry-gateway-v1\\n<method> <path>\\n<ms>\\n<nonce>\\n<SHA-256
hex of the body>`; nonce and signature are base64url. Whoever verifies also refuses a nonce seen within `WINDOW_MS`.
"""

import hashlib
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.ids import GatewayId

SCHEME = "Consentry-Key"
WINDOW_MS = 60_000
NONCE_BYTES = 16


@dataclass(frozen=True)
class Request:
    """What is signed of a request; `path` with its query, as sent."""

    method: str
    path: str
    body: bytes = b""


@dataclass(frozen=True)
class Claim:
    """A parsed header, not yet verified."""

    gateway: GatewayId
    t_ms: int
    nonce: str
    signature: bytes


def write_header(gateway: GatewayId, key: Ed25519PrivateKey, request: Request, *, now_ms: int) -> str:
    """The Authorization header for `request`, good for one use within a minute."""
    nonce = to_b64(secrets.token_bytes(NONCE_BYTES))
    return f"{SCHEME} {gateway}.{now_ms}.{nonce}.{to_b64(key.sign(_message(request, now_ms, nonce)))}"


def parse_header(text: str) -> Claim:
    """The claim in an Authorization header; Malformed when it is none."""
    scheme, _, rest = text.partition(" ")
    parts = rest.split(".")
    if scheme != SCHEME or len(parts) != 4 or not parts[1].isascii() or not parts[1].isdigit() or len(parts[1]) > 16:
        raise Malformed("not a gateway's signature")
    from_b64(parts[2], length=NONCE_BYTES)
    return Claim(GatewayId(parts[0]), int(parts[1]), parts[2], from_b64(parts[3], length=64))


def verify_claim(claim: Claim, public: Ed25519PublicKey, request: Request, *, now_ms: int) -> None:
    """Untrusted unless `public` signed exactly this request within `WINDOW_MS` of `now_ms`."""
    if abs(now_ms - claim.t_ms) > WINDOW_MS:
        raise Untrusted("this request is too old or from the future", kind="gateway-time")
    try:
        public.verify(claim.signature, _message(request, claim.t_ms, claim.nonce))
    except InvalidSignature as error:
        raise Untrusted("this request is not signed by the gateway", kind="gateway-signature") from error


def _message(request: Request, t_ms: int, nonce: str) -> bytes:
    digest = hashlib.sha256(request.body).hexdigest()
    return f"consentry-gateway-v1\n{request.method} {request.path}\n{t_ms}\n{nonce}\n{digest}".encode()
